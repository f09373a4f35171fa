// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.util.ArrayList;
import java.util.List;

/** One data receiver of databridge.config with the ports it really opens. */
final class Receiver {
    final String type;
    final String host;
    final int tcpPort;
    final int sslPort;

    private Receiver(String type, String host, int tcpPort, int sslPort) {
        this.type = type;
        this.host = host;
        this.tcpPort = tcpPort;
        this.sslPort = sslPort;
    }

    /** The port offset applies to both types; the product's binary receiver adds one more. */
    static List<Receiver> of(Tree databridge, int portOffset) {
        List<Receiver> receivers = new ArrayList<>();
        for (Tree item : databridge.at("dataReceivers").items()) {
            Tree receiver = item.at("dataReceiver");
            String type = receiver.at("type").text("");
            Tree properties = receiver.at("properties");
            int shift = portOffset + ("Binary".equalsIgnoreCase(type) ? 1 : 0);
            receivers.add(new Receiver(type, properties.at("hostName").text("0.0.0.0"),
                    properties.at("tcpPort").number(0) + shift, properties.at("sslPort").number(0) + shift));
        }
        return receivers;
    }

    boolean isThrift() {
        return "Thrift".equalsIgnoreCase(type);
    }
}
