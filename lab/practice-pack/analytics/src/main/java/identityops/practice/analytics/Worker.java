// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import com.google.gson.Gson;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.wso2.carbon.cluster.coordinator.rdbms.RDBMSCoordinationStrategy;
import org.wso2.carbon.cluster.coordinator.rdbms.beans.ClusterCoordinatorConfigurations;
import org.wso2.carbon.cluster.coordinator.rdbms.internal.RDBMSCoordinationServiceHolder;

/** The worker runtime: receives events, counts logins, alone or as one of an active/passive pair. */
final class Worker implements Runtime {
    private static final Logger LOG = LogManager.getLogger(Worker.class);

    private final CarbonHome home;
    private final Deployment deployment;
    private final HttpListeners http = new HttpListeners();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private Users users;
    private EventPipeline pipeline;
    private DataBridge bridge;
    private RDBMSCoordinationStrategy coordinator;
    private HighAvailability pair;

    Worker(CarbonHome home, Deployment deployment) {
        this.home = home;
        this.deployment = deployment;
    }

    @Override
    public void start() throws Exception {
        users = new Users(deployment.section("auth.configs"));
        DataSources sources = new DataSources(deployment);
        Tree persistence = deployment.section("state.persistence");
        Revisions revisions = revisions(persistence, sources);
        LoginTable table = new LoginTable(sources.named("IS_ANALYTICS_DB"));
        pipeline = new EventPipeline(deployment.id(), new SiddhiApps(home.siddhiFiles()), table, revisions);
        bridge = new DataBridge(deployment.section("databridge.config"), deployment.portOffset(), users, pipeline);
        joinOrStandAlone(sources);
        int minutes = Math.max(1, persistence.at("intervalInMin").number(1));
        timer.scheduleWithFixedDelay(pipeline::persist, minutes, minutes, TimeUnit.MINUTES);
        timer.scheduleWithFixedDelay(pipeline::write, 2, 2, TimeUnit.SECONDS);
        Map<String, HttpHandler> handlers = new LinkedHashMap<>();
        handlers.put("/health", this::health);
        handlers.put("/system-details", this::systemDetails);
        http.open(deployment.section("wso2.transport.http"), handlers);
    }

    /** Without deployment.config type ha every worker of a group receives for itself. */
    private void joinOrStandAlone(DataSources sources) throws Exception {
        ClusterCoordinatorConfigurations cluster = deployment.bean(ClusterCoordinatorConfigurations.class);
        if (!cluster.isEnabled()) {
            LOG.info("Cluster coordination has been disabled. Enable it in deployment.yaml to use the clustering service");
            standAlone();
            return;
        }
        if (!RDBMSCoordinationStrategy.class.getName().equals(cluster.getCoordinationStrategyClass())) {
            throw new IllegalStateException("cluster.config coordinationStrategyClass " + cluster.getCoordinationStrategyClass()
                    + " is not there; use " + RDBMSCoordinationStrategy.class.getName());
        }
        RDBMSCoordinationServiceHolder.setClusterConfiguration(cluster);
        RDBMSCoordinationServiceHolder.setConfigProvider(deployment.provider());
        RDBMSCoordinationServiceHolder.setDataSourceService(sources.service());
        coordinator = new RDBMSCoordinationStrategy();
        Tree mode = deployment.section("deployment.config");
        if ("ha".equalsIgnoreCase(mode.at("type").text(""))) {
            pair = new HighAvailability(coordinator, deployment.id(), mode, pipeline, bridge);
            pair.start();
        } else {
            coordinator.joinGroup();
            standAlone();
        }
    }

    private void standAlone() throws Exception {
        pipeline.open(new PendingEvents());
        bridge.start();
    }

    private Revisions revisions(Tree persistence, DataSources sources) throws Exception {
        if (!persistence.at("enabled").flag(false)) {
            return null;
        }
        int keep = persistence.at("revisionsToKeep").number(2);
        String store = persistence.at("persistenceStore").text("");
        if (store.endsWith(".DBPersistenceStore")) {
            return new DatabaseRevisions(sources.named(persistence.at("config", "datasource").text("")),
                    persistence.at("config", "table").text("PERSISTENCE_TABLE"), keep);
        }
        if (store.endsWith(".FileSystemPersistenceStore")) {
            return new FileRevisions(home.runtimeHome().resolve(persistence.at("config", "location").text("siddhi-app-persistence")), keep);
        }
        throw new IllegalStateException("state.persistence persistenceStore " + store + " is not there");
    }

    private void health(HttpExchange exchange) throws java.io.IOException {
        HttpListeners.answer(exchange, 200, "application/json", "{\"status\":\"active\"}");
    }

    private void systemDetails(HttpExchange exchange) throws java.io.IOException {
        if (!users.acceptsBasic(exchange.getRequestHeaders().getFirst("Authorization"))) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Basic");
            HttpListeners.answer(exchange, 401, "application/json", "{\"error\":\"user and password of auth.configs needed\"}");
            return;
        }
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("id", deployment.id());
        details.put("runningStatus", "Reachable");
        details.put("clusterID", pair == null ? "Non Clusters" : pair.getGroupId());
        details.put("haStatus", pair == null ? "" : pair.status());
        details.put("uptimeMillis", ManagementFactory.getRuntimeMXBean().getUptime());
        details.put("practicePack", true);
        HttpListeners.answer(exchange, 200, "application/json", new Gson().toJson(details));
    }

    @Override
    public void stop() {
        timer.shutdownNow();
        if (pair != null) {
            pair.stop();
        } else if (bridge != null) {
            bridge.stop();
        }
        if (coordinator != null) {
            coordinator.stop();
        }
        http.close();
    }
}
