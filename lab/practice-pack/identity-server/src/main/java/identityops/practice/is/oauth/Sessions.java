// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.oauth;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import identityops.practice.is.data.Database;
import identityops.practice.is.users.SuperTenant;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Login state in IDN_AUTH_SESSION_STORE of the identity database, kept in a small map of the node on top: any node can go on with what another one began.
 */
public final class Sessions {
    /** SSO sessions (cookie commonAuthId). */
    public static final String SSO = "AppAuthFrameworkSessionContextCache";
    /** Login flows that wait for the user (sessionDataKey). */
    public static final String FLOW = "AuthenticationContextCache";
    /** What a login flow ended with. */
    public static final String RESULT = "AuthenticationResultCache";

    private static final String STORE = "STORE";
    private static final String DELETE = "DELETE";
    private static final int KEPT = 1000;
    private static final Gson GSON = new Gson();
    private static final TypeToken<Map<String, String>> CONTENT = new TypeToken<Map<String, String>>() { };

    private final Database database;
    private final Map<String, Map<String, String>> near = Collections.synchronizedMap(new LinkedHashMap<String, Map<String, String>>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Map<String, String>> eldest) {
            return size() > KEPT;
        }
    });

    public Sessions(Database database) {
        this.database = database;
    }

    public void store(String type, String id, Map<String, String> content, long validMinutes) throws SQLException {
        insert(type, id, STORE, content, validMinutes);
        near.put(type + id, content);
    }

    /** The content, or null when there is none, it was removed, or it has expired. */
    public Map<String, String> find(String type, String id) throws SQLException {
        if (id == null || id.isEmpty()) {
            return null;
        }
        Map<String, String> known = near.get(type + id);
        // A session that another node ended must end here too: the operation is always asked, the content is not.
        Long expiry = database.first("SELECT OPERATION, EXPIRY_TIME FROM IDN_AUTH_SESSION_STORE WHERE SESSION_ID = ? AND SESSION_TYPE = ?"
                + " ORDER BY TIME_CREATED DESC LIMIT 1", row -> STORE.equals(row.getString(1)) ? row.getLong(2) : 0L, key(id), type);
        if (expiry == null || expiry < System.currentTimeMillis()) {
            near.remove(type + id);
            return null;
        }
        if (known == null) {
            byte[] content = database.first("SELECT SESSION_OBJECT FROM IDN_AUTH_SESSION_STORE WHERE SESSION_ID = ? AND SESSION_TYPE = ? AND OPERATION = 'STORE'"
                    + " ORDER BY TIME_CREATED DESC LIMIT 1", row -> row.getBytes(1), key(id), type);
            known = GSON.fromJson(new String(content, StandardCharsets.UTF_8), CONTENT.getType());
            near.put(type + id, known);
        }
        return known;
    }

    public void remove(String type, String id) throws SQLException {
        near.remove(type + id);
        insert(type, id, DELETE, null, 0);
    }

    private void insert(String type, String id, String operation, Map<String, String> content, long validMinutes) throws SQLException {
        long now = System.currentTimeMillis();
        database.update("INSERT INTO IDN_AUTH_SESSION_STORE (SESSION_ID, SESSION_TYPE, OPERATION, SESSION_OBJECT, TIME_CREATED, TENANT_ID, EXPIRY_TIME)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?)", key(id), type, operation,
                content == null ? new byte[0] : GSON.toJson(content).getBytes(StandardCharsets.UTF_8), NanoClock.next(), SuperTenant.ID, now + validMinutes * 60_000);
    }

    /** Deletes what is older than so many minutes; returns the number of rows. */
    public int cleanUp(long olderThanMinutes) throws SQLException {
        return database.update("DELETE FROM IDN_AUTH_SESSION_STORE WHERE TIME_CREATED < ?", (System.currentTimeMillis() - olderThanMinutes * 60_000) * 1_000_000);
    }

    /** The cookie's value itself is never stored. */
    private static String key(String id) {
        return Digests.sha256Hex(id);
    }
}
