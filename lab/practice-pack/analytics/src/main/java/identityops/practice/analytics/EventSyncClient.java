// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

import com.google.gson.JsonObject;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** The active worker's connection to the passive one. Each event is acknowledged; a broken connection is made again by {@link #connect}. */
final class EventSyncClient implements EventPipeline.Peer {
    private static final Logger LOG = LogManager.getLogger(EventSyncClient.class);
    private static final int TIMEOUT_MILLIS = 1000;

    final String host;
    final int port;
    private Socket socket;
    private BufferedReader in;

    EventSyncClient(String host, int port) {
        this.host = host;
        this.port = port;
    }

    synchronized boolean isConnected() {
        return socket != null;
    }

    synchronized void connect() throws IOException {
        Socket fresh = new Socket();
        try {
            fresh.connect(new InetSocketAddress(host, port), TIMEOUT_MILLIS);
            fresh.setSoTimeout(TIMEOUT_MILLIS);
            fresh.setTcpNoDelay(true);
            in = new BufferedReader(new InputStreamReader(fresh.getInputStream(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            fresh.close();
            throw e;
        }
        socket = fresh;
    }

    @Override
    public void forward(BridgeEvent event) {
        JsonObject message = new JsonObject();
        message.addProperty("event", event.toJson());
        send(message);
    }

    @Override
    public void persisted(long sequence) {
        JsonObject message = new JsonObject();
        message.addProperty("persisted", sequence);
        send(message);
    }

    private synchronized void send(JsonObject message) {
        if (socket == null) {
            return;
        }
        try {
            socket.getOutputStream().write((message + "\n").getBytes(StandardCharsets.UTF_8));
            if (in.readLine() == null) {
                throw new IOException("connection closed");
            }
        } catch (IOException e) {
            LOG.warn("The passive node at {}:{} cannot be reached: {}", host, port, e.getMessage());
            close();
        }
    }

    synchronized void close() {
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException e) {
            LOG.debug("Closing the connection failed", e);
        }
        socket = null;
    }
}
