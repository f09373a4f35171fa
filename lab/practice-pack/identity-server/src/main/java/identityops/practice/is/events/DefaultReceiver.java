// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.conf.Xml;
import org.w3c.dom.Element;

/** The receiver of output-event-adapters.xml, for publishers that name none. */
final class DefaultReceiver {
    private DefaultReceiver() {
    }

    static String url() {
        for (Element adapter : Xml.children(Xml.read(CarbonHome.conf("output-event-adapters.xml")), "adapterConfig")) {
            for (Element property : Xml.children(adapter, "property")) {
                if ("wso2event".equals(adapter.getAttribute("type")) && "default.thrift.tcp.url".equals(property.getAttribute("key"))) {
                    return property.getTextContent().trim();
                }
            }
        }
        return "tcp://localhost:7612";
    }
}
