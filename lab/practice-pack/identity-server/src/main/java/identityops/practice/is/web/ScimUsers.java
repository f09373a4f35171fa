// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import identityops.practice.is.users.UserClaims;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** /scim2/Users: for administrators of users. */
final class ScimUsers extends ScimEndpoint {
    private static final long serialVersionUID = 1L;
    private static final String PERMISSION = "/permission/admin/manage/identity/usermgt/";
    private static final Pattern BY_NAME = Pattern.compile("\\s*userName\\s+eq\\s+\"?([^\"\\s]+)\"?\\s*", Pattern.CASE_INSENSITIVE);

    ScimUsers(Services services) {
        super(services);
    }

    @Override
    void handle(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String id = request.getPathInfo() == null ? "" : request.getPathInfo().substring(1);
        String method = request.getMethod() + (id.isEmpty() ? "" : " one");
        switch (method) {
            case "GET":
                user(request, PERMISSION + "list");
                list(request, response);
                break;
            case "POST":
                user(request, PERMISSION + "create");
                create(body(request), response);
                break;
            case "GET one":
                user(request, PERMISSION + "view");
                scim(response, HttpServletResponse.SC_OK, show(name(id)));
                break;
            case "PATCH one":
                user(request, PERMISSION + "update");
                change(name(id), ScimUser.patch(body(request)), response);
                break;
            case "DELETE one":
                user(request, PERMISSION + "delete");
                String name = name(id);
                services.realm.store().deleteUser(name);
                services.claims.forget(name);
                response.setStatus(HttpServletResponse.SC_NO_CONTENT);
                break;
            default:
                throw new Refusal(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "", "The practice pack supports GET, POST, PATCH and DELETE here");
        }
    }

    private void list(HttpServletRequest request, HttpServletResponse response) throws Exception {
        List<String> names = new ArrayList<>();
        String filter = request.getParameter("filter");
        if (filter == null) {
            names.addAll(Arrays.asList(services.realm.store().listUsers("*", 100)));
        } else {
            Matcher byName = BY_NAME.matcher(filter);
            if (!byName.matches()) {
                throw new Refusal(HttpServletResponse.SC_BAD_REQUEST, "", "The practice pack supports the filter userName eq NAME only");
            }
            if (services.realm.store().isExistingUser(byName.group(1))) {
                names.add(byName.group(1));
            }
        }
        JsonArray resources = new JsonArray();
        for (String name : names) {
            resources.add(show(name));
        }
        JsonObject body = new JsonObject();
        JsonArray schemas = new JsonArray();
        schemas.add("urn:ietf:params:scim:api:messages:2.0:ListResponse");
        body.add("schemas", schemas);
        body.addProperty("totalResults", resources.size());
        body.addProperty("startIndex", 1);
        body.addProperty("itemsPerPage", resources.size());
        body.add("Resources", resources);
        scim(response, HttpServletResponse.SC_OK, body);
    }

    private void create(JsonObject body, HttpServletResponse response) throws Exception {
        if (!body.has("userName") || !body.has("password")) {
            throw new Refusal(HttpServletResponse.SC_BAD_REQUEST, "", "userName and password are required");
        }
        String name = body.get("userName").getAsString();
        if (services.realm.store().isExistingUser(name)) {
            throw new Refusal(HttpServletResponse.SC_CONFLICT, "", "User with the name: " + name + " already exists in the system.");
        }
        try {
            services.realm.store().addUser(name, body.get("password").getAsString(), null, stamp(ScimUser.claims(body), true), null, false);
        } catch (org.wso2.carbon.user.api.UserStoreException e) {
            throw new Refusal(HttpServletResponse.SC_BAD_REQUEST, "", "The user cannot be added: " + e.getMessage());
        }
        services.claims.forget(name);
        JsonObject user = show(name);
        response.setHeader("Location", user.getAsJsonObject("meta").get("location").getAsString());
        scim(response, HttpServletResponse.SC_CREATED, user);
    }

    private String name(String id) throws Exception {
        String[] names = services.realm.store().getUserList(UserClaims.ID, id, null);
        if (names.length == 0) {
            throw new Refusal(HttpServletResponse.SC_NOT_FOUND, "", "Specified user does not exist");
        }
        return names[0];
    }
}
