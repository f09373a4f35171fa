// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.users;

import java.lang.reflect.Proxy;
import org.wso2.carbon.base.ServerConfiguration;
import org.wso2.carbon.user.api.RealmConfiguration;
import org.wso2.carbon.user.core.common.DefaultRealm;
import org.wso2.carbon.user.core.internal.UserStoreMgtDSComponent;
import org.wso2.carbon.user.core.service.RealmService;

/** Gives the user core the services that OSGi brings in the product: the realm of the one tenant, and the server configuration. */
final class RealmServiceHolder {
    private RealmServiceHolder() {
    }

    static void install(DefaultRealm realm, RealmConfiguration configuration) {
        Object service = Proxy.newProxyInstance(RealmService.class.getClassLoader(), new Class<?>[] {RealmService.class}, (proxy, method, arguments) -> {
            switch (method.getName()) {
                case "getBootstrapRealmConfiguration":
                    return configuration;
                case "getBootstrapRealm":
                case "getTenantUserRealm":
                case "getUserRealm":
                    return realm.getRealmConfiguration() == null ? null : realm;
                case "hashCode":
                    return System.identityHashCode(proxy);
                case "equals":
                    return proxy == arguments[0];
                case "toString":
                    return "RealmService of the super tenant";
                default:
                    throw new UnsupportedOperationException(method.getName());
            }
        });
        Realm.set(UserStoreMgtDSComponent.class, "realmService", service);
        Realm.set(UserStoreMgtDSComponent.class, "serverConfigurationService", ServerConfiguration.getInstance());
    }
}
