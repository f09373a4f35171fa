// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.data;

import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.conf.ConfigurationException;
import identityops.practice.is.conf.Placeholders;
import identityops.practice.is.conf.Xml;
import java.io.File;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.tomcat.jdbc.pool.DataSource;
import org.apache.tomcat.jdbc.pool.PoolConfiguration;
import org.apache.tomcat.jdbc.pool.PoolProperties;
import org.w3c.dom.Element;

/** The connection pools of conf/datasources/*-datasources.xml, bound to their JNDI names. A pool connects when it is first used. */
public final class Datasources {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.ndatasource.core.DataSourceManager");
    private static final String MASTER = "master-datasources.xml";
    private final Map<String, DataSource> byJndiName = new TreeMap<>();

    public void load() {
        File[] files = CarbonHome.conf("datasources").listFiles((folder, name) -> name.endsWith("-datasources.xml"));
        if (files == null) {
            throw new ConfigurationException("There is no folder repository/conf/datasources");
        }
        Arrays.sort(files, (a, b) -> a.getName().equals(MASTER) ? -1 : b.getName().equals(MASTER) ? 1 : a.compareTo(b));
        for (File file : files) {
            for (Element element : Xml.children(Xml.at(Xml.read(file), "datasources"), "datasource")) {
                add(file, element);
            }
        }
    }

    private void add(File file, Element element) {
        String name = Xml.text(element, "name");
        String jndiName = Xml.text(element, "jndiConfig", "name");
        Element configuration = Xml.at(element, "definition", "configuration");
        if (jndiName == null || configuration == null) {
            LOG.warn("Datasource " + name + " of " + file.getName() + " has no JNDI name or no configuration: it is left out");
            return;
        }
        DataSource pool = new DataSource(properties(name, configuration));
        if (byJndiName.put(jndiName, pool) != null) {
            throw new ConfigurationException("Two datasources have the JNDI name " + jndiName);
        }
        Jndi.bind(jndiName, pool);
    }

    private static PoolConfiguration properties(String name, Element configuration) {
        PoolProperties pool = new PoolProperties();
        // The product's pools open ten connections at once; a practice server must share a small database.
        pool.setInitialSize(1);
        pool.setMinIdle(1);
        pool.setMaxIdle(5);
        pool.setName(name);
        for (Element setting : Xml.children(configuration, null)) {
            String value = Placeholders.resolve(setting.getTextContent().trim());
            boolean forThePool = !"useDataSourceFactory".equals(setting.getLocalName());
            if (forThePool && !PoolSetting.set(pool, setting.getLocalName(), value)) {
                LOG.warn("Datasource " + name + ": " + setting.getLocalName() + " is not a setting of the connection pool");
            }
        }
        return pool;
    }

    /** Whether a datasource of this name is there and is on an embedded H2 database, a file of the node. */
    public boolean embedded(String jndiName) {
        DataSource pool = byJndiName.get(jndiName);
        return pool != null && pool.getUrl() != null && pool.getUrl().startsWith("jdbc:h2:");
    }

    public Map<String, DataSource> byJndiName() {
        return byJndiName;
    }

    public void close() {
        byJndiName.values().forEach(pool -> pool.close(true));
    }
}
