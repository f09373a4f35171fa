// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import identityops.practice.is.oauth.Client;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** /api/identity/oauth2/dcr/v1.1/register: dynamic client registration. */
final class ClientRegistration extends Endpoint {
    private static final long serialVersionUID = 1L;
    private static final String PERMISSION = "/permission/admin/manage/identity/applicationmgt/";

    ClientRegistration(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String key = request.getPathInfo() == null ? "" : request.getPathInfo().substring(1);
        switch (request.getMethod()) {
            case "POST":
                register(user(request, PERMISSION + "create"), body(request), response);
                break;
            case "GET":
                user(request, PERMISSION + "view");
                json(response, HttpServletResponse.SC_OK, describe(existing(key)));
                break;
            case "DELETE":
                user(request, PERMISSION + "delete");
                Client client = existing(key);
                services.tokens.forgetClient(client);
                services.clients.delete(key);
                response.setStatus(HttpServletResponse.SC_NO_CONTENT);
                break;
            default:
                response.sendError(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
        }
    }

    private void register(String owner, JsonObject body, HttpServletResponse response) throws Exception {
        if (!body.has("client_name")) {
            throw new Refusal(HttpServletResponse.SC_BAD_REQUEST, "invalid_client_metadata", "client_name is missing");
        }
        String name = body.get("client_name").getAsString();
        List<String> redirects = strings(body.get("redirect_uris"));
        List<String> grants = strings(body.get("grant_types"));
        if (grants.isEmpty()) {
            grants.add("authorization_code");
        }
        if (redirects.isEmpty() && grants.contains("authorization_code")) {
            throw new Refusal(HttpServletResponse.SC_BAD_REQUEST, "invalid_redirect_uri", "RedirectUris property must have at least one URI value.");
        }
        if (services.clients.nameTaken(name)) {
            throw new Refusal(HttpServletResponse.SC_BAD_REQUEST, "invalid_client_metadata", "Application with the name " + name + " already exist in the system");
        }
        String key = UUID.randomUUID().toString().replace("-", "");
        services.clients.add(new Client(0, key, UUID.randomUUID().toString().replace("-", ""), name, String.join(" ", redirects), String.join(" ", grants)), owner);
        json(response, HttpServletResponse.SC_CREATED, describe(existing(key)));
    }

    private Client existing(String key) throws Exception {
        Client client = services.clients.find(key);
        if (client == null) {
            throw new Refusal(HttpServletResponse.SC_UNAUTHORIZED, "invalid_client_id", "Tenant does not have an application with the client id " + key);
        }
        return client;
    }

    private static JsonObject describe(Client client) {
        JsonObject body = new JsonObject();
        body.addProperty("client_name", client.name);
        body.addProperty("client_id", client.key);
        body.addProperty("client_secret", client.secret);
        JsonArray redirects = new JsonArray();
        for (String uri : client.redirectUris()) {
            redirects.add(uri);
        }
        body.add("redirect_uris", redirects);
        return body;
    }

    private static List<String> strings(JsonElement array) {
        List<String> found = new ArrayList<>();
        if (array != null && array.isJsonArray()) {
            array.getAsJsonArray().forEach(element -> found.add(element.getAsString()));
        }
        return found;
    }
}
