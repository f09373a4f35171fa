// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** The listeners of wso2.transport.http. The port offset does not apply to them, as in the product. */
final class HttpListeners {
    private static final Logger LOG = LogManager.getLogger(HttpListeners.class);

    private final List<HttpServer> servers = new ArrayList<>();
    private final ExecutorService workers = Executors.newFixedThreadPool(4);

    /** A listener that cannot be opened is logged; the others open all the same. */
    void open(Tree transport, Map<String, HttpHandler> handlers) {
        for (Tree listener : transport.at("listenerConfigurations").items()) {
            String address = listener.at("host").text("0.0.0.0") + ":" + listener.at("port").text("");
            try {
                HttpServer server = create(listener);
                handlers.forEach(server::createContext);
                server.setExecutor(workers);
                server.start();
                servers.add(server);
                LOG.info("{} listener started on {}", listener.at("scheme").text("http").toUpperCase(), address);
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                LOG.error("Cannot open listener " + listener.at("id").text("") + " on " + address, e);
            }
        }
    }

    void close() {
        servers.forEach(server -> server.stop(0));
        workers.shutdown();
    }

    private static HttpServer create(Tree listener) throws IOException, GeneralSecurityException {
        InetSocketAddress address = new InetSocketAddress(listener.at("host").text("0.0.0.0"), listener.at("port").number(0));
        if (!"https".equalsIgnoreCase(listener.at("scheme").text("http"))) {
            return HttpServer.create(address, 0);
        }
        String storePassword = listener.at("keyStorePassword").text("");
        HttpsConfigurator tls = new HttpsConfigurator(Keystores.serverContext(listener.at("keyStoreFile").text(""),
                storePassword, listener.at("certPass").text(storePassword)));
        HttpsServer server = HttpsServer.create(address, 0);
        server.setHttpsConfigurator(tls);
        return server;
    }

    static void answer(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) {
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }

    static void redirect(HttpExchange exchange, String location) throws IOException {
        exchange.getResponseHeaders().set("Location", location);
        answer(exchange, 302, "text/plain; charset=UTF-8", "");
    }
}
