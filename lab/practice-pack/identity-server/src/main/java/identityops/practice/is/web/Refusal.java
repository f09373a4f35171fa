// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

/** A request that is answered with an error status. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    final int status;
    final String error;
    final String challenge;

    Refusal(int status, String error, String message) {
        this(status, error, message, null);
    }

    Refusal(int status, String error, String message, String challenge) {
        super(message);
        this.status = status;
        this.error = error;
        this.challenge = challenge;
    }
}
