// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** The local users of auth.configs; their passwords are kept there in base64. */
final class Users {
    private final Map<String, byte[]> passwords = new HashMap<>();

    Users(Tree authConfigs) {
        for (Tree entry : authConfigs.at("userManager", "userStore", "users").items()) {
            String password = entry.at("user", "password").text("");
            passwords.put(entry.at("user", "username").text(""), Base64.getDecoder().decode(password.trim()));
        }
    }

    boolean accepts(String username, String password) {
        byte[] expected = username == null ? null : passwords.get(username);
        return expected != null && password != null
                && MessageDigest.isEqual(expected, password.getBytes(StandardCharsets.UTF_8));
    }

    /** Checks the value of an Authorization header of type Basic. */
    boolean acceptsBasic(String header) {
        if (header == null || !header.startsWith("Basic ")) {
            return false;
        }
        try {
            String pair = new String(Base64.getDecoder().decode(header.substring(6).trim()), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            return colon > 0 && accepts(pair.substring(0, colon), pair.substring(colon + 1));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
