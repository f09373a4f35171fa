// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.conf;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;

/** One Connector element of tomcat/catalina-server.xml. */
public final class ConnectorConfig {
    public final Map<String, String> attributes = new LinkedHashMap<>();

    private ConnectorConfig(Element element) {
        NamedNodeMap all = element.getAttributes();
        for (int i = 0; i < all.getLength(); i++) {
            attributes.put(all.item(i).getNodeName(), Placeholders.resolve(all.item(i).getNodeValue()));
        }
    }

    public static List<ConnectorConfig> all() {
        List<ConnectorConfig> found = new ArrayList<>();
        for (Element element : Xml.children(Xml.at(Xml.read(CarbonHome.conf("tomcat/catalina-server.xml")), "Service"), "Connector")) {
            found.add(new ConnectorConfig(element));
        }
        return found;
    }

    public boolean secure() {
        return "true".equals(attributes.get("SSLEnabled")) || "https".equals(attributes.get("scheme"));
    }

    /** The port that is bound: the file's, shifted by the offset. */
    public int port() {
        return Integer.parseInt(attributes.get("port")) + Carbon.portOffset();
    }

    /** The port that clients see: proxyPort if given. */
    public int publicPort() {
        String proxy = attributes.get("proxyPort");
        return proxy == null || proxy.isEmpty() ? port() : Integer.parseInt(proxy);
    }
}
