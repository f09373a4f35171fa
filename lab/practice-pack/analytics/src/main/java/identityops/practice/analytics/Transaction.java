// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

/** Work on one connection that is committed as a whole: the pools come with auto-commit on or off, as configured. */
final class Transaction {
    interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    private Transaction() {
    }

    static <T> T run(DataSource source, Work<T> work) throws SQLException {
        try (Connection connection = source.getConnection()) {
            boolean autoCommit = connection.getAutoCommit();
            connection.setAutoCommit(false);
            try {
                T result = work.on(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(autoCommit);
            }
        }
    }

    /** Runs the statement that creates a table unless the table can be read, before or after: the other worker may create it too. */
    static void createTable(DataSource source, String table, String statement) throws SQLException {
        if (canRead(source, table)) {
            return;
        }
        try {
            run(source, connection -> connection.createStatement().executeUpdate(statement));
        } catch (SQLException e) {
            if (!canRead(source, table)) {
                throw e;
            }
        }
    }

    private static boolean canRead(DataSource source, String table) {
        try {
            run(source, connection -> connection.createStatement().executeQuery("SELECT 1 FROM " + table + " WHERE 1 = 0"));
            return true;
        } catch (SQLException e) {
            return false;
        }
    }
}
