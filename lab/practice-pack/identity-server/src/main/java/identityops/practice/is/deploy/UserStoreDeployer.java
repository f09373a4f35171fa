// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.deploy;

import identityops.practice.is.conf.ConfigurationException;
import identityops.practice.is.conf.Xml;
import identityops.practice.is.users.Realm;
import java.io.File;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.w3c.dom.Element;
import org.wso2.carbon.user.api.RealmConfiguration;
import org.wso2.carbon.user.core.common.AbstractUserStoreManager;

/** Secondary user stores: made by the product's own classes and added to the realm under their domain. */
final class UserStoreDeployer implements Deployer {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.identity.user.store.configuration.deployer.UserStoreConfigurationDeployer");
    private static final String DOMAIN = "DomainName";
    private final Realm realm;
    private final Map<File, String> domains = new HashMap<>();

    UserStoreDeployer(Realm realm) {
        this.realm = realm;
    }

    @Override
    public String folder() {
        return "userstores";
    }

    @Override
    public boolean accepts(String fileName) {
        return fileName.endsWith(".xml");
    }

    @Override
    public void deploy(File file) throws Exception {
        RealmConfiguration store = read(file);
        primary().addSecondaryUserStoreManager(store, realm.realm());
        domains.put(file, store.getUserStoreProperty(DOMAIN));
        LOG.info("Realm configuration of tenant:-1234  modified with " + file);
    }

    @Override
    public void undeploy(File file) throws Exception {
        String domain = domains.remove(file);
        // A store that is switched off was never added.
        if (domain != null && primary().getSecondaryUserStoreManager(domain) != null) {
            primary().removeSecondaryUserStoreManager(domain);
        }
        LOG.info("Realm configuration of tenant:-1234  modified, user store undeployed: " + file);
    }

    private AbstractUserStoreManager primary() {
        return (AbstractUserStoreManager) realm.store();
    }

    private RealmConfiguration read(File file) {
        Element root = Xml.read(file);
        Map<String, String> properties = new HashMap<>();
        for (Element property : Xml.children(root, "Property")) {
            properties.put(property.getAttribute("name"), property.getTextContent().trim());
        }
        String domain = properties.get(DOMAIN);
        if (domain == null || !file.getName().equalsIgnoreCase(domain.replace('.', '_') + ".xml")) {
            throw new ConfigurationException("File name is required to be the user store domain name(eg.: wso2.com-->wso2_com.xml).");
        }
        properties.putIfAbsent("MaxUserNameListLength", "100");
        properties.putIfAbsent("ReadOnly", "false");
        RealmConfiguration primary = realm.configuration();
        RealmConfiguration store = new RealmConfiguration();
        store.setUserStoreClass(root.getAttribute("class"));
        store.setUserStoreProperties(properties);
        store.setAuthorizationManagerClass(primary.getAuthorizationManagerClass());
        store.setAuthzProperties(primary.getAuthzProperties());
        store.setRealmProperties(primary.getRealmProperties());
        store.setEveryOneRoleName(primary.getEveryOneRoleName());
        store.setPasswordsExternallyManaged(primary.isPasswordsExternallyManaged());
        return store;
    }
}
