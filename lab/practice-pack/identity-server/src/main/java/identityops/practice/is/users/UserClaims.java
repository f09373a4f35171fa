// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.users;

import java.util.HashMap;
import java.util.Map;
import javax.cache.Cache;
import javax.cache.Caching;
import org.wso2.carbon.user.core.UserStoreException;

/** User claims, read through the product's cache: a change here removes the entry here and, by a cluster message, on the other members. */
public final class UserClaims {
    public static final String GIVEN_NAME = "http://wso2.org/claims/givenname";
    public static final String LAST_NAME = "http://wso2.org/claims/lastname";
    public static final String EMAIL = "http://wso2.org/claims/emailaddress";
    public static final String ID = "http://wso2.org/claims/userid";
    public static final String CREATED = "http://wso2.org/claims/created";
    public static final String MODIFIED = "http://wso2.org/claims/modified";
    private static final String[] ALL = {GIVEN_NAME, LAST_NAME, EMAIL, ID, CREATED, MODIFIED};
    private static final String MANAGER = "IdentityApplicationManagementCacheManager";
    private static final String CACHE = "UserClaimsCache";

    private final Realm realm;

    public UserClaims(Realm realm) {
        this.realm = realm;
    }

    public Map<String, String> of(String user) throws UserStoreException {
        Cache<String, HashMap<String, String>> cache = cache();
        HashMap<String, String> claims = cache.get(user);
        if (claims == null) {
            claims = new HashMap<>(realm.store().getUserClaimValues(user, ALL, null));
            cache.put(user, claims);
        }
        return claims;
    }

    public void change(String user, Map<String, String> claims) throws UserStoreException {
        realm.store().setUserClaimValues(user, claims, null);
        forget(user);
    }

    public void forget(String user) {
        cache().remove(user);
    }

    private static Cache<String, HashMap<String, String>> cache() {
        return Caching.getCacheManagerFactory().getCacheManager(MANAGER).getCache(CACHE);
    }
}
