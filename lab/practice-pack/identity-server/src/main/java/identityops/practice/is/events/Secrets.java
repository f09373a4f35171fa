// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import identityops.practice.is.conf.Carbon;
import identityops.practice.is.conf.ConfigurationException;
import identityops.practice.is.conf.KeyStoreConfig;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.util.Base64;
import javax.crypto.Cipher;

/** Encrypts with the key pair of the primary key store; nodes with another key store cannot read the result. */
final class Secrets {
    private static final String TRANSFORMATION = "RSA/ECB/OAEPwithSHA1andMGF1Padding";

    private Secrets() {
    }

    static String encrypt(String plain) {
        KeyStoreConfig store = Carbon.store("KeyStore");
        try {
            Key key = store.open().getCertificate(store.alias).getPublicKey();
            return Base64.getEncoder().encodeToString(apply(Cipher.ENCRYPT_MODE, key, plain.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new ConfigurationException("Cannot encrypt with the key " + store.alias + " of " + store.location, e);
        }
    }

    static String decrypt(String encrypted) {
        KeyStoreConfig store = Carbon.store("KeyStore");
        try {
            Key key = store.open().getKey(store.alias, store.keyPassword.toCharArray());
            return new String(apply(Cipher.DECRYPT_MODE, key, Base64.getDecoder().decode(encrypted)), StandardCharsets.UTF_8);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new ConfigurationException("Cannot decrypt with the key " + store.alias + " of " + store.location + ": " + e.getMessage(), e);
        }
    }

    private static byte[] apply(int mode, Key key, byte[] data) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(TRANSFORMATION);
        cipher.init(mode, key);
        return cipher.doFinal(data);
    }
}
