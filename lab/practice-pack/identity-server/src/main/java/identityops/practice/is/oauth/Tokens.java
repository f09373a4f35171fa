// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.oauth;

import identityops.practice.is.data.Database;
import identityops.practice.is.users.SuperTenant;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.UUID;

/** Access tokens in IDN_OAUTH2_ACCESS_TOKEN and authorization codes in IDN_OAUTH2_AUTHORIZATION_CODE: every node accepts them. */
public final class Tokens {
    private static final String SELECT = "SELECT T.ACCESS_TOKEN, T.REFRESH_TOKEN, A.CONSUMER_KEY, T.AUTHZ_USER, T.TOKEN_SCOPE, T.GRANT_TYPE, T.TIME_CREATED,"
            + " T.VALIDITY_PERIOD FROM IDN_OAUTH2_ACCESS_TOKEN T JOIN IDN_OAUTH_CONSUMER_APPS A ON A.ID = T.CONSUMER_KEY_ID WHERE T.TOKEN_STATE = 'ACTIVE' AND ";
    private final Database database;
    private final long userValidSeconds;
    private final long applicationValidSeconds;
    private final long refreshValidSeconds;
    private final long codeValidSeconds;

    public Tokens(Database database, long userValidSeconds, long applicationValidSeconds, long refreshValidSeconds, long codeValidSeconds) {
        this.database = database;
        this.userValidSeconds = userValidSeconds;
        this.applicationValidSeconds = applicationValidSeconds;
        this.refreshValidSeconds = refreshValidSeconds;
        this.codeValidSeconds = codeValidSeconds;
    }

    public AccessToken issue(Client client, String user, String scope, String grant) throws SQLException {
        boolean forUser = !"client_credentials".equals(grant);
        long now = System.currentTimeMillis();
        AccessToken token = new AccessToken(UUID.randomUUID().toString(), forUser ? UUID.randomUUID().toString() : null, client.key, user, scope, grant, now,
                forUser ? userValidSeconds : applicationValidSeconds);
        database.update("INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, ACCESS_TOKEN, REFRESH_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, USER_DOMAIN,"
                + " USER_TYPE, GRANT_TYPE, TIME_CREATED, VALIDITY_PERIOD, REFRESH_TOKEN_VALIDITY_PERIOD, TOKEN_SCOPE, TOKEN_STATE)"
                + " VALUES (?, ?, ?, ?, ?, ?, 'PRIMARY', ?, ?, ?, ?, ?, ?, 'ACTIVE')", UUID.randomUUID().toString(), token.value, token.refresh, client.id, user,
                SuperTenant.ID, forUser ? "APPLICATION_USER" : "APPLICATION", grant, new Timestamp(now), token.validSeconds * 1000, refreshValidSeconds * 1000, scope);
        return token;
    }

    /** The active token with this value, or null. */
    public AccessToken find(String value) throws SQLException {
        AccessToken token = value == null ? null : one("T.ACCESS_TOKEN = ?", value);
        return token == null || token.expires() < System.currentTimeMillis() ? null : token;
    }

    /** The token that this refresh token renews, or null. It can be renewed once. */
    public AccessToken takeByRefresh(String refresh) throws SQLException {
        AccessToken token = refresh == null ? null : one("T.REFRESH_TOKEN = ?", refresh);
        if (token == null || token.created + refreshValidSeconds * 1000 < System.currentTimeMillis()) {
            return null;
        }
        return database.update("UPDATE IDN_OAUTH2_ACCESS_TOKEN SET TOKEN_STATE = 'INACTIVE' WHERE ACCESS_TOKEN = ? AND TOKEN_STATE = 'ACTIVE'", token.value) == 1
                ? token : null;
    }

    private AccessToken one(String condition, String value) throws SQLException {
        return database.first(SELECT + condition, row -> new AccessToken(row.getString(1), row.getString(2), row.getString(3), row.getString(4), row.getString(5),
                row.getString(6), row.getTimestamp(7).getTime(), row.getLong(8) / 1000), value);
    }

    public String issueCode(Client client, String user, String scope, String callback) throws SQLException {
        String code = UUID.randomUUID().toString();
        database.update("INSERT INTO IDN_OAUTH2_AUTHORIZATION_CODE (CODE_ID, AUTHORIZATION_CODE, CONSUMER_KEY_ID, CALLBACK_URL, SCOPE, AUTHZ_USER, USER_DOMAIN,"
                + " TENANT_ID, TIME_CREATED, VALIDITY_PERIOD, STATE) VALUES (?, ?, ?, ?, ?, ?, 'PRIMARY', ?, ?, ?, 'ACTIVE')", UUID.randomUUID().toString(), code,
                client.id, callback, scope, user, SuperTenant.ID, new Timestamp(System.currentTimeMillis()), codeValidSeconds * 1000);
        return code;
    }

    /** User, scope and callback of a code of this client, or null. A code can be taken once. */
    public String[] takeCode(Client client, String code) throws SQLException {
        String[] found = code == null ? null : database.first("SELECT AUTHZ_USER, SCOPE, CALLBACK_URL, TIME_CREATED, VALIDITY_PERIOD FROM IDN_OAUTH2_AUTHORIZATION_CODE"
                + " WHERE AUTHORIZATION_CODE = ? AND CONSUMER_KEY_ID = ? AND STATE = 'ACTIVE'",
                row -> row.getTimestamp(4).getTime() + row.getLong(5) < System.currentTimeMillis() ? null
                        : new String[] {row.getString(1), row.getString(2), row.getString(3)}, code, client.id);
        if (found == null) {
            return null;
        }
        int taken = database.update("UPDATE IDN_OAUTH2_AUTHORIZATION_CODE SET STATE = 'INACTIVE' WHERE AUTHORIZATION_CODE = ? AND STATE = 'ACTIVE'", code);
        return taken == 1 ? found : null;
    }

    public void forgetClient(Client client) throws SQLException {
        database.update("DELETE FROM IDN_OAUTH2_ACCESS_TOKEN WHERE CONSUMER_KEY_ID = ?", client.id);
        database.update("DELETE FROM IDN_OAUTH2_AUTHORIZATION_CODE WHERE CONSUMER_KEY_ID = ?", client.id);
    }

    public void revoke(Client client, String value) throws SQLException {
        database.update("UPDATE IDN_OAUTH2_ACCESS_TOKEN SET TOKEN_STATE = 'REVOKED' WHERE CONSUMER_KEY_ID = ? AND (ACCESS_TOKEN = ? OR REFRESH_TOKEN = ?)",
                client.id, value, value);
    }
}
