// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.data;

import identityops.practice.is.conf.ConfigurationException;
import java.sql.SQLException;

/** The root of a mount in the shared registry: the first server that connects writes it. */
final class RegistryPath {
    private static final int SUPER_TENANT = -1234;

    private RegistryPath() {
    }

    static void ensure(Database registry, String path) {
        try {
            if (registry.first("SELECT REG_PATH_ID FROM REG_PATH WHERE REG_PATH_VALUE = ? AND REG_TENANT_ID = ?", row -> row.getInt(1), path, SUPER_TENANT) == null) {
                registry.update("INSERT INTO REG_PATH (REG_PATH_VALUE, REG_TENANT_ID) VALUES (?, ?)", path, SUPER_TENANT);
            }
        } catch (SQLException e) {
            throw new ConfigurationException("Cannot use the registry path " + path + ": " + e.getMessage(), e);
        }
    }
}
