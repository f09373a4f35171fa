// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

import org.wso2.carbon.secvault.SecureVault;
import org.wso2.carbon.secvault.exception.SecureVaultException;

/** Resolves aliases from secrets.properties, entries "alias=plainText value" only: the product's encryption is not rebuilt here. */
final class PlainSecrets implements SecureVault {
    private static final String PLAIN = "plainText ";

    private final Path file;

    PlainSecrets(Path file) {
        this.file = file;
    }

    @Override
    public char[] resolve(String alias) throws SecureVaultException {
        Properties secrets = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            secrets.load(in);
        } catch (IOException e) {
            throw new SecureVaultException("Cannot read " + file, e);
        }
        String entry = secrets.getProperty(alias);
        if (entry == null) {
            throw new SecureVaultException("No alias " + alias + " in " + file);
        }
        if (!entry.startsWith(PLAIN)) {
            throw new SecureVaultException("Alias " + alias + " in " + file + " is not '" + PLAIN.trim()
                    + "': this practice pack reads no encrypted secrets");
        }
        return entry.substring(PLAIN.length()).toCharArray();
    }
}
