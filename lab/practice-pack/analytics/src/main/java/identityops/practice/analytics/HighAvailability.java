// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.wso2.carbon.cluster.coordinator.commons.CoordinationStrategy;
import org.wso2.carbon.cluster.coordinator.commons.MemberEventListener;
import org.wso2.carbon.cluster.coordinator.commons.node.NodeDetail;

/**
 * Active or passive, as the product's own coordinator decides: the group's leader is active. The active worker opens the data bridge
 * and sends its events to the passive one; the passive one keeps them and waits.
 */
final class HighAvailability extends MemberEventListener {
    private static final Logger LOG = LogManager.getLogger("org.wso2.carbon.stream.processor.core.ha.HAManager");
    private static final int MAX_NODES = 2;
    private static final String HOST = "host";
    private static final String PORT = "port";
    private static final String ADVERTISED_HOST = "advertisedHost";
    private static final String ADVERTISED_PORT = "advertisedPort";

    private final CoordinationStrategy coordinator;
    private final String nodeId;
    private final Tree config;
    private final EventPipeline pipeline;
    private final DataBridge bridge;
    private final PendingEvents pending = new PendingEvents();
    private final EventSyncServer syncServer;
    private final ScheduledExecutorService upkeep = Executors.newSingleThreadScheduledExecutor();
    private EventSyncClient peer;
    private volatile boolean active;
    private boolean takeoverFailed;

    HighAvailability(CoordinationStrategy coordinator, String nodeId, Tree deploymentConfig, EventPipeline pipeline, DataBridge bridge) {
        this.coordinator = coordinator;
        this.nodeId = nodeId;
        this.config = deploymentConfig;
        this.pipeline = pipeline;
        this.bridge = bridge;
        Tree server = deploymentConfig.at("eventSyncServer");
        if (!server.isPresent()) {
            throw new IllegalStateException("deployment.config of deployment.yaml has no eventSyncServer; type ha needs it");
        }
        this.syncServer = new EventSyncServer(server.at(HOST).text("0.0.0.0"), server.at(PORT).number(9893), pending);
    }

    /** Joins the group; returns when this node knows its part. */
    synchronized void start() throws Exception {
        coordinator.registerEventListener(this);
        coordinator.joinGroup();
        await(() -> coordinator.getAllNodeDetails().stream().anyMatch(node -> node.getNodeId().equals(nodeId)));
        if (coordinator.getAllNodeDetails().size() > MAX_NODES) {
            throw new HAModeException("More than two nodes can not be used in the minimum HA mode. Group " + getGroupId()
                    + " has two already: stop one of them, change cluster.config groupId or disable clustering.");
        }
        LOG.info("WSO2 Stream Processor Starting in Two Node Minimum HA Deployment");
        await(() -> coordinator.getLeaderNode() != null);
        if (coordinator.isLeaderNode()) {
            LOG.info("HA Deployment: Starting up as Active Node");
            becomeActive();
            // A passive node that was there before gives no memberAdded event.
            for (NodeDetail node : coordinator.getAllNodeDetails()) {
                if (!node.getNodeId().equals(nodeId) && node.getPropertiesMap() != null) {
                    usePeer(node.getPropertiesMap());
                }
            }
        } else {
            LOG.info("HA Deployment: Starting up as Passive Node");
            becomePassive();
        }
        upkeep.scheduleWithFixedDelay(this::lookAfter, 1, 1, TimeUnit.SECONDS);
    }

    String status() {
        return active ? "Active" : "Passive";
    }

    private void becomeActive() throws Exception {
        syncServer.stop();
        pipeline.open(pending);
        pending.clear();
        bridge.start();
        active = true;
        takeoverFailed = false;
    }

    private void becomePassive() throws IOException {
        active = false;
        bridge.stop();
        dropPeer();
        pipeline.close();
        pending.clear();
        coordinator.setPropertiesMap(properties());
        syncServer.start();
    }

    private void changeToActive() {
        if (active) {
            return;
        }
        LOG.info("HA Deployment: This Node is now becoming the Active Node");
        try {
            becomeActive();
            LOG.info("Successfully Changed to Active Mode ");
        } catch (Exception e) {
            takeoverFailed = true;
            pipeline.close();
            LOG.error("Cannot become the active node; trying again while this node leads the group", e);
        }
    }

    private void changeToPassive() {
        LOG.info("HA Deployment: This Node is now becoming the Passive Node");
        try {
            becomePassive();
            LOG.info("Successfully Changed to Passive Mode ");
        } catch (Exception e) {
            LOG.error("Cannot become the passive node as it should be", e);
        }
    }

