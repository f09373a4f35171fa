// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import identityops.practice.is.users.UserClaims;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** A user as SCIM 2 shows it, and the way back from SCIM attributes to claims. */
final class ScimUser {
    private static final String SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User";

    private ScimUser() {
    }

    static JsonObject show(String name, Map<String, String> claims, String location) {
        JsonObject user = new JsonObject();
        JsonArray schemas = new JsonArray();
        schemas.add(SCHEMA);
        user.add("schemas", schemas);
        user.addProperty("id", claims.get(UserClaims.ID));
        user.addProperty("userName", name);
        JsonObject names = new JsonObject();
        add(names, "givenName", claims.get(UserClaims.GIVEN_NAME));
        add(names, "familyName", claims.get(UserClaims.LAST_NAME));
        if (names.size() > 0) {
            user.add("name", names);
        }
        String email = claims.get(UserClaims.EMAIL);
        if (email != null && !email.isEmpty()) {
            JsonArray emails = new JsonArray();
            emails.add(email);
            user.add("emails", emails);
        }
        JsonObject meta = new JsonObject();
        add(meta, "created", claims.get(UserClaims.CREATED));
        add(meta, "lastModified", claims.get(UserClaims.MODIFIED));
        meta.addProperty("location", location);
        meta.addProperty("resourceType", "User");
        user.add("meta", meta);
        return user;
    }

    private static void add(JsonObject object, String name, String value) {
        if (value != null && !value.isEmpty()) {
            object.addProperty(name, value);
        }
    }

    /** The claims that a user resource sets. */
    static Map<String, String> claims(JsonObject resource) {
        Map<String, String> claims = new HashMap<>();
        if (resource.has("name")) {
            JsonObject name = resource.getAsJsonObject("name");
            if (name.has("givenName")) {
                claims.put(UserClaims.GIVEN_NAME, name.get("givenName").getAsString());
            }
            if (name.has("familyName")) {
                claims.put(UserClaims.LAST_NAME, name.get("familyName").getAsString());
            }
        }
        if (resource.has("emails")) {
            claims.put(UserClaims.EMAIL, email(resource.get("emails")));
        }
        return claims;
    }

    /** The claims that a patch request changes; a removed one is empty. */
    static Map<String, String> patch(JsonObject request) {
        Map<String, String> claims = new HashMap<>();
        if (!request.has("Operations")) {
            throw new JsonParseException("Operations is missing");
        }
        for (JsonElement element : request.getAsJsonArray("Operations")) {
            JsonObject operation = element.getAsJsonObject();
            String op = operation.get("op").getAsString().toLowerCase(Locale.ROOT);
            JsonElement value = operation.get("value");
            String path = operation.has("path") ? operation.get("path").getAsString() : "";
            if ("remove".equals(op)) {
                claims.put(claim(path), "");
            } else if (!"add".equals(op) && !"replace".equals(op)) {
                throw new JsonParseException("op " + op + " is unknown");
            } else if (path.isEmpty()) {
                claims.putAll(claims(value.getAsJsonObject()));
            } else if ("name".equals(path)) {
                JsonObject wrapped = new JsonObject();
                wrapped.add("name", value);
                claims.putAll(claims(wrapped));
            } else {
                claims.put(claim(path), value.isJsonPrimitive() ? value.getAsString() : email(value));
            }
        }
        return claims;
    }

    private static String claim(String path) {
        switch (path) {
            case "name.givenName":
                return UserClaims.GIVEN_NAME;
            case "name.familyName":
                return UserClaims.LAST_NAME;
            default:
                if (path.startsWith("emails")) {
                    return UserClaims.EMAIL;
                }
                throw new JsonParseException("the path " + path + " is not supported by this practice pack");
        }
    }

    /** The first address of any of the forms that SCIM clients send. */
    private static String email(JsonElement emails) {
        JsonElement first = emails.isJsonArray() ? emails.getAsJsonArray().get(0) : emails;
        return first.isJsonObject() ? first.getAsJsonObject().get("value").getAsString() : first.getAsString();
    }
}
