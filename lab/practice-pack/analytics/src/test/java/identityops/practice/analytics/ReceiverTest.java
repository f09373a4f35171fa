// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import static org.junit.Assert.assertEquals;

import java.util.List;

import org.junit.Test;
import org.yaml.snakeyaml.Yaml;

public class ReceiverTest {
    private final Tree config = new Tree(new Yaml().load("{dataReceivers: [{dataReceiver: {type: Thrift, properties: {tcpPort: '7612', sslPort: '7712'}}}, "
            + "{dataReceiver: {type: Binary, properties: {tcpPort: '9611', sslPort: '9711', hostName: 127.0.0.1}}}]}"));

    @Test
    public void binaryPortsAreOneHigherThanConfigured() {
        List<Receiver> receivers = Receiver.of(config, 0);
        assertEquals(7612, receivers.get(0).tcpPort);
        assertEquals(7712, receivers.get(0).sslPort);
        assertEquals("0.0.0.0", receivers.get(0).host);
        assertEquals(9612, receivers.get(1).tcpPort);
        assertEquals(9712, receivers.get(1).sslPort);
        assertEquals("127.0.0.1", receivers.get(1).host);
    }

    @Test
    public void theOffsetAppliesToBoth() {
        List<Receiver> receivers = Receiver.of(config, 3);
        assertEquals(7615, receivers.get(0).tcpPort);
        assertEquals(9615, receivers.get(1).tcpPort);
    }
}
