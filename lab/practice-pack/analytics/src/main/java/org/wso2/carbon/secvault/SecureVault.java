// SPDX-License-Identifier: GPL-3.0-or-later
package org.wso2.carbon.secvault;

import org.wso2.carbon.secvault.exception.SecureVaultException;

/** What the product's configuration reader calls for a ${sec:alias} placeholder. The vault's own library is not published, so this stands in. */
public interface SecureVault {
    char[] resolve(String alias) throws SecureVaultException;
}
