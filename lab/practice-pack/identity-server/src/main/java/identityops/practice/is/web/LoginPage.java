// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** /authenticationendpoint: the login page and the page for OAuth errors. */
final class LoginPage extends Endpoint {
    private static final long serialVersionUID = 1L;

    LoginPage(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        request.getSession();
        switch (String.valueOf(request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo()))) {
            case "/login.do":
                String key = parameter(request, "sessionDataKey");
                write(response, HttpServletResponse.SC_OK, "text/html", Pages.page("Sign in", Pages.loginForm("/commonauth",
                        "<input type=\"hidden\" name=\"sessionDataKey\" value=\"" + html(key) + "\">", "true".equals(request.getParameter("authFailure")))));
                break;
            case "/retry.do":
                write(response, HttpServletResponse.SC_OK, "text/html", Pages.page("Attention", "<p class=\"error\">" + html(parameter(request, "statusMsg")) + "</p>"));
                break;
            case "/oauth2_error.do":
                write(response, HttpServletResponse.SC_OK, "text/html",
                        Pages.page("OAuth error", "<p class=\"error\">" + html(parameter(request, "oauthErrorCode")) + "</p>"));
                break;
            default:
                response.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }
}
