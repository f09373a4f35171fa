// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import javax.net.ServerSocketFactory;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** A TCP or TLS port that answers each line of JSON with a line of JSON. */
final class LineServer {
    /** Answers one request; the connection ends after an answer with "error" when closeOnError says so. */
    interface Handler {
        JsonObject answer(JsonObject request, String peer) throws Exception;
    }

    private static final Logger LOG = LogManager.getLogger(LineServer.class);

    private final Handler handler;
    private final boolean closeOnError;
    private final int idleMillis;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final ServerSocket server;

    LineServer(ServerSocketFactory factory, String host, int port, int idleMillis, boolean closeOnError, Handler handler) throws IOException {
        this.handler = handler;
        this.closeOnError = closeOnError;
        this.idleMillis = idleMillis;
        server = factory.createServerSocket();
        try {
            server.setReuseAddress(true);
            server.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            server.close();
            throw new IOException("Cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
        }
        threads.execute(this::accept);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket connection = server.accept();
                connections.add(connection);
                threads.execute(() -> serve(connection));
            } catch (IOException | RuntimeException e) {
                if (!server.isClosed()) {
                    LOG.warn("Connection on port {} failed: {}", server.getLocalPort(), e.getMessage());
                }
            }
        }
    }

    private void serve(Socket connection) {
        try (Socket socket = connection) {
            socket.setSoTimeout(idleMillis);
            socket.setTcpNoDelay(true);
            String peer = socket.getInetAddress().getHostAddress();
            BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            OutputStream out = socket.getOutputStream();
            boolean more = true;
            for (String line = in.readLine(); more && line != null; line = more ? in.readLine() : null) {
                JsonObject answer = answer(line, peer);
                out.write((answer + "\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
                more = !(closeOnError && answer.has("error"));
            }
        } catch (IOException e) {
            LOG.debug("Connection from {} ended: {}", connection.getRemoteSocketAddress(), e.getMessage());
        } finally {
            connections.remove(connection);
        }
    }

    private JsonObject answer(String line, String peer) {
        try {
            return handler.answer(new JsonParser().parse(line).getAsJsonObject(), peer);
        } catch (Exception e) {
            return error(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        }
    }

    static JsonObject error(String text) {
        JsonObject answer = new JsonObject();
        answer.addProperty("error", text);
        return answer;
    }

    static JsonObject ok() {
        JsonObject answer = new JsonObject();
        answer.addProperty("ok", 1);
        return answer;
    }

    /** Ends the port and every connection on it. */
    void close() {
        closeQuietly(server);
        connections.forEach(LineServer::closeQuietly);
        threads.shutdownNow();
    }

    private static void closeQuietly(java.io.Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("Closing a socket failed", e);
        }
    }
}
