// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** /scim2/Me: the user who asks. */
final class ScimMe extends ScimEndpoint {
    private static final long serialVersionUID = 1L;

    ScimMe(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String user = user(request);
        switch (request.getMethod()) {
            case "GET":
                scim(response, HttpServletResponse.SC_OK, show(user));
                break;
            case "PATCH":
                change(user, ScimUser.patch(body(request)), response);
                break;
            default:
                throw new Refusal(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "", "The practice pack supports GET and PATCH here");
        }
    }
}
