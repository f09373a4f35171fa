// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import identityops.practice.is.conf.Carbon;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpSession;

/** The management console's login: a servlet session in the memory of this node. */
final class Console extends Endpoint {
    private static final long serialVersionUID = 1L;
    private static final String USER = "logged-user";
    private static final String LOGIN = "/carbon/admin/login.jsp";
    private static final String INDEX = "/carbon/admin/index.jsp";

    Console(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        switch (request.getRequestURI()) {
            case "/carbon":
            case "/carbon/":
            case "/carbon/admin":
            case "/carbon/admin/":
                redirect(response, INDEX);
                break;
            case LOGIN:
                request.getSession();
                write(response, HttpServletResponse.SC_OK, "text/html", Pages.page("Management console",
                        Pages.loginForm("/carbon/admin/login_action.jsp", "", "false".equals(request.getParameter("loginStatus")))));
                break;
            case "/carbon/admin/login_action.jsp":
                login(request, response);
                break;
            case "/carbon/admin/logout_action.jsp":
                if (request.getSession(false) != null) {
                    request.getSession(false).invalidate();
                }
                redirect(response, LOGIN);
                break;
            case INDEX:
                index(request, response);
                break;
            default:
                response.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }

    private void login(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String user = parameter(request, "username");
        if (services.realm.authenticate(user, parameter(request, "password")) && services.realm.allowed(user, "/permission/admin/login")) {
            HttpSession old = request.getSession(false);
            if (old != null) {
                old.invalidate();
            }
            request.getSession(true).setAttribute(USER, user);
            redirect(response, INDEX + "?loginStatus=true");
        } else {
            redirect(response, LOGIN + "?loginStatus=false");
        }
    }

    private void index(HttpServletRequest request, HttpServletResponse response) throws Exception {
        HttpSession session = request.getSession(false);
        Object user = session == null ? null : session.getAttribute(USER);
        if (user == null) {
            redirect(response, LOGIN);
            return;
        }
        write(response, HttpServletResponse.SC_OK, "text/html", Pages.page("Management console", "<p>Signed in as <b id=\"logged-user\">" + html(user.toString())
                + "</b> on " + html(Carbon.serverName()) + ".</p><p><a href=\"/carbon/admin/logout_action.jsp\">Sign out</a></p>"));
    }
}
