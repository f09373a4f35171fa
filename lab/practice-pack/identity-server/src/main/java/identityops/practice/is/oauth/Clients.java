// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.oauth;

import identityops.practice.is.data.Database;
import identityops.practice.is.users.SuperTenant;
import java.sql.SQLException;

/** OAuth applications in IDN_OAUTH_CONSUMER_APPS. */
public final class Clients {
    private static final String OAUTH_2 = "OAuth-2.0";
    private final Database database;

    public Clients(Database database) {
        this.database = database;
    }

    public void add(Client client, String owner) throws SQLException {
        database.update("INSERT INTO IDN_OAUTH_CONSUMER_APPS (CONSUMER_KEY, CONSUMER_SECRET, USERNAME, TENANT_ID, USER_DOMAIN, APP_NAME, OAUTH_VERSION,"
                + " CALLBACK_URL, GRANT_TYPES) VALUES (?, ?, ?, ?, 'PRIMARY', ?, ?, ?, ?)", client.key, client.secret, owner, SuperTenant.ID, client.name,
                OAUTH_2, client.callback, client.grants);
    }

    /** The application with this key, or null. */
    public Client find(String key) throws SQLException {
        return database.first("SELECT ID, CONSUMER_KEY, CONSUMER_SECRET, APP_NAME, CALLBACK_URL, GRANT_TYPES FROM IDN_OAUTH_CONSUMER_APPS WHERE CONSUMER_KEY = ?",
                row -> new Client(row.getInt(1), row.getString(2), row.getString(3), row.getString(4), row.getString(5), row.getString(6)), key);
    }

    /** The application when the secret is right, else null. */
    public Client authenticate(String key, String secret) throws SQLException {
        Client client = find(key);
        return client != null && client.secret.equals(secret) ? client : null;
    }

    public boolean nameTaken(String name) throws SQLException {
        return database.first("SELECT ID FROM IDN_OAUTH_CONSUMER_APPS WHERE APP_NAME = ?", row -> row.getInt(1), name) != null;
    }

    public boolean delete(String key) throws SQLException {
        return database.update("DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE CONSUMER_KEY = ?", key) > 0;
    }
}
