// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.util.List;
import java.util.Map;

/** The dashboard's pages. */
final class PortalPages {
    private PortalPages() {
    }

    static String login(String message) {
        return page("Login", "<p role=\"alert\">" + escape(message) + "</p><form method=\"post\" action=\"/portal/login\">"
                + "<label>User name <input name=\"username\" autocomplete=\"username\"></label> "
                + "<label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label> "
                + "<button type=\"submit\">Log in</button></form>");
    }

    static String logins(Map<List<String>, Long> logins) {
        StringBuilder rows = new StringBuilder("<table><thead><tr><th>User</th><th>Node</th><th>Worker</th><th>Logins</th></tr></thead><tbody>");
        logins.forEach((key, count) -> {
            rows.append("<tr>");
            key.forEach(cell -> rows.append("<td>").append(escape(cell)).append("</td>"));
            rows.append("<td>").append(count).append("</td></tr>");
        });
        long total = logins.values().stream().mapToLong(Long::longValue).sum();
        return page("Logins per user and node", rows + "</tbody></table><p>" + total + " logins in all. <a href=\"/portal/logout\">Log out</a></p>");
    }

    static String problem(String text) {
        return page("Problem", "<p>" + escape(text) + "</p>");
    }

    private static String page(String title, String body) {
        return "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + title + "</title><style>"
                + "body{font-family:sans-serif;margin:2em}td,th{padding:.3em 1em;text-align:left;border-bottom:1px solid #ccc}"
                + "footer{margin-top:2em;color:#666}</style></head><body><h1>" + title + "</h1>" + body
                + "<footer>Practice pack of WSO2 IS Analytics 5.8.0. Not WSO2's product.</footer></body></html>";
    }

    static String escape(String text) {
        return text == null ? "" : text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
