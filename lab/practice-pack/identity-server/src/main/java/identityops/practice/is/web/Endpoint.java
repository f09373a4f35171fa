// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import identityops.practice.is.oauth.AccessToken;
import identityops.practice.is.users.SuperTenant;
import java.io.IOException;
import java.io.UnsupportedEncodingException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import javax.servlet.ServletException;
import javax.servlet.http.Cookie;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/** What the endpoints share: the tenant around each request, credentials, answers. */
abstract class Endpoint extends HttpServlet {
    static final Gson GSON = new Gson();
    private static final long serialVersionUID = 1L;
    private static final Log LOG = LogFactory.getLog(Endpoint.class);

    final transient Services services;

    Endpoint(Services services) {
        this.services = services;
    }

    abstract void handle(HttpServletRequest request, HttpServletResponse response) throws Exception;

    @Override
    protected final void service(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
        request.setCharacterEncoding(StandardCharsets.UTF_8.name());
        Requests.begin();
        try {
            SuperTenant.call(() -> {
                handle(request, response);
                return null;
            });
        } catch (Refusal e) {
            if (e.challenge != null) {
                response.setHeader("WWW-Authenticate", e.challenge);
            }
            refuse(response, e);
        } catch (JsonParseException | IllegalStateException | UnsupportedOperationException e) {
            refuse(response, new Refusal(HttpServletResponse.SC_BAD_REQUEST, "invalid_request", "The request cannot be read: " + e.getMessage()));
        } catch (Exception e) {
            LOG.error(request.getMethod() + " " + request.getRequestURI() + " failed", e);
            refuse(response, new Refusal(HttpServletResponse.SC_INTERNAL_SERVER_ERROR, "server_error", "Internal error"));
        } finally {
            Requests.end();
        }
    }

    /** OAuth's form of an error; SCIM has its own. */
    void refuse(HttpServletResponse response, Refusal refusal) throws IOException {
        JsonObject error = new JsonObject();
        error.addProperty("error", refusal.error);
        error.addProperty("error_description", refusal.getMessage());
        json(response, refusal.status, error);
    }

    static void json(HttpServletResponse response, int status, JsonElement body) throws IOException {
        write(response, status, "application/json", GSON.toJson(body));
    }

    static void write(HttpServletResponse response, int status, String type, String body) throws IOException {
        response.setStatus(status);
        response.setContentType(type);
        response.setCharacterEncoding(StandardCharsets.UTF_8.name());
        response.getWriter().write(body);
    }

    /** A redirect to a path stays a path, so that it leads to the address that the client used. */
    static void redirect(HttpServletResponse response, String location) {
        response.setStatus(HttpServletResponse.SC_FOUND);
        response.setHeader("Location", location);
    }

    static JsonObject body(HttpServletRequest request) throws IOException {
        JsonElement element = new JsonParser().parse(request.getReader());
        if (!element.isJsonObject()) {
            throw new JsonParseException("a JSON object is expected");
        }
        return element.getAsJsonObject();
    }

    static String parameter(HttpServletRequest request, String name) {
        String value = request.getParameter(name);
        return value == null ? "" : value;
    }

    static String encode(String text) {
        try {
            return URLEncoder.encode(text, StandardCharsets.UTF_8.name());
        } catch (UnsupportedEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    static String html(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    static String cookie(HttpServletRequest request, String name) {
        if (request.getCookies() != null) {
            for (Cookie cookie : request.getCookies()) {
                if (cookie.getName().equals(name)) {
                    return cookie.getValue();
                }
            }
        }
        return null;
    }

    /** Name and password of basic authentication, or null. */
    static String[] basic(HttpServletRequest request) {
        String header = request.getHeader("Authorization");
        if (header == null || !header.regionMatches(true, 0, "Basic ", 0, 6)) {
            return null;
        }
        try {
            String[] parts = new String(Base64.getDecoder().decode(header.substring(6).trim()), StandardCharsets.UTF_8).split(":", 2);
            return parts.length == 2 ? parts : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    static String bearer(HttpServletRequest request) {
        String header = request.getHeader("Authorization");
        return header != null && header.regionMatches(true, 0, "Bearer ", 0, 7) ? header.substring(7).trim() : null;
    }

    /** The user of basic or bearer authentication; refuses with 401 when there is none. */
    String user(HttpServletRequest request) throws Exception {
        String[] basic = basic(request);
        if (basic != null && services.realm.authenticate(basic[0], basic[1])) {
            return basic[0];
        }
        AccessToken token = services.tokens.find(bearer(request));
        if (token != null) {
            return token.user;
        }
        throw new Refusal(HttpServletResponse.SC_UNAUTHORIZED, "unauthorized", "Authentication is required", "Basic realm=\"practice pack\"");
    }

    /** The user, who must hold the permission. */
    String user(HttpServletRequest request, String permission) throws Exception {
        String user = user(request);
        if (!services.realm.allowed(user, permission)) {
            throw new Refusal(HttpServletResponse.SC_FORBIDDEN, "forbidden", user + " lacks the permission " + permission);
        }
        return user;
    }
}
