// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import com.google.gson.JsonObject;
import identityops.practice.is.users.SuperTenant;
import java.util.UUID;

/** Events with the attributes that the stream definitions in eventstreams name. */
final class StreamEvents {
    private static final String DOMAIN = "PRIMARY";
    private static final String UNKNOWN = "NOT_AVAILABLE";

    private StreamEvents() {
    }

    static JsonObject authentication(Login login) {
        JsonObject event = new JsonObject();
        event.addProperty("tenantId", SuperTenant.ID);
        event.addProperty("contextId", login.contextId);
        event.addProperty("eventId", UUID.randomUUID().toString());
        event.addProperty("eventType", "overall");
        event.addProperty("authenticationSuccess", login.success);
        event.addProperty("username", login.user);
        event.addProperty("localUserName", login.user);
        event.addProperty("userStoreDomain", DOMAIN);
        event.addProperty("tenantDomain", SuperTenant.DOMAIN);
        event.addProperty("remoteIp", login.remoteIp);
        event.addProperty("region", UNKNOWN);
        event.addProperty("inboundAuthType", "oidc");
        event.addProperty("serviceProvider", login.serviceProvider);
        event.addProperty("rememberMeEnabled", login.rememberMe);
        event.addProperty("forceAuthEnabled", false);
        event.addProperty("passiveAuthEnabled", login.passive);
        event.addProperty("rolesCommaSeparated", login.roles);
        event.addProperty("authenticationStep", "1");
        event.addProperty("identityProvider", "LOCAL");
        event.addProperty("authStepSuccess", login.success);
        event.addProperty("stepAuthenticator", "BasicAuthenticator");
        event.addProperty("isFirstLogin", false);
        event.addProperty("identityProviderType", "LOCAL");
        event.addProperty("_timestamp", System.currentTimeMillis());
        return event;
    }

    static JsonObject session(String sessionId, String user, String remoteIp, SessionChange change) {
        long now = System.currentTimeMillis();
        JsonObject event = new JsonObject();
        event.addProperty("tenantId", SuperTenant.ID);
        event.addProperty("sessionId", sessionId);
        event.addProperty("startTimestamp", now);
        event.addProperty("renewTimestamp", now);
        event.addProperty("terminationTimestamp", change == SessionChange.TERMINATE ? now : 0L);
        event.addProperty("action", change.action);
        event.addProperty("username", user);
        event.addProperty("userstoreDomain", DOMAIN);
        event.addProperty("remoteIp", remoteIp);
        event.addProperty("region", UNKNOWN);
        event.addProperty("tenantDomain", SuperTenant.DOMAIN);
        event.addProperty("serviceProvider", "");
        event.addProperty("identityProviders", "LOCAL");
        event.addProperty("rememberMeFlag", false);
        event.addProperty("userAgent", UNKNOWN);
        event.addProperty("userStore", DOMAIN);
        event.addProperty("_timestamp", now);
        return event;
    }
}
