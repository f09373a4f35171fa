// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** The dashboard runtime: /portal shows the logins of IS_ANALYTICS_DB to a user of auth.configs. */
final class Dashboard implements Runtime {
    private static final Logger LOG = LogManager.getLogger(Dashboard.class);
    private static final String HTML = "text/html; charset=UTF-8";
    private static final String COOKIE = "PRACTICE_PORTAL_SESSION";
    private static final int MAX_FORM_BYTES = 4096;

    private final Deployment deployment;
    private final HttpListeners http = new HttpListeners();
    private final Set<String> sessions = ConcurrentHashMap.newKeySet();
    private Users users;
    private LoginTable table;

    Dashboard(Deployment deployment) {
        this.deployment = deployment;
    }

    @Override
    public void start() {
        users = new Users(deployment.section("auth.configs"));
        table = new LoginTable(new DataSources(deployment).named("IS_ANALYTICS_DB"));
        Map<String, HttpHandler> handlers = new LinkedHashMap<>();
        handlers.put("/portal", this::portal);
        handlers.put("/portal/login", this::login);
        handlers.put("/portal/logout", this::logout);
        http.open(deployment.section("wso2.transport.http"), handlers);
    }

    @Override
    public void stop() {
        http.close();
    }

    private void portal(HttpExchange exchange) throws IOException {
        if (!sessions.contains(session(exchange))) {
            HttpListeners.redirect(exchange, "/portal/login");
            return;
        }
        try {
            HttpListeners.answer(exchange, 200, HTML, PortalPages.logins(table.read()));
        } catch (SQLException e) {
            LOG.error("Cannot read " + LoginTable.NAME, e);
            HttpListeners.answer(exchange, 500, HTML, PortalPages.problem("The logins cannot be read: " + e.getMessage()
                    + ". The active worker makes the table " + LoginTable.NAME + " in IS_ANALYTICS_DB when it starts."));
        }
    }

    private void login(HttpExchange exchange) throws IOException {
        if (!"POST".equals(exchange.getRequestMethod())) {
            HttpListeners.answer(exchange, 200, HTML, PortalPages.login(""));
            return;
        }
        Map<String, String> form = form(exchange);
        if (!users.accepts(form.get("username"), form.get("password"))) {
            HttpListeners.answer(exchange, 401, HTML, PortalPages.login("User name or password is wrong."));
            return;
        }
        String id = UUID.randomUUID().toString();
        sessions.add(id);
        exchange.getResponseHeaders().add("Set-Cookie", COOKIE + "=" + id + "; Path=/portal; Secure; HttpOnly; SameSite=Lax");
        HttpListeners.redirect(exchange, "/portal/");
    }

    private void logout(HttpExchange exchange) throws IOException {
        sessions.remove(session(exchange));
        HttpListeners.redirect(exchange, "/portal/login");
    }

    private static String session(HttpExchange exchange) {
        List<String> headers = exchange.getRequestHeaders().get("Cookie");
        if (headers != null) {
            for (String pair : String.join("; ", headers).split("; *")) {
                if (pair.startsWith(COOKIE + "=")) {
                    return pair.substring(COOKIE.length() + 1);
                }
            }
        }
        return "";
    }

    private static Map<String, String> form(HttpExchange exchange) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        InputStream in = exchange.getRequestBody();
        byte[] chunk = new byte[1024];
        for (int n = in.read(chunk); n >= 0 && body.size() < MAX_FORM_BYTES; n = in.read(chunk)) {
            body.write(chunk, 0, n);
        }
        Map<String, String> form = new HashMap<>();
        for (String pair : body.toString("UTF-8").split("&")) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                form.put(URLDecoder.decode(pair.substring(0, equals), "UTF-8"), URLDecoder.decode(pair.substring(equals + 1), "UTF-8"));
            }
        }
        return form;
    }
}
