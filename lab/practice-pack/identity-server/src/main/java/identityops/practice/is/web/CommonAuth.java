// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import identityops.practice.is.events.Login;
import identityops.practice.is.events.SessionChange;
import identityops.practice.is.oauth.Sessions;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** /commonauth: checks the password of a login flow and begins the SSO session. */
final class CommonAuth extends Endpoint {
    private static final long serialVersionUID = 1L;

    CommonAuth(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        if ("true".equals(request.getParameter("commonAuthLogout"))) {
            logout(request, response);
            return;
        }
        String key = parameter(request, "sessionDataKey");
        Map<String, String> flow = services.sessions.find(Sessions.FLOW, key);
        if (flow == null) {
            redirect(response, "/authenticationendpoint/retry.do?status=null&statusMsg=" + encode("The login flow is unknown or has expired."));
            return;
        }
        String user = parameter(request, "username");
        boolean success = services.realm.authenticate(user, parameter(request, "password"));
        boolean rememberMe = "on".equals(request.getParameter("chkRemember"));
        services.logins.login(new Login(key, user, request.getRemoteAddr(), flow.getOrDefault("sp", ""),
                success ? String.join(",", services.realm.store().getRoleListOfUser(user)) : "", success, rememberMe, false));
        if (!success) {
            redirect(response, "/authenticationendpoint/login.do?sessionDataKey=" + encode(key) + "&authFailure=true&authFailureMsg=login.fail.message");
            return;
        }
        begin(request, response, user, rememberMe);
        services.sessions.remove(Sessions.FLOW, key);
        Map<String, String> result = new HashMap<>(flow);
        result.put("user", user);
        services.sessions.store(Sessions.RESULT, key, result, 5);
        redirect(response, "/oauth2/authorize?sessionDataKey=" + encode(key));
    }

    private void begin(HttpServletRequest request, HttpServletResponse response, String user, boolean rememberMe) throws Exception {
        String session = UUID.randomUUID().toString();
        Map<String, String> content = new HashMap<>();
        content.put("user", user);
        long minutes = services.identityXml.number(rememberMe ? "TimeConfig/RememberMeTimeout" : "TimeConfig/SessionIdleTimeout", 15);
        services.sessions.store(Sessions.SSO, session, content, minutes);
        response.addHeader("Set-Cookie", Authorize.COOKIE + "=" + session + (rememberMe ? "; Max-Age=" + minutes * 60 : "") + "; Path=/; Secure; HttpOnly");
        services.logins.session(session, user, request.getRemoteAddr(), SessionChange.CREATE);
    }

    private void logout(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String session = cookie(request, Authorize.COOKIE);
        Map<String, String> content = services.sessions.find(Sessions.SSO, session);
        if (content != null) {
            services.sessions.remove(Sessions.SSO, session);
            services.logins.session(session, content.get("user"), request.getRemoteAddr(), SessionChange.TERMINATE);
        }
        response.addHeader("Set-Cookie", Authorize.COOKIE + "=; Max-Age=0; Path=/; Secure; HttpOnly");
        write(response, HttpServletResponse.SC_OK, "text/html", Pages.page("Signed out", ""));
    }
}
