// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

/** What happened to an SSO session; the number is the one that the session stream carries. */
public enum SessionChange {
    CREATE(1), UPDATE(2), TERMINATE(0);

    public final int action;

    SessionChange(int action) {
        this.action = action;
    }
}
