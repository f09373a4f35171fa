// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

/** DBPersistenceStore of state.persistence: revisions as rows of a table that is created when it is not there. */
final class DatabaseRevisions extends Revisions {
    private final DataSource source;
    private final String table;

    DatabaseRevisions(DataSource source, String table, int revisionsToKeep) throws SQLException {
        super(revisionsToKeep);
        if (!table.matches("[A-Za-z_][A-Za-z0-9_]*")) {
            throw new IllegalArgumentException("state.persistence config.table is not a table name: " + table);
        }
        this.source = source;
        this.table = table;
        String product = Transaction.run(source, connection -> connection.getMetaData().getDatabaseProductName());
        Transaction.createTable(source, table, "CREATE TABLE " + table + " (SIDDHI_APP VARCHAR(255) NOT NULL, REVISION VARCHAR(255) NOT NULL, "
                + "SNAPSHOT " + binaryType(product) + " NOT NULL, PRIMARY KEY (SIDDHI_APP, REVISION))");
    }

    static String binaryType(String product) {
        if (product.contains("PostgreSQL")) {
            return "BYTEA";
        }
        if (product.contains("Microsoft")) {
            return "VARBINARY(MAX)";
        }
        return product.contains("MySQL") || product.contains("MariaDB") ? "LONGBLOB" : "BLOB";
    }

    @Override
    void write(String application, String revision, byte[] state) throws SQLException {
        Transaction.run(source, connection -> {
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " (SIDDHI_APP, REVISION, SNAPSHOT) VALUES (?, ?, ?)")) {
                insert.setString(1, application);
                insert.setString(2, revision);
                insert.setBytes(3, state);
                return insert.executeUpdate();
            }
        });
    }

    @Override
    byte[] read(String application, String revision) throws SQLException {
        return Transaction.run(source, connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT SNAPSHOT FROM " + table + " WHERE SIDDHI_APP = ? AND REVISION = ?")) {
                select.setString(1, application);
                select.setString(2, revision);
                ResultSet rows = select.executeQuery();
                if (!rows.next()) {
                    throw new SQLException("No revision " + revision + " of " + application + " in " + table);
                }
                return rows.getBytes(1);
            }
        });
    }

    @Override
    List<String> list(String application) throws SQLException {
        return Transaction.run(source, connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT REVISION FROM " + table + " WHERE SIDDHI_APP = ?")) {
                select.setString(1, application);
                ResultSet rows = select.executeQuery();
                List<String> revisions = new ArrayList<>();
                while (rows.next()) {
                    revisions.add(rows.getString(1));
                }
                return revisions;
            }
        });
    }

    @Override
    void delete(String application, String revision) throws SQLException {
        Transaction.run(source, connection -> {
            try (PreparedStatement delete = connection.prepareStatement("DELETE FROM " + table + " WHERE SIDDHI_APP = ? AND REVISION = ?")) {
                delete.setString(1, application);
                delete.setString(2, revision);
                return delete.executeUpdate();
            }
        });
    }
}
