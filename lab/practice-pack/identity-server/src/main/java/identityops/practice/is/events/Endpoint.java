// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import com.google.gson.JsonObject;
import java.io.IOException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/** One receiver: inactive until a login and a connection succeed, and again after any failure. */
final class Endpoint {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.databridge.agent.endpoint.DataEndpointConnectionWorker");
    private final ReceiverUrls.Receiver receiver;
    private final String user;
    private final String password;
    private final int timeout;
    /** Null while inactive. Sending looks at it without a lock, so that a slow attempt to connect delays nothing. */
    private volatile Connection connection;
    private volatile String session;

    Endpoint(ReceiverUrls.Receiver receiver, String user, String password, int timeout) {
        this.receiver = receiver;
        this.user = user;
        this.password = password;
        this.timeout = timeout;
    }

    boolean active() {
        return connection != null;
    }

    /** Tries to become active. */
    synchronized void connect() {
        if (connection != null) {
            return;
        }
        try {
            JsonObject login = new JsonObject();
            login.addProperty("op", "login");
            login.addProperty("username", user);
            login.addProperty("password", password);
            try (Connection secure = Connection.secure(receiver.loginHost, receiver.loginPort, timeout)) {
                session = secure.ask(login).get("session").getAsString();
            }
            connection = Connection.plain(receiver.host, receiver.port, timeout);
            LOG.info("Connected to the receiver " + receiver);
        } catch (IOException e) {
            LOG.error("Error while connecting to the receiver " + receiver + ", login at ssl://" + receiver.loginHost + ":" + receiver.loginPort + ": "
                    + e.getMessage());
        }
    }

    /** Whether the receiver took the event. A session that the receiver has ended is begun anew, once. */
    boolean send(String stream, JsonObject event) {
        try {
            return publish(stream, event);
        } catch (RefusedException e) {
            LOG.warn("Logging in again to " + receiver + ": " + e.getMessage());
        } catch (IOException e) {
            return failed(e);
        }
        disconnect();
        connect();
        try {
            return publish(stream, event);
        } catch (IOException e) {
            return failed(e);
        }
    }

    private boolean publish(String stream, JsonObject event) throws IOException {
        Connection current = connection;
        if (current == null) {
            return false;
        }
        JsonObject publish = new JsonObject();
        publish.addProperty("op", "publish");
        publish.addProperty("session", session);
        publish.addProperty("stream", stream);
        publish.add("event", event);
        current.ask(publish);
        return true;
    }

    private boolean failed(IOException e) {
        LOG.error("Unable to send an event to the receiver " + receiver + ": " + e.getMessage());
        disconnect();
        return false;
    }

    void disconnect() {
        Connection current = connection;
        connection = null;
        if (current != null) {
            try {
                current.close();
            } catch (IOException e) {
                LOG.debug("Closing the connection to " + receiver, e);
            }
        }
    }

    @Override
    public String toString() {
        return receiver.toString();
    }
}
