// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.sql.SQLException;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** The way of an event on the worker that receives: number it, count it, write the total, hand it to the passive worker. One at a time. */
final class EventPipeline {
    /** The other worker of the pair, as the active one sees it. */
    interface Peer {
        void forward(BridgeEvent event);

        void persisted(long sequence);
    }

    static final String AUTHENTICATION = "org.wso2.is.analytics.stream.OverallAuthentication:1.0.0";
    private static final Logger LOG = LogManager.getLogger(EventPipeline.class);

    private final String worker;
    private final SiddhiApps apps;
    private final LoginTable table;
    private final Revisions revisions;
    private Peer peer;
    private boolean open;
    private long sequence;

    /** @param revisions null when state.persistence is off */
    EventPipeline(String worker, SiddhiApps apps, LoginTable table, Revisions revisions) {
        this.worker = worker;
        this.apps = apps;
        this.table = table;
        this.revisions = revisions;
    }

    /** Takes over: last saved revision, then the pending events that it does not hold, then what only the database knows. */
    synchronized void open(PendingEvents pending) throws SQLException, InterruptedException {
        table.create();
        table.forget();
        apps.open(revisions, table::put);
        sequence = apps.restoredUpTo();
        List<BridgeEvent> missed = pending.after(0);
        for (BridgeEvent event : missed) {
            apps.send(event, added(event, 1));
            sequence = Math.max(sequence, event.sequence);
        }
        for (Map.Entry<List<String>, Long> stored : table.read().entrySet()) {
            catchUp(stored.getKey(), stored.getValue());
        }
        table.flush();
        open = true;
        LOG.info("Counting from event {}; {} pending events looked at", sequence, missed.size());
    }

    /** Lifts the application's total to the stored one. Adding nothing first makes the application tell its total. */
    private void catchUp(List<String> key, long stored) throws InterruptedException {
        seed(key, 0);
        if (stored > table.total(key)) {
            seed(key, stored - table.total(key));
        }
    }

    private void seed(List<String> key, long logins) throws InterruptedException {
        Map<String, Object> attributes = new HashMap<>();
        attributes.put("username", key.get(0));
        attributes.put("authenticationSuccess", true);
        attributes.put("eventType", "overall");
        BridgeEvent event = new BridgeEvent(0, AUTHENTICATION, key.get(1), key.get(2), attributes);
        apps.send(event, added(event, logins));
    }

    private static Map<String, Object> added(BridgeEvent event, long logins) {
        Map<String, Object> added = new HashMap<>();
        added.put("node", event.node);
        added.put("worker", event.worker);
        added.put("logins", logins);
        return added;
    }

    synchronized void receive(String stream, String node, Map<String, Object> attributes) throws InterruptedException {
        if (!open) {
            throw new IllegalStateException("this worker is not active");
        }
        BridgeEvent event = new BridgeEvent(++sequence, stream, node, worker, attributes == null ? Collections.emptyMap() : attributes);
        apps.send(event, added(event, 1));
        write();
        if (peer != null) {
            peer.forward(event);
        }
    }

    /** Writes totals; what cannot be written now stays in memory for the next time. */
    synchronized void write() {
        try {
            table.flush();
        } catch (SQLException e) {
            LOG.error("Cannot write " + LoginTable.NAME + "; the totals stay in memory and are written later", e);
        }
    }

    /** Saves a revision and tells the passive worker which events it need not keep. */
    synchronized void persist() {
        if (!open || revisions == null) {
            return;
        }
        try {
            apps.persist(sequence);
            if (peer != null) {
                peer.persisted(sequence);
            }
            LOG.debug("Saved a revision up to event {}", sequence);
        } catch (Exception e) {
            LOG.error("Cannot save the state of the Siddhi applications", e);
        }
    }

    synchronized void peer(Peer other) {
        peer = other;
    }

    synchronized void close() {
        open = false;
        peer = null;
        apps.close();
        table.forget();
    }
}
