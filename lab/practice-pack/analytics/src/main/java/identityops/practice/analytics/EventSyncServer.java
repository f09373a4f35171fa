// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.io.IOException;

import javax.net.ServerSocketFactory;

import com.google.gson.JsonObject;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** The passive worker's port for the active one: keeps what it is sent until a saved revision holds it. Not encrypted, no login, as in the product. */
final class EventSyncServer {
    private static final Logger LOG = LogManager.getLogger("org.wso2.carbon.stream.processor.core.ha.transport.EventSyncServer");

    private final String host;
    private final int port;
    private final PendingEvents pending;
    private LineServer server;

    EventSyncServer(String host, int port, PendingEvents pending) {
        this.host = host;
        this.port = port;
        this.pending = pending;
    }

    synchronized void start() throws IOException {
        if (server == null) {
            server = new LineServer(ServerSocketFactory.getDefault(), host, port, 0, false, (request, peer) -> take(request));
            LOG.info("EventSyncServer started in {}:{}", host, port);
        }
    }

    private JsonObject take(JsonObject request) {
        if (request.has("event")) {
            pending.add(BridgeEvent.fromJson(request.get("event").getAsString()));
        } else {
            pending.trim(request.get("persisted").getAsLong());
        }
        return LineServer.ok();
    }

    synchronized void stop() {
        if (server != null) {
            server.close();
            server = null;
            LOG.info("EventSyncServer running on '{}:{}' stopped.", host, port);
        }
    }
}
