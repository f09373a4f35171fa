// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is;

import identityops.practice.is.conf.Carbon;
import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.conf.Placeholders;
import identityops.practice.is.conf.Xml;
import identityops.practice.is.users.Realm;
import identityops.practice.is.users.SuperTenant;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.rmi.registry.LocateRegistry;
import java.rmi.registry.Registry;
import java.util.HashMap;
import java.util.Map;
import javax.management.remote.JMXAuthenticator;
import javax.management.remote.JMXConnectorServer;
import javax.management.remote.JMXPrincipal;
import javax.management.remote.JMXServiceURL;
import javax.management.remote.rmi.RMIConnectorServer;
import javax.management.remote.rmi.RMIJRMPServerImpl;
import javax.security.auth.Subject;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.w3c.dom.Element;

/** JMX over RMI as etc/jmx.xml says, for users who may log in to the console. */
final class JmxServer {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.core.init.JMXServerManager");
    private final Realm realm;
    private JMXConnectorServer server;

    JmxServer(Realm realm) {
        this.realm = realm;
    }

    /** A port in use is logged, and the server goes on without JMX. */
    void start() {
        Element jmx = Xml.read(CarbonHome.conf("etc/jmx.xml"));
        if (!Boolean.parseBoolean(Xml.text(jmx, "StartRMIServer"))) {
            return;
        }
        String host = Xml.text(jmx, "HostName");
        int registry = port(jmx, "RMIRegistryPort");
        String url = "service:jmx:rmi://" + host + ":" + port(jmx, "RMIServerPort") + "/jndi/rmi://" + host + ":" + registry + "/jmxrmi";
        try {
            System.setProperty("java.rmi.server.hostname", host);
            Registry registryServer = LocateRegistry.createRegistry(registry);
            Map<String, Object> environment = new HashMap<>();
            environment.put(JMXConnectorServer.AUTHENTICATOR, (JMXAuthenticator) this::authenticate);
            RMIJRMPServerImpl connections = new RMIJRMPServerImpl(port(jmx, "RMIServerPort"), null, null, environment);
            server = new RMIConnectorServer(new JMXServiceURL("rmi", host, port(jmx, "RMIServerPort")), environment, connections,
                    ManagementFactory.getPlatformMBeanServer());
            server.start();
            // By the registry's own interface: this process has a naming context of its own.
            registryServer.rebind("jmxrmi", connections.toStub());
            LOG.info("JMX Service URL  : " + url);
        } catch (IOException e) {
            LOG.error("Could not start JMX at " + url + ": " + e.getMessage());
        }
    }

    private static int port(Element jmx, String name) {
        return Integer.parseInt(Placeholders.resolve(Xml.text(jmx, name))) + Carbon.portOffset();
    }

    private Subject authenticate(Object credentials) {
        String[] pair = credentials instanceof String[] ? (String[]) credentials : new String[0];
        try {
            boolean allowed = pair.length == 2 && SuperTenant.call(() -> realm.authenticate(pair[0], pair[1]) && realm.allowed(pair[0], "/permission/admin/login"));
            if (allowed) {
                Subject subject = new Subject();
                subject.getPrincipals().add(new JMXPrincipal(pair[0]));
                return subject;
            }
        } catch (Exception e) {
            LOG.error("Authentication for JMX failed", e);
        }
        throw new SecurityException("Login failed");
    }

    void stop() {
        if (server != null) {
            try {
                server.stop();
            } catch (IOException e) {
                LOG.debug("Stopping JMX", e);
            }
        }
    }
}
