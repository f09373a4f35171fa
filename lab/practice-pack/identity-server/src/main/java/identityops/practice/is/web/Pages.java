// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

/** The frame of the HTML pages; each says what this server is. */
final class Pages {
    private Pages() {
    }

    static String page(String title, String body) {
        return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + title + "</title><style>"
                + "body{font:16px sans-serif;max-width:32em;margin:4em auto;padding:0 1em;color:#222}label{display:block;margin:.8em 0}"
                + "input[type=text],input[type=password]{display:block;width:100%;padding:.4em;font:inherit;box-sizing:border-box}"
                + "button{padding:.5em 1.5em;font:inherit}.error{color:#a00}footer{margin-top:3em;color:#666;font-size:85%}"
                + "</style></head>\n<body><h1>" + title + "</h1>\n" + body
                + "\n<footer>Practice pack of WSO2 Identity Server 5.8.0: for the lab only, not WSO2's product.</footer></body></html>\n";
    }

    static String loginForm(String action, String hidden, boolean failed) {
        return (failed ? "<p class=\"error\">Login failed. Check the user name and the password.</p>\n" : "")
                + "<form method=\"post\" action=\"" + action + "\">" + hidden
                + "<label>User name <input type=\"text\" name=\"username\" id=\"username\" autocomplete=\"username\" required></label>"
                + "<label>Password <input type=\"password\" name=\"password\" id=\"password\" autocomplete=\"current-password\" required></label>"
                + "<button type=\"submit\">Sign in</button></form>";
    }
}
