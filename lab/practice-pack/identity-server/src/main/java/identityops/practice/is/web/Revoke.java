// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import identityops.practice.is.oauth.Client;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** /oauth2/revoke. */
final class Revoke extends Endpoint {
    private static final long serialVersionUID = 1L;

    Revoke(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String[] basic = basic(request);
        Client client = basic == null ? null : services.clients.authenticate(basic[0], basic[1]);
        if (client == null) {
            throw new Refusal(HttpServletResponse.SC_UNAUTHORIZED, "invalid_client", "Client Authentication failed.", "Basic realm=practice");
        }
        services.tokens.revoke(client, parameter(request, "token"));
        write(response, HttpServletResponse.SC_OK, "text/html", "");
    }
}
