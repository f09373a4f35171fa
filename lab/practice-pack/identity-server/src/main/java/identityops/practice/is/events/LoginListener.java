// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

/** Is told of every login through the authentication framework. */
public interface LoginListener {
    void login(Login login);

    void session(String sessionId, String user, String remoteIp, SessionChange change);
}
