// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.oauth;

import java.util.Arrays;

/** A registered OAuth application. */
public final class Client {
    public final int id;
    public final String key;
    public final String secret;
    public final String name;
    public final String callback;
    public final String grants;

    public Client(int id, String key, String secret, String name, String callback, String grants) {
        this.id = id;
        this.key = key;
        this.secret = secret;
        this.name = name;
        this.callback = callback;
        this.grants = grants;
    }

    public boolean allows(String grant) {
        return Arrays.asList(grants.split(" ")).contains(grant);
    }

    public boolean redirectsTo(String uri) {
        return Arrays.asList(redirectUris()).contains(uri);
    }

    public String[] redirectUris() {
        return callback.isEmpty() ? new String[0] : callback.split(" ");
    }
}
