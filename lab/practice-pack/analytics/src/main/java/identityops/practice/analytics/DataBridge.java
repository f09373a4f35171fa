// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.io.IOException;
import java.lang.reflect.Type;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

import javax.net.ServerSocketFactory;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.reflect.TypeToken;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The event receiver: login on the SSL ports, events on the TCP ports, lines of JSON instead of the product's thrift and binary formats.
 * Open on the worker that receives, closed on the passive one.
 */
final class DataBridge {
    private static final Logger THRIFT = LogManager.getLogger("org.wso2.carbon.databridge.receiver.thrift.ThriftDataReceiver");
    private static final Logger BINARY = LogManager.getLogger("org.wso2.carbon.databridge.receiver.binary.internal.BinaryDataReceiver");
    private static final Gson GSON = new Gson();
    private static final Type ATTRIBUTES = new TypeToken<Map<String, Object>>() { }.getType();

    private final Tree config;
    private final int portOffset;
    private final Users users;
    private final EventPipeline pipeline;
    private final Map<String, Long> sessions = new ConcurrentHashMap<>();
    private final List<LineServer> ports = new ArrayList<>();
    private final long sessionMillis;

    DataBridge(Tree config, int portOffset, Users users, EventPipeline pipeline) {
        this.config = config;
        this.portOffset = portOffset;
        this.users = users;
        this.pipeline = pipeline;
        this.sessionMillis = config.at("clientTimeoutMin").number(30) * 60_000L;
    }

    /** A receiver whose ports or keystore cannot be used is logged; the worker goes on without it. */
    synchronized void start() {
        for (Receiver receiver : Receiver.of(config, portOffset)) {
            Logger log = receiver.isThrift() ? THRIFT : BINARY;
            try {
                open(receiver);
                if (receiver.isThrift()) {
                    log.info("Thrift Server started at {}", receiver.host);
                    log.info("Thrift SSL port : {}", receiver.sslPort);
                    log.info("Thrift port : {}", receiver.tcpPort);
                } else {
                    log.info("Started Binary SSL Transport on port : {}", receiver.sslPort);
                    log.info("Started Binary TCP Transport on port : {}", receiver.tcpPort);
                }
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                log.error("Cannot start the " + receiver.type + " receiver", e);
            }
        }
    }

    private void open(Receiver receiver) throws IOException, GeneralSecurityException {
        String password = config.at("keyStorePassword").text("");
        ServerSocketFactory tls = Keystores.serverContext(config.at("keyStoreLocation").text(""), password, password).getServerSocketFactory();
        int idle = (int) Math.min(Integer.MAX_VALUE, sessionMillis);
        ports.add(new LineServer(tls, receiver.host, receiver.sslPort, idle, true, (request, peer) -> login(request)));
        ports.add(new LineServer(ServerSocketFactory.getDefault(), receiver.host, receiver.tcpPort, idle, false, this::publish));
    }

    synchronized void stop() {
        if (!ports.isEmpty()) {
            ports.forEach(LineServer::close);
            ports.clear();
            sessions.clear();
            THRIFT.info("Thrift server stopped");
        }
    }

    private JsonObject login(JsonObject request) {
        if (!"login".equals(text(request, "op"))) {
            return LineServer.error("this port takes logins only");
        }
        if (!users.accepts(text(request, "username"), text(request, "password"))) {
            THRIFT.warn("Login of {} refused", text(request, "username"));
            return LineServer.error("authentication failed");
        }
        String session = UUID.randomUUID().toString();
        sessions.put(session, System.currentTimeMillis());
        JsonObject answer = new JsonObject();
        answer.addProperty("session", session);
        return answer;
    }

    private JsonObject publish(JsonObject request, String peer) throws InterruptedException {
        if (!"publish".equals(text(request, "op"))) {
            return LineServer.error("this port takes events only");
        }
        String session = text(request, "session");
        Long used = session == null ? null : sessions.get(session);
        if (used == null || System.currentTimeMillis() - used > sessionMillis) {
            return LineServer.error("no such session, log in again");
        }
        sessions.put(session, System.currentTimeMillis());
        pipeline.receive(text(request, "stream"), peer, GSON.fromJson(request.get("event"), ATTRIBUTES));
        return LineServer.ok();
    }

    private static String text(JsonObject object, String key) {
        return object.has(key) && !object.get(key).isJsonNull() ? object.get(key).getAsString() : null;
    }
}
