// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.data;

import identityops.practice.is.conf.ConfigurationException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.naming.NamingException;
import javax.sql.DataSource;

/** Short transactions on one datasource. */
public final class Database {
    private final DataSource source;

    public Database(DataSource source) {
        this.source = source;
    }

    /** The datasource of a JNDI name that a configuration file gives. */
    public static Database named(String jndiName, String file) {
        try {
            return new Database((DataSource) Jndi.lookup(jndiName));
        } catch (NamingException e) {
            throw new ConfigurationException(file + " names the datasource " + jndiName + ": " + e.getMessage(), e);
        }
    }

    /** Reads one row of a result. */
    public interface Row<T> {
        T read(ResultSet result) throws SQLException;
    }

    public <T> List<T> query(String sql, Row<T> row, Object... values) throws SQLException {
        try (Connection connection = source.getConnection(); PreparedStatement statement = prepare(connection, sql, values);
                ResultSet result = statement.executeQuery()) {
            List<T> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(row.read(result));
            }
            commit(connection);
            return rows;
        }
    }

    /** The first row, or null. */
    public <T> T first(String sql, Row<T> row, Object... values) throws SQLException {
        List<T> rows = query(sql, row, values);
        return rows.isEmpty() ? null : rows.get(0);
    }

    public int update(String sql, Object... values) throws SQLException {
        try (Connection connection = source.getConnection()) {
            try (PreparedStatement statement = prepare(connection, sql, values)) {
                int count = statement.executeUpdate();
                commit(connection);
                return count;
            } catch (SQLException e) {
                rollback(connection);
                throw e;
            }
        }
    }

    private static PreparedStatement prepare(Connection connection, String sql, Object... values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        return statement;
    }

    private static void commit(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.commit();
        }
    }

    private static void rollback(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.rollback();
        }
    }
}
