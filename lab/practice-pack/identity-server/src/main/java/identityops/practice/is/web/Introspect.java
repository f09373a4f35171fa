// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import com.google.gson.JsonObject;
import identityops.practice.is.oauth.AccessToken;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** /oauth2/introspect: for administrators. */
final class Introspect extends Endpoint {
    private static final long serialVersionUID = 1L;

    Introspect(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        user(request, "/permission/admin/manage/identity/applicationmgt/view");
        AccessToken token = services.tokens.find(parameter(request, "token"));
        JsonObject body = new JsonObject();
        body.addProperty("active", token != null);
        if (token != null) {
            body.addProperty("token_type", "Bearer");
            body.addProperty("client_id", token.clientKey);
            body.addProperty("username", token.user + "@carbon.super");
            body.addProperty("scope", token.scope);
            body.addProperty("iat", token.created / 1000);
            body.addProperty("exp", token.expires() / 1000);
        }
        json(response, HttpServletResponse.SC_OK, body);
    }
}
