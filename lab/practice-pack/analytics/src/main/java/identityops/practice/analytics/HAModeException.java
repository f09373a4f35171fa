// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

/** A group that the two-node mode does not allow. */
final class HAModeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HAModeException(String message) {
        super(message);
    }
}
