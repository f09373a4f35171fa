// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import com.google.gson.JsonObject;
import identityops.practice.is.oauth.AccessToken;
import identityops.practice.is.users.UserClaims;
import java.util.Map;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** /oauth2/userinfo: the claims of the token's user. */
final class UserInfo extends Endpoint {
    private static final long serialVersionUID = 1L;

    UserInfo(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        AccessToken token = services.tokens.find(bearer(request));
        if (token == null) {
            throw new Refusal(HttpServletResponse.SC_UNAUTHORIZED, "invalid_token", "Access token validation failed", "Bearer error=\"invalid_token\"");
        }
        JsonObject body = new JsonObject();
        body.addProperty("sub", token.user);
        Map<String, String> claims = services.claims.of(token.user);
        add(body, "given_name", claims.get(UserClaims.GIVEN_NAME));
        add(body, "family_name", claims.get(UserClaims.LAST_NAME));
        add(body, "email", claims.get(UserClaims.EMAIL));
        json(response, HttpServletResponse.SC_OK, body);
    }

    private static void add(JsonObject body, String name, String value) {
        if (value != null && !value.isEmpty()) {
            body.addProperty(name, value);
        }
    }
}
