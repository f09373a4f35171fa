// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is;

import identityops.practice.is.cluster.Cluster;
import identityops.practice.is.conf.Carbon;
import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.conf.IdentityXml;
import identityops.practice.is.conf.KeyStoreConfig;
import identityops.practice.is.conf.PublicUrl;
import identityops.practice.is.data.Datasources;
import identityops.practice.is.data.RequiredDatabases;
import identityops.practice.is.deploy.Deployment;
import identityops.practice.is.events.EventPublishers;
import identityops.practice.is.users.Realm;
import identityops.practice.is.users.SuperTenant;
import identityops.practice.is.web.Services;
import identityops.practice.is.web.WebServer;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.wso2.carbon.caching.impl.DataHolder;

/** The order in which the server starts and stops; the log lines carry the product's names, because operators and tools look for them. */
final class Server {
    private static final Log MANAGER = LogFactory.getLog("org.wso2.carbon.core.init.CarbonServerManager");
    private static final Log FINALIZER = LogFactory.getLog("org.wso2.carbon.core.internal.StartupFinalizerServiceComponent");
    private static final Log HTTP = LogFactory.getLog("org.wso2.carbon.core.transports.http.HttpTransportListener");
    private static final Log HTTPS = LogFactory.getLog("org.wso2.carbon.core.transports.http.HttpsTransportListener");
    private static final Log CONSOLE = LogFactory.getLog("org.wso2.carbon.ui.internal.CarbonUIServiceComponent");

    private static final long MAINTENANCE_SECONDS = 60;

    private final long started = System.currentTimeMillis();
    private final Datasources datasources = new Datasources();
    private final RequiredDatabases databases = new RequiredDatabases(datasources);
    private final Realm realm = new Realm();
    private final Cluster cluster = new Cluster();
    private final WebServer web = new WebServer();
    private final JmxServer jmx = new JmxServer(realm);
    private EventPublishers publishers;
    private Deployment deployment;
    private SessionCleanUp cleanUp;

    void start() throws Exception {
        SuperTenant.call(() -> {
            Services services = initialize();
            if (services != null && activate(services)) {
                announce();
            }
            return null;
        });
    }

    /** Configuration, databases, user store; null when one of them fails. */
    private Services initialize() {
        MANAGER.info("Starting WSO2 Carbon... (practice pack: not WSO2's product, for the lab only)");
        try {
            return load();
        } catch (Exception | LinkageError e) {
            MANAGER.fatal("WSO2 Carbon initialization Failed", e);
            return null;
        }
    }

    /** Cluster first, then the connectors; what needs neither is done while the cluster is joined. */
    private boolean activate(Services services) {
        ExecutorService side = Executors.newSingleThreadExecutor();
        try {
            HTTP.info("HTTP port        : " + cluster.port("http"));
            HTTPS.info("HTTPS port       : " + cluster.port("https"));
            Future<Void> prepared = side.submit(() -> SuperTenant.call(() -> {
                web.prepare(services);
                deployment.start();
                return null;
            }));
            cluster.join();
            prepared.get();
            web.open();
            jmx.start();
            return true;
        } catch (Exception | LinkageError e) {
            FINALIZER.fatal("Cannot activate StartupFinalizerServiceComponent", e);
            return false;
        } finally {
            side.shutdown();
        }
    }

    private void announce() {
        FINALIZER.info("Server           :  " + Carbon.serverName());
        FINALIZER.info("WSO2 Carbon started in " + (System.currentTimeMillis() - started) / 1000 + " sec");
        CONSOLE.info("Mgt Console URL  : " + PublicUrl.console());
    }

    private Services load() throws Exception {
        Carbon.load();
        MANAGER.info("Carbon Home : " + CarbonHome.home());
        MANAGER.info("Java Home   : " + System.getProperty("java.home") + ", Java Version: " + System.getProperty("java.version"));
        trust();
        Carbon.store("KeyStore").open();
        DataHolder.getInstance().setServerConfigurationService(Carbon.configuration());
        datasources.load();
        databases.check();
        realm.start();
        cluster.configure();
        IdentityXml identityXml = new IdentityXml();
        publishers = new EventPublishers(identityXml);
        Services services = new Services(identityXml, realm, datasources, databases, publishers);
        cleanUp = new SessionCleanUp(identityXml, services.sessions);
        cleanUp.start();
        deployment = new Deployment(realm, publishers);
        return services;
    }

    private static void trust() {
        KeyStoreConfig trust = Carbon.store("TrustStore");
        trust.open();
        System.setProperty("javax.net.ssl.trustStore", trust.location);
        System.setProperty("javax.net.ssl.trustStoreType", trust.type);
        System.setProperty("javax.net.ssl.trustStorePassword", trust.password);
    }

    void stop() {
        MANAGER.info("Shutdown hook triggered....");
        MANAGER.info("Gracefully shutting down " + Carbon.serverName() + "...");
        if (deployment != null) {
            MANAGER.info("Starting to switch to maintenance mode...");
            web.pause();
            MANAGER.info("Stopped all transport listeners");
            MANAGER.info("Waiting for request service completion...");
            MANAGER.info(web.awaitRequests(MAINTENANCE_SECONDS) ? "All requests have been served." : "Requests are still running after " + MAINTENANCE_SECONDS + " s");
            deployment.stop();
            cleanUp.stop();
            publishers.stop();
        }
        jmx.stop();
        web.close();
        cluster.leave();
        datasources.close();
        MANAGER.info("Shutdown complete");
        MANAGER.info("Halting JVM");
    }
}
