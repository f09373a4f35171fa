// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

/** One attempt to log in. */
public final class Login {
    public final String contextId;
    public final String user;
    public final String remoteIp;
    public final String serviceProvider;
    public final String roles;
    public final boolean success;
    public final boolean rememberMe;
    public final boolean passive;

    public Login(String contextId, String user, String remoteIp, String serviceProvider, String roles, boolean success, boolean rememberMe, boolean passive) {
        this.contextId = contextId;
        this.user = user;
        this.remoteIp = remoteIp;
        this.serviceProvider = serviceProvider;
        this.roles = roles;
        this.success = success;
        this.rememberMe = rememberMe;
        this.passive = passive;
    }
}
