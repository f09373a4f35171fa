// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import com.google.gson.JsonObject;
import identityops.practice.is.oauth.AccessToken;
import identityops.practice.is.oauth.Client;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** /oauth2/token: grants password, client_credentials, authorization_code and refresh_token. */
final class Token extends Endpoint {
    private static final long serialVersionUID = 1L;
    private static final int BAD = HttpServletResponse.SC_BAD_REQUEST;

    Token(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        if (!"POST".equals(request.getMethod())) {
            response.sendError(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
            return;
        }
        Client client = client(request);
        String grant = parameter(request, "grant_type");
        if (grant.isEmpty()) {
            throw new Refusal(BAD, "invalid_request", "Missing parameters: grant_type");
        }
        String scope = parameter(request, "scope");
        AccessToken token;
        switch (grant) {
            case "password":
                allow(client, grant);
                token = services.tokens.issue(client, password(request), scope, grant);
                break;
            case "client_credentials":
                allow(client, grant);
                token = services.tokens.issue(client, services.realm.configuration().getAdminUserName().replaceFirst("^PRIMARY/", ""), scope, grant);
                break;
            case "authorization_code":
                allow(client, grant);
                token = fromCode(client, request);
                break;
            case "refresh_token":
                allow(client, grant);
                AccessToken old = services.tokens.takeByRefresh(parameter(request, "refresh_token"));
                if (old == null || !old.clientKey.equals(client.key)) {
                    throw new Refusal(BAD, "invalid_grant", "The refresh token is not valid");
                }
                token = services.tokens.issue(client, old.user, old.scope, old.grant);
                break;
            default:
                throw new Refusal(BAD, "unsupported_grant_type", "Unsupported grant_type value");
        }
        answer(response, token);
    }

    private Client client(HttpServletRequest request) throws Exception {
        String[] basic = basic(request);
        Client client = basic != null ? services.clients.authenticate(basic[0], basic[1])
                : services.clients.authenticate(parameter(request, "client_id"), parameter(request, "client_secret"));
        if (client == null) {
            throw new Refusal(HttpServletResponse.SC_UNAUTHORIZED, "invalid_client", "Client Authentication failed.", "Basic realm=practice");
        }
        return client;
    }

    private static void allow(Client client, String grant) throws Refusal {
        if (!client.allows(grant)) {
            throw new Refusal(BAD, "unauthorized_client", "The application may not use the grant type " + grant);
        }
    }

    private String password(HttpServletRequest request) throws Exception {
        String user = parameter(request, "username");
        if (!services.realm.authenticate(user, parameter(request, "password"))) {
            throw new Refusal(BAD, "invalid_grant", "Authentication failed for " + user);
        }
        return user;
    }

    private AccessToken fromCode(Client client, HttpServletRequest request) throws Exception {
        String[] code = services.tokens.takeCode(client, parameter(request, "code"));
        if (code == null || !code[2].equals(parameter(request, "redirect_uri"))) {
            throw new Refusal(BAD, "invalid_grant", "The authorization code is not valid");
        }
        return services.tokens.issue(client, code[0], code[1], "authorization_code");
    }

    private static void answer(HttpServletResponse response, AccessToken token) throws Exception {
        JsonObject body = new JsonObject();
        body.addProperty("access_token", token.value);
        if (token.refresh != null) {
            body.addProperty("refresh_token", token.refresh);
        }
        if (!token.scope.isEmpty()) {
            body.addProperty("scope", token.scope);
        }
        body.addProperty("token_type", "Bearer");
        body.addProperty("expires_in", token.validSeconds);
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("Pragma", "no-cache");
        json(response, HttpServletResponse.SC_OK, body);
    }
}
