// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import java.io.IOException;

/** The receiver answered, with a no: of a login because of the password, of an event because the session has ended. */
final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    RefusedException(String reason) {
        super("the receiver refused: " + reason);
    }
}
