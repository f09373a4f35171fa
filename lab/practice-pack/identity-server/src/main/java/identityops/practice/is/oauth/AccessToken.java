// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.oauth;

/** An access token that is active. */
public final class AccessToken {
    public final String value;
    public final String refresh;
    public final String clientKey;
    public final String user;
    public final String scope;
    public final String grant;
    public final long created;
    public final long validSeconds;

    AccessToken(String value, String refresh, String clientKey, String user, String scope, String grant, long created, long validSeconds) {
        this.value = value;
        this.refresh = refresh;
        this.clientKey = clientKey;
        this.user = user;
        this.scope = scope;
        this.grant = grant;
        this.created = created;
        this.validSeconds = validSeconds;
    }

    public long expires() {
        return created + validSeconds * 1000;
    }
}
