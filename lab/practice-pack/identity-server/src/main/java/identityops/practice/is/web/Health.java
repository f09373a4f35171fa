// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.conf.Xml;
import identityops.practice.is.data.Database;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.tomcat.jdbc.pool.DataSource;
import org.w3c.dom.Element;

/** /api/health-check/v1.0/health: says nothing while health-check-config.xml leaves it off, else looks at the datasources and the user store. */
final class Health extends Endpoint {
    private static final long serialVersionUID = 1L;
    private final transient Element configuration = Xml.at(Xml.read(CarbonHome.conf("health-check-config.xml")), "CarbonHealthCheckConfigs");

    Health(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        Map<String, String> figures = new TreeMap<>();
        List<String[]> errors = new ArrayList<>();
        if (Boolean.parseBoolean(Xml.text(configuration, "Enable"))) {
            datasources(figures, errors);
            userStore(errors);
        }
        JsonObject body = new JsonObject();
        JsonArray entries = new JsonArray();
        if (errors.isEmpty()) {
            figures.forEach((key, value) -> entries.add(entry("key", key, "value", value)));
            body.add("health", entries);
            json(response, HttpServletResponse.SC_OK, body);
        } else {
            errors.forEach(error -> entries.add(entry("code", error[0], "message", error[1], "description", error[2])));
            body.add("errors", entries);
            json(response, HttpServletResponse.SC_SERVICE_UNAVAILABLE, body);
        }
    }

    private Element checker(String name) {
        for (Element checker : Xml.children(Xml.at(configuration, "HealthCheckers"), "HealthChecker")) {
            if (name.equals(checker.getAttribute("name")) && !"false".equals(checker.getAttribute("enable"))) {
                return checker;
            }
        }
        return null;
    }

    private void datasources(Map<String, String> figures, List<String[]> errors) {
        Element checker = checker("DataSourceHealthChecker");
        if (checker == null) {
            return;
        }
        String monitored = Xml.property(checker, "monitored.datasources");
        String limit = Xml.property(checker, "pool.usage.limit.percentage");
        Collection<String> names = monitored == null ? services.databases.jndiNames() : Arrays.asList(monitored.split("\\s*,\\s*"));
        for (String name : names) {
            DataSource pool = services.datasources.byJndiName().get(name);
            if (pool == null) {
                errors.add(new String[] {"HC_00001", "Error while validating datasource connectivity", "No datasource has the JNDI name " + name});
                continue;
            }
            try {
                new Database(pool).query("SELECT 1", row -> 1);
            } catch (SQLException e) {
                errors.add(new String[] {"HC_00001", "Error while validating datasource connectivity", name + ": " + e.getMessage()});
                continue;
            }
            int active = pool.getActive();
            figures.put(name + ".activeConnections", String.valueOf(active));
            figures.put(name + ".maxActive", String.valueOf(pool.getMaxActive()));
            if (limit != null && active * 100 > pool.getMaxActive() * Integer.parseInt(limit)) {
                errors.add(new String[] {"HC_00002", "Pool usage is above the limit", name + ": " + active + " of " + pool.getMaxActive()});
            }
        }
    }

    private void userStore(List<String[]> errors) {
        if (checker("SuperTenantUSHealthChecker") == null) {
            return;
        }
        try {
            services.realm.store().isExistingUser(services.realm.configuration().getAdminUserName());
        } catch (org.wso2.carbon.user.api.UserStoreException e) {
            errors.add(new String[] {"HC_00003", "Error while connecting to the user store", String.valueOf(e.getMessage())});
        }
    }

    private static JsonObject entry(String... pairs) {
        JsonObject object = new JsonObject();
        for (int i = 0; i < pairs.length; i += 2) {
            object.addProperty(pairs[i], pairs[i + 1]);
        }
        return object;
    }
}
