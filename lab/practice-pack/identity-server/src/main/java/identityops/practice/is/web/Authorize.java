// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import identityops.practice.is.events.Login;
import identityops.practice.is.oauth.Client;
import identityops.practice.is.oauth.Sessions;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** /oauth2/authorize: sends the user to the login page, or answers with a code at once when there is an SSO session. */
final class Authorize extends Endpoint {
    static final String COOKIE = "commonAuthId";
    private static final long serialVersionUID = 1L;
    private static final String USER = "user";

    Authorize(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String finished = parameter(request, "sessionDataKey");
        if (!finished.isEmpty()) {
            finish(finished, request, response);
            return;
        }
        Map<String, String> query = new HashMap<>();
        for (Enumeration<String> names = request.getParameterNames(); names.hasMoreElements();) {
            String name = names.nextElement();
            query.put(name, request.getParameter(name));
        }
        Client client = services.clients.find(query.getOrDefault("client_id", ""));
        String problem = problem(client, query);
        if (problem != null) {
            redirect(response, "/authenticationendpoint/oauth2_error.do?oauthErrorCode=" + encode(problem));
            return;
        }
        if (!"code".equals(query.get("response_type"))) {
            answer(response, query, "error=unsupported_response_type");
            return;
        }
        Map<String, String> session = "login".equals(query.get("prompt")) ? null : services.sessions.find(Sessions.SSO, cookie(request, COOKIE));
        if (session != null) {
            String user = session.get(USER);
            services.logins.login(new Login(UUID.randomUUID().toString(), user, request.getRemoteAddr(), client.name, String.join(",",
                    services.realm.store().getRoleListOfUser(user)), true, false, "none".equals(query.get("prompt"))));
            code(response, client, query, user);
        } else if ("none".equals(query.get("prompt"))) {
            answer(response, query, "error=login_required");
        } else {
            String key = UUID.randomUUID().toString();
            query.put("sp", client.name);
            services.sessions.store(Sessions.FLOW, key, query, services.identityXml.number("JDBCPersistenceManager/SessionDataPersist/TempDataCleanup/CleanUpTimeout", 40));
            redirect(response, "/authenticationendpoint/login.do?sessionDataKey=" + key + "&relyingParty=" + encode(client.key) + "&type=oidc&sp=" + encode(client.name));
        }
    }

    private static String problem(Client client, Map<String, String> query) {
        if (client == null) {
            return "invalid_client";
        }
        return client.redirectsTo(query.getOrDefault("redirect_uri", "")) ? null : "invalid_callback";
    }

    private void finish(String key, HttpServletRequest request, HttpServletResponse response) throws Exception {
        Map<String, String> result = services.sessions.find(Sessions.RESULT, key);
        if (result == null) {
            redirect(response, "/authenticationendpoint/oauth2_error.do?oauthErrorCode=invalid_request");
            return;
        }
        services.sessions.remove(Sessions.RESULT, key);
        Client client = services.clients.find(result.get("client_id"));
        if (client == null) {
            redirect(response, "/authenticationendpoint/oauth2_error.do?oauthErrorCode=invalid_client");
        } else {
            code(response, client, result, result.get(USER));
        }
    }

    private void code(HttpServletResponse response, Client client, Map<String, String> query, String user) throws Exception {
        answer(response, query, "code=" + services.tokens.issueCode(client, user, query.getOrDefault("scope", ""), query.get("redirect_uri")));
    }

    private static void answer(HttpServletResponse response, Map<String, String> query, String result) {
        String uri = query.get("redirect_uri");
        String state = query.get("state");
        redirect(response, uri + (uri.contains("?") ? "&" : "?") + result + (state == null ? "" : "&state=" + encode(state)));
    }
}
