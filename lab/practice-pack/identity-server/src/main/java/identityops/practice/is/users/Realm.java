// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.users;

import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.conf.ConfigurationException;
import identityops.practice.is.conf.Xml;
import java.lang.reflect.Field;
import java.util.HashMap;
import org.wso2.carbon.user.api.RealmConfiguration;
import org.wso2.carbon.user.core.UserStoreException;
import org.wso2.carbon.user.core.UserStoreManager;
import org.wso2.carbon.user.core.common.DefaultRealm;
import org.wso2.carbon.user.core.config.RealmConfigXMLProcessor;

/** The product's own realm as user-mgt.xml configures it: user store, roles, permissions. */
public final class Realm {
    private final DefaultRealm realm = new DefaultRealm();
    private RealmConfiguration configuration;

    public void start() throws UserStoreException {
        configuration = new RealmConfigXMLProcessor().buildRealmConfigurationFromFile();
        refuseLdap(configuration.getUserStoreClass());
        RealmServiceHolder.install(realm, configuration);
        realm.init(configuration, new HashMap<>(), new HashMap<>(), SuperTenant.ID);
    }

    private static void refuseLdap(String storeClass) {
        if (!storeClass.contains("LDAP") && !storeClass.contains("ActiveDirectory")) {
            return;
        }
        String embedded = Xml.property(Xml.at(Xml.read(CarbonHome.conf("identity/embedded-ldap.xml")), "EmbeddedLDAP"), "enable");
        throw new ConfigurationException("user-mgt.xml uses " + storeClass + ", and embedded-ldap.xml says enable=" + embedded
                + ": this practice pack contains no LDAP, use org.wso2.carbon.user.core.jdbc.JDBCUserStoreManager");
    }

    public DefaultRealm realm() {
        return realm;
    }

    public RealmConfiguration configuration() {
        return configuration;
    }

    public UserStoreManager store() {
        try {
            return realm.getUserStoreManager();
        } catch (UserStoreException e) {
            throw new IllegalStateException(e);
        }
    }

    public boolean authenticate(String user, String password) throws UserStoreException {
        try {
            return !user.isEmpty() && !password.isEmpty() && store().authenticate(user, password);
        } catch (org.wso2.carbon.user.api.UserStoreException e) {
            throw new UserStoreException(e.getMessage(), e);
        }
    }

    public boolean allowed(String user, String permission) throws UserStoreException {
        return realm.getAuthorizationManager().isUserAuthorized(user, permission, "ui.execute");
    }

    static void set(Class<?> type, String name, Object value) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            field.set(null, value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
