// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import identityops.practice.is.conf.PublicUrl;
import identityops.practice.is.users.UserClaims;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import javax.servlet.http.HttpServletResponse;

/** What the SCIM 2 endpoints share. */
abstract class ScimEndpoint extends Endpoint {
    private static final long serialVersionUID = 1L;
    private static final String TYPE = "application/scim+json";

    ScimEndpoint(Services services) {
        super(services);
    }

    @Override
    final void refuse(HttpServletResponse response, Refusal refusal) throws IOException {
        JsonObject error = new JsonObject();
        JsonArray schemas = new JsonArray();
        schemas.add("urn:ietf:params:scim:api:messages:2.0:Error");
        error.add("schemas", schemas);
        error.addProperty("detail", refusal.getMessage());
        error.addProperty("status", String.valueOf(refusal.status));
        scim(response, refusal.status, error);
    }

    static void scim(HttpServletResponse response, int status, JsonElement body) throws IOException {
        write(response, status, TYPE, GSON.toJson(body));
    }

    /** The user as a resource. A user that was not made by SCIM (the first administrator) gets its id when it is first shown. */
    final JsonObject show(String name) throws Exception {
        Map<String, String> claims = services.claims.of(name);
        if (claims.get(UserClaims.ID) == null || claims.get(UserClaims.ID).isEmpty()) {
            services.claims.change(name, stamp(new HashMap<>(), true));
            claims = services.claims.of(name);
        }
        return ScimUser.show(name, claims, PublicUrl.server() + "/scim2/Users/" + claims.get(UserClaims.ID));
    }

    final void change(String name, Map<String, String> claims, HttpServletResponse response) throws Exception {
        show(name);
        services.claims.change(name, stamp(claims, false));
        scim(response, HttpServletResponse.SC_OK, show(name));
    }

    static Map<String, String> stamp(Map<String, String> claims, boolean created) {
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        claims.put(UserClaims.MODIFIED, now);
        if (created) {
            claims.put(UserClaims.CREATED, now);
            claims.put(UserClaims.ID, UUID.randomUUID().toString());
        }
        return claims;
    }
}
