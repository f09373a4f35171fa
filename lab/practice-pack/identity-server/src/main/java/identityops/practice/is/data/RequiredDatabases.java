// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.data;

import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.conf.ConfigurationException;
import identityops.practice.is.conf.Xml;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.w3c.dom.Element;

/** The datasources that the configuration files name: each must answer and have its tables. */
public final class RequiredDatabases {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.registry.core.jdbc.EmbeddedRegistryService");
    private static final String WORKFLOW = "bpsds";
    private final Datasources datasources;
    private final Set<String> jndiNames = new LinkedHashSet<>();
    private Database identity;

    public RequiredDatabases(Datasources datasources) {
        this.datasources = datasources;
    }

    public void check() {
        registry();
        require("user-mgt.xml", Xml.property(Xml.at(Xml.read(CarbonHome.conf("user-mgt.xml")), "Realm", "Configuration"), "dataSource"),
                "UM_TENANT", "UM_USER");
        identity = require("identity/identity.xml", persistence("identity/identity.xml"), "IDN_BASE_TABLE", "IDN_AUTH_SESSION_STORE");
        require("identity/thrift-authentication.xml", persistence("identity/thrift-authentication.xml"), "IDN_THRIFT_SESSION");
        require("consent-mgt-config.xml", Xml.text(Xml.read(CarbonHome.conf("consent-mgt-config.xml")), "DataSource", "Name"), "CM_PURPOSE");
        require("datasources/bps-datasources.xml", WORKFLOW, "ODE_PROCESS");
    }

    private static String persistence(String file) {
        return Xml.text(Xml.read(CarbonHome.conf(file)), "JDBCPersistenceManager", "DataSource", "Name");
    }

    private void registry() {
        Element registry = Xml.read(CarbonHome.conf("registry.xml"));
        String current = Xml.text(registry, "currentDBConfig");
        String local = registryDatasource(registry, current);
        if (datasources.embedded(local)) {
            // The real server keeps the node's own registry in its embedded database; this pack has neither.
            LOG.warn("Practice pack: the node's own registry on " + local + " is left out, the embedded database is not part of this pack");
        } else {
            require("registry.xml", local, "REG_LOG");
        }
        for (Element instance : Xml.children(registry, "remoteInstance")) {
            long start = System.currentTimeMillis();
            Database database = require("registry.xml", registryDatasource(registry, Xml.text(instance, "dbConfig")), "REG_LOG");
            String id = Xml.text(instance, "id");
            for (Element mount : Xml.children(registry, "mount")) {
                if (id.equals(Xml.text(mount, "instanceId"))) {
                    RegistryPath.ensure(database, Xml.text(mount, "targetPath"));
                }
            }
            LOG.info("Connected to mount at " + id + " in " + (System.currentTimeMillis() - start) + "ms");
        }
        for (Element mount : Xml.children(registry, "mount")) {
            String id = Xml.text(mount, "instanceId");
            if (Xml.children(registry, "remoteInstance").stream().noneMatch(instance -> id.equals(Xml.text(instance, "id")))) {
                throw new ConfigurationException("registry.xml mounts " + mount.getAttribute("path") + " from the instance " + id + ", which is not defined");
            }
        }
    }

    private static String registryDatasource(Element registry, String dbConfig) {
        for (Element candidate : Xml.children(registry, "dbConfig")) {
            if (candidate.getAttribute("name").equals(dbConfig)) {
                return Xml.text(candidate, "dataSource");
            }
        }
        throw new ConfigurationException("registry.xml has no dbConfig with the name " + dbConfig);
    }

    private Database require(String file, String jndiName, String... tables) {
        if (jndiName == null || jndiName.isEmpty()) {
            throw new ConfigurationException(file + " names no datasource");
        }
        Database database = Database.named(jndiName, file);
        jndiNames.add(jndiName);
        for (String table : tables) {
            try {
                database.query("SELECT 1 FROM " + table + " WHERE 1 = 0", result -> 1);
            } catch (SQLException e) {
                throw new ConfigurationException("The datasource " + jndiName + " of " + file + " cannot read the table " + table + ": " + e.getMessage(), e);
            }
        }
        return database;
    }

    /** JNDI names of the datasources in use. */
    public Set<String> jndiNames() {
        return jndiNames;
    }

    public Database identity() {
        return identity;
    }
}
