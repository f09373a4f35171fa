// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import identityops.practice.is.conf.Carbon;
import java.text.SimpleDateFormat;
import java.util.Date;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpSession;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/** The management console's login: a servlet session in the memory of this node. */
final class Console extends Endpoint {
    private static final long serialVersionUID = 1L;
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.core.services.util.CarbonAuthenticationUtil");
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
            LOG.info("'" + user + "@carbon.super [-1234]' logged in at " + now());
            redirect(response, INDEX + "?loginStatus=true");
        } else {
            LOG.warn("Failed Administrator login attempt '" + user.replaceAll("\\s", " ") + "[-1234]' at " + now());
            redirect(response, LOGIN + "?loginStatus=false");
        }
    }

    private static String now() {
        return "[" + new SimpleDateFormat("yyyy-MM-dd HH:mm:ss,SSSZ").format(new Date()) + "]";
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
