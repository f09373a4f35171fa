// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import javax.sql.DataSource;

/** Totals of logins per user, node and worker: in memory as the Siddhi application counts them, and in the analytics database. */
final class LoginTable {
    static final String NAME = "IS_ANALYTICS_LOGINS";
    private static final String CREATE = "CREATE TABLE " + NAME + " (USERNAME VARCHAR(255) NOT NULL, NODE VARCHAR(255) NOT NULL, "
            + "WORKER VARCHAR(255) NOT NULL, LOGINS BIGINT NOT NULL, PRIMARY KEY (USERNAME, NODE, WORKER))";
    private static final String WHERE = " WHERE USERNAME = ? AND NODE = ? AND WORKER = ?";

    private final DataSource source;
    private final Map<List<String>, Long> totals = new HashMap<>();
    private final Set<List<String>> unwritten = new LinkedHashSet<>();

    LoginTable(DataSource source) {
        this.source = source;
    }

    void create() throws SQLException {
        Transaction.createTable(source, NAME, CREATE);
    }

    static List<String> key(String username, String node, String worker) {
        return Arrays.asList(username, node, worker);
    }

    /** Takes a total that the application counted. */
    synchronized void put(Map<String, Object> row) {
        List<String> key = key((String) row.get("username"), (String) row.get("node"), (String) row.get("worker"));
        totals.put(key, (Long) row.get("logins"));
        unwritten.add(key);
    }

    synchronized long total(List<String> key) {
        return totals.getOrDefault(key, 0L);
    }

    synchronized void forget() {
        totals.clear();
        unwritten.clear();
    }

    /** Writes the totals that changed. A total in the database never shrinks: events that are replayed count once. */
    synchronized void flush() throws SQLException {
        if (unwritten.isEmpty()) {
            return;
        }
        Transaction.run(source, connection -> {
            for (List<String> key : unwritten) {
                write(connection, key, totals.get(key));
            }
            return null;
        });
        unwritten.clear();
    }

    private static void write(Connection connection, List<String> key, long total) throws SQLException {
        Long stored = null;
        try (PreparedStatement select = connection.prepareStatement("SELECT LOGINS FROM " + NAME + WHERE)) {
            bind(select, key, 1);
            ResultSet rows = select.executeQuery();
            if (rows.next()) {
                stored = rows.getLong(1);
            }
        }
        if (stored != null && stored >= total) {
            return;
        }
        String statement = stored == null ? "INSERT INTO " + NAME + " (LOGINS, USERNAME, NODE, WORKER) VALUES (?, ?, ?, ?)"
                : "UPDATE " + NAME + " SET LOGINS = ?" + WHERE;
        try (PreparedStatement change = connection.prepareStatement(statement)) {
            change.setLong(1, total);
            bind(change, key, 2);
            change.executeUpdate();
        }
    }

    private static void bind(PreparedStatement statement, List<String> key, int first) throws SQLException {
        for (int i = 0; i < key.size(); i++) {
            statement.setString(first + i, key.get(i));
        }
    }

    /** What the database holds, ordered for reading. */
    Map<List<String>, Long> read() throws SQLException {
        return Transaction.run(source, connection -> {
            Map<List<String>, Long> stored = new LinkedHashMap<>();
            try (Statement select = connection.createStatement()) {
                ResultSet rows = select.executeQuery("SELECT USERNAME, NODE, WORKER, LOGINS FROM " + NAME + " ORDER BY USERNAME, NODE, WORKER");
                while (rows.next()) {
                    stored.put(key(rows.getString(1), rows.getString(2), rows.getString(3)), rows.getLong(4));
                }
            }
            return stored;
        });
    }
}
