// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.conf;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyStore;

/** Place, type and passwords of a key store as the configuration gives them. */
public final class KeyStoreConfig {
    public final String location;
    public final String type;
    public final String password;
    public final String alias;
    public final String keyPassword;

    KeyStoreConfig(String location, String type, String password, String alias, String keyPassword) {
        this.location = location;
        this.type = type;
        this.password = password;
        this.alias = alias;
        this.keyPassword = keyPassword;
    }

    public KeyStore open() {
        try (InputStream in = new FileInputStream(location)) {
            KeyStore store = KeyStore.getInstance(type);
            store.load(in, password.toCharArray());
            return store;
        } catch (IOException | GeneralSecurityException e) {
            throw new ConfigurationException("Cannot open the key store " + location + ": " + e.getMessage(), e);
        }
    }
}
