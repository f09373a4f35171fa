// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.conf;

import org.w3c.dom.Element;
import org.wso2.carbon.base.ServerConfiguration;
import org.wso2.carbon.base.ServerConfigurationException;

/** What carbon.xml says, read by the product's own ServerConfiguration. */
public final class Carbon {
    private static final String OFFSET = "portOffset";
    private static ServerConfiguration configuration;

    private Carbon() {
    }

    public static void load() {
        configuration = ServerConfiguration.getInstance();
        try {
            configuration.init(CarbonHome.conf("carbon.xml").getPath());
        } catch (ServerConfigurationException e) {
            throw new ConfigurationException("Cannot read carbon.xml: " + e.getMessage(), e);
        }
        if (System.getProperty(OFFSET) == null) {
            System.setProperty(OFFSET, get("Ports.Offset", "0"));
        }
    }

    public static ServerConfiguration configuration() {
        return configuration;
    }

    /** The value of a dotted path such as {@code Ports.Offset}. */
    public static String get(String path, String otherwise) {
        String value = configuration == null ? null : configuration.getFirstProperty(path);
        return value == null || value.trim().isEmpty() ? otherwise : value.trim();
    }

    public static int portOffset() {
        return Integer.parseInt(System.getProperty(OFFSET, "0").trim());
    }

    public static String hostName() {
        return get("HostName", "localhost");
    }

    public static String managementHostName() {
        return get("MgtHostName", hostName());
    }

    public static String serverName() {
        return get("Name", "WSO2 Identity Server") + "-" + get("Version", "5.8.0");
    }

    /** A key store or trust store of the Security section. */
    public static KeyStoreConfig store(String section) {
        String at = "Security." + section + ".";
        return new KeyStoreConfig(Placeholders.resolve(get(at + "Location", "")), get(at + "Type", "JKS"), get(at + "Password", ""),
                get(at + "KeyAlias", null), get(at + "KeyPassword", null));
    }

    public static Element document() {
        return configuration.getDocumentElement();
    }
}
