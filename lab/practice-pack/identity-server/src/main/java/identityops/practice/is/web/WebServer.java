// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.conf.ConnectorConfig;
import identityops.practice.is.conf.Placeholders;
import identityops.practice.is.conf.Xml;
import java.util.ArrayList;
import java.util.List;
import javax.servlet.Servlet;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.AccessLogValve;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.tomcat.util.IntrospectionUtils;
import org.w3c.dom.Element;

/** Tomcat 7 with the connectors of catalina-server.xml. They bind last, as in the product. */
public final class WebServer {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.tomcat.internal.ServerManager");
    private final Tomcat tomcat = new Tomcat();
    private final List<Connector> connectors = new ArrayList<>();

    /** Sets up the web applications; nothing listens yet. */
    public void prepare(Services services) throws LifecycleException {
        tomcat.setBaseDir(CarbonHome.file("tmp").getPath());
        tomcat.getHost().setAppBase(CarbonHome.deployment("webapps").getPath());
        tomcat.getHost().setAutoDeploy(false);
        accessLog();
        SecurityHeaders headers = new SecurityHeaders(CarbonHome.conf("tomcat/carbon/WEB-INF/web.xml"));

        Context console = application("", headers);
        add(console, "/carbon", new Console(services));
        add(console, "/commonauth", new CommonAuth(services), "/commonauth");
        add(application("/authenticationendpoint", headers), "/", new LoginPage(services), "*.do");
        Context oauth = application("/oauth2", headers);
        add(oauth, "authorize", new Authorize(services), "/authorize");
        add(oauth, "token", new Token(services), "/token");
        add(oauth, "revoke", new Revoke(services), "/revoke");
        add(oauth, "introspect", new Introspect(services), "/introspect");
        add(oauth, "userinfo", new UserInfo(services), "/userinfo");
        add(oauth, "discovery", new Discovery(services), "/oidcdiscovery/.well-known/openid-configuration", "/token/.well-known/openid-configuration");
        add(application("/api/identity/oauth2/dcr/v1.1", headers), "/register", new ClientRegistration(services));
        Context scim = application("/scim2", headers);
        add(scim, "/Users", new ScimUsers(services));
        add(scim, "/Me", new ScimMe(services));
        add(application("/api/health-check/v1.0", headers), "/health", new Health(services), "/health");
        tomcat.getServer().start();
    }

    /** The access log of catalina-server.xml; the other valves there are classes of the product. */
    private void accessLog() {
        Element host = Xml.at(Xml.read(CarbonHome.conf("tomcat/catalina-server.xml")), "Service", "Engine", "Host");
        for (Element element : Xml.children(host, "Valve")) {
            if (AccessLogValve.class.getName().equals(element.getAttribute("className"))) {
                AccessLogValve valve = new AccessLogValve();
                for (String name : new String[] {"directory", "prefix", "suffix", "pattern"}) {
                    if (element.hasAttribute(name)) {
                        IntrospectionUtils.setProperty(valve, name, Placeholders.resolve(element.getAttribute(name)));
                    }
                }
                tomcat.getHost().getPipeline().addValve(valve);
            }
        }
    }

    private Context application(String path, SecurityHeaders headers) {
        Context context = tomcat.addContext(path, CarbonHome.file("tmp").getPath());
        context.setUseHttpOnly(true);
        context.setSessionTimeout(15);
        headers.addTo(context);
        return context;
    }

    private static void add(Context context, String name, Servlet servlet, String... patterns) {
        Wrapper wrapper = Tomcat.addServlet(context, name, servlet);
        wrapper.setLoadOnStartup(1);
        String[] mapped = patterns.length > 0 ? patterns : new String[] {name, name + "/*"};
        for (String pattern : mapped) {
            context.addServletMapping(pattern, name);
        }
    }

    /** Binds the connectors. One that cannot is logged, and the server goes on: so does the product. */
    public void open() {
        for (ConnectorConfig config : ConnectorConfig.all()) {
            Connector connector = new Connector(config.attributes.get("protocol"));
            config.attributes.forEach((name, value) -> IntrospectionUtils.setProperty(connector, name, value));
            connector.setPort(config.port());
            connector.setService(tomcat.getService());
            try {
                connector.start();
                connectors.add(connector);
            } catch (LifecycleException e) {
                LOG.error("LifeCycleException while starting tomcat connector", e);
            }
        }
    }

    /** Accepts no new requests. */
    public void pause() {
        connectors.forEach(Connector::pause);
    }

    /** Whether the running requests ended within the time. */
    public boolean awaitRequests(long seconds) {
        return Requests.awaitNone(seconds);
    }

    public void close() {
        for (Connector connector : connectors) {
            try {
                if (connector.getState() == LifecycleState.STARTED) {
                    connector.stop();
                }
                connector.destroy();
            } catch (LifecycleException e) {
                LOG.error("Cannot stop the connector of port " + connector.getPort(), e);
            }
        }
        try {
            tomcat.stop();
        } catch (LifecycleException e) {
            LOG.error("Cannot stop Tomcat", e);
        }
    }
}
