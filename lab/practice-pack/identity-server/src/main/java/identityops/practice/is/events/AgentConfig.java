// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.conf.ConfigurationException;
import identityops.practice.is.conf.Xml;
import org.w3c.dom.Element;

/** The Thrift agent of data-bridge/data-agent-config.xml. */
final class AgentConfig {
    final int queueSize;
    final int socketTimeout;
    final long reconnectionInterval;

    private AgentConfig(Element agent) {
        queueSize = number(agent, "QueueSize", 32768);
        socketTimeout = number(agent, "SocketTimeoutMS", 30000);
        reconnectionInterval = number(agent, "ReconnectionInterval", 30);
    }

    static AgentConfig read() {
        for (Element agent : Xml.children(Xml.read(CarbonHome.conf("data-bridge/data-agent-config.xml")), "Agent")) {
            if ("Thrift".equals(Xml.text(agent, "Name"))) {
                return new AgentConfig(agent);
            }
        }
        throw new ConfigurationException("data-agent-config.xml has no agent Thrift");
    }

    private static int number(Element agent, String name, int otherwise) {
        String value = Xml.text(agent, name);
        return value == null ? otherwise : Integer.parseInt(value);
    }
}
