// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import identityops.practice.is.conf.IdentityXml;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** OpenID discovery: the endpoints of identity.xml under the public host name and port. */
final class Discovery extends Endpoint {
    private static final long serialVersionUID = 1L;

    Discovery(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        JsonObject body = new JsonObject();
        body.addProperty("issuer", url("OAuth2TokenEPUrl", "/oauth2/token"));
        body.addProperty("authorization_endpoint", url("OAuth2AuthzEPUrl", "/oauth2/authorize"));
        body.addProperty("token_endpoint", url("OAuth2TokenEPUrl", "/oauth2/token"));
        body.addProperty("userinfo_endpoint", url("OAuth2UserInfoEPUrl", "/oauth2/userinfo"));
        body.addProperty("introspection_endpoint", url("OAuth2IntrospectEPUrl", "/oauth2/introspect"));
        body.addProperty("revocation_endpoint", url("OAuth2RevokeEPUrl", "/oauth2/revoke"));
        body.addProperty("registration_endpoint", url("OAuth2DCREPUrl", "/api/identity/oauth2/dcr/v1.1/register"));
        JsonArray responseTypes = new JsonArray();
        responseTypes.add("code");
        body.add("response_types_supported", responseTypes);
        JsonArray grants = new JsonArray();
        for (String grant : new String[] {"authorization_code", "password", "client_credentials", "refresh_token"}) {
            grants.add(grant);
        }
        body.add("grant_types_supported", grants);
        json(response, HttpServletResponse.SC_OK, body);
    }

    private String url(String name, String path) {
        IdentityXml identity = services.identityXml;
        return identity.url("OAuth/" + name, "${carbon.protocol}://${carbon.host}:${carbon.management.port}" + path);
    }
}
