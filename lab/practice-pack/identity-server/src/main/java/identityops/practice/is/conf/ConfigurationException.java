// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.conf;

/** A configuration that the server cannot start with. */
public class ConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConfigurationException(String message) {
        super(message);
    }

    public ConfigurationException(String message, Throwable cause) {
        super(message, cause);
    }
}
