// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/** A queue and the receivers that empty it. Publishing never waits: what a full queue cannot take is dropped. */
final class EndpointGroup {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.databridge.agent.endpoint.DataEndpointGroup");
    private final boolean failover;
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final BlockingQueue<JsonObject> queue;
    private final String stream;
    private final long reconnectSeconds;
    private final Thread sender;
    private final Thread connector;
    private volatile boolean running = true;
    private int turn;
    private long dropped;

    EndpointGroup(ReceiverUrls.Group group, String user, String password, String stream, AgentConfig config) {
        failover = group.failover;
        group.receivers.forEach(receiver -> endpoints.add(new Endpoint(receiver, user, password, config.socketTimeout)));
        queue = new ArrayBlockingQueue<>(config.queueSize);
        reconnectSeconds = config.reconnectionInterval;
        this.stream = stream;
        sender = thread(this::send, "sender");
        connector = thread(this::connect, "connector");
    }

    private Thread thread(Runnable work, String role) {
        Thread thread = new Thread(work, "DataBridge-" + stream + "-" + role);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    synchronized void publish(JsonObject event) {
        if (!queue.offer(event)) {
            dropped++;
            LOG.error("Event queue is full, unable to process the event for " + endpoints + ", " + dropped + " events dropped so far");
        }
    }

    private void connect() {
        try {
            while (running) {
                endpoints.forEach(Endpoint::connect);
                if (endpoints.stream().noneMatch(Endpoint::active)) {
                    LOG.warn("No receiver is reachable at reconnection, will try to reconnect every " + reconnectSeconds + " sec");
                }
                TimeUnit.SECONDS.sleep(reconnectSeconds);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send() {
        try {
            while (running) {
                JsonObject event = queue.take();
                while (running && !sent(event)) {
                    TimeUnit.MILLISECONDS.sleep(200);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Offers the event to each active receiver in turn; failover begins with the first one every time. */
    private boolean sent(JsonObject event) {
        int start = failover ? 0 : turn++ % endpoints.size();
        for (int i = 0; i < endpoints.size(); i++) {
            if (endpoints.get((start + i) % endpoints.size()).send(stream, event)) {
                return true;
            }
        }
        return false;
    }

    /** Gives what waits a short time to leave when a receiver is there. */
    void stop() {
        long end = System.currentTimeMillis() + 2000;
        try {
            while (!queue.isEmpty() && endpoints.stream().anyMatch(Endpoint::active) && System.currentTimeMillis() < end) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        running = false;
        sender.interrupt();
        connector.interrupt();
        endpoints.forEach(Endpoint::disconnect);
    }
}
