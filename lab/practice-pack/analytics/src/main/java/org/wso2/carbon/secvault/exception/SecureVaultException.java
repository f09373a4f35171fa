// SPDX-License-Identifier: GPL-3.0-or-later
package org.wso2.carbon.secvault.exception;

/** An alias that cannot be resolved. */
public class SecureVaultException extends Exception {
    private static final long serialVersionUID = 1L;

    public SecureVaultException(String message) {
        super(message);
    }

    public SecureVaultException(String message, Throwable cause) {
        super(message, cause);
    }
}