    @Override
    public synchronized void memberAdded(NodeDetail node) {
        LOG.info("memberAdded event received for node id : {}", node.getNodeId());
        boolean self = node.getNodeId().equals(nodeId);
        if (!coordinator.isLeaderNode()) {
            if (self) {
                coordinator.setPropertiesMap(properties());
            }
        } else if (!self) {
            Map<String, Object> found = awaitProperties(node.getNodeId());
            if (found != null) {
                LOG.info("Active node retrieved node details of passive node");
                usePeer(found);
            }
        }
    }

    @Override
    public synchronized void memberRemoved(NodeDetail node) {
        LOG.info("memberRemoved event received for node id : {}", node.getNodeId());
        // Events read together come sorted by kind: a node that left and came back is reported as added first, then as removed.
        boolean back = coordinator.getAllNodeDetails().stream().anyMatch(live -> live.getNodeId().equals(node.getNodeId()));
        if (!back && !node.getNodeId().equals(nodeId)) {
            dropPeer();
        }
    }

    @Override
    public synchronized void coordinatorChanged(NodeDetail node) {
        LOG.info("coordinatorChanged event received for node id : {}", node.getNodeId());
        if (coordinator.isLeaderNode()) {
            changeToActive();
        } else if (active) {
            changeToPassive();
        }
    }

    @Override
    public synchronized void becameUnresponsive(String node) {
        LOG.info("becameUnresponsive event received for node id : {}", node);
        if (active) {
            changeToPassive();
        }
    }

    /** Where this node's event sync server can be reached, for the active node to read from the group's table. */
    private Map<String, Object> properties() {
        Tree server = config.at("eventSyncServer");
        Map<String, Object> properties = new HashMap<>();
        properties.put(HOST, server.at(HOST).text("0.0.0.0"));
        properties.put(PORT, server.at(PORT).number(9893));
        properties.put(ADVERTISED_HOST, server.at(ADVERTISED_HOST).text(null));
        properties.put(ADVERTISED_PORT, server.at(ADVERTISED_PORT).number(0));
        return properties;
    }

    private Map<String, Object> awaitProperties(String node) {
        long end = System.currentTimeMillis() + config.at("passiveNodeDetailsWaitTimeOutMillis").number(300_000);
        while (System.currentTimeMillis() < end) {
            for (NodeDetail detail : coordinator.getAllNodeDetails()) {
                if (detail.getNodeId().equals(node) && detail.getPropertiesMap() != null) {
                    return detail.getPropertiesMap();
                }
            }
            if (coordinator.getAllNodeDetails().stream().noneMatch(detail -> detail.getNodeId().equals(node))) {
                LOG.warn("Passive node {} left again before it told its address", node);
                return null;
            }
            pause(config.at("passiveNodeDetailsRetrySleepTimeMillis").number(500));
        }
        LOG.error("The passive node {} did not tell its address in time; it gets no events", node);
        return null;
    }

    private void usePeer(Map<String, Object> properties) {
        dropPeer();
        Object host = properties.get(ADVERTISED_HOST) == null ? properties.get(HOST) : properties.get(ADVERTISED_HOST);
        Object advertised = properties.get(ADVERTISED_PORT);
        int port = advertised instanceof Integer && (Integer) advertised > 0 ? (Integer) advertised : (Integer) properties.get(PORT);
        peer = new EventSyncClient(String.valueOf(host), port);
        connectPeer();
    }

    /** After each new connection a revision is saved: what the passive node missed meanwhile is in it. */
    private void connectPeer() {
        try {
            peer.connect();
            pipeline.peer(peer);
            pipeline.persist();
            LOG.info("Events are sent to the passive node at {}:{}", peer.host, peer.port);
        } catch (IOException e) {
            LOG.warn("The passive node at {}:{} does not take events: {}", peer.host, peer.port, e.getMessage());
        }
    }

    private void dropPeer() {
        pipeline.peer(null);
        if (peer != null) {
            peer.close();
            peer = null;
        }
    }

    private synchronized void lookAfter() {
        try {
            if (active && peer != null && !peer.isConnected()) {
                connectPeer();
            }
            if (takeoverFailed && !active && coordinator.isLeaderNode()) {
                changeToActive();
            }
        } catch (RuntimeException e) {
            LOG.warn("Cannot look after the pair: {}", e.getMessage());
        }
    }

    synchronized void stop() {
        upkeep.shutdownNow();
        bridge.stop();
        syncServer.stop();
        dropPeer();
    }

    private interface Condition {
        boolean holds();
    }

    private static void await(Condition condition) {
        while (!condition.holds()) {
            pause(100);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }
}
