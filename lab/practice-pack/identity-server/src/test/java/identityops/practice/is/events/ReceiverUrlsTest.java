// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.util.List;
import org.junit.Test;

public class ReceiverUrlsTest {
    private static ReceiverUrls.Group only(String urls) {
        List<ReceiverUrls.Group> groups = ReceiverUrls.parse(urls, null);
        assertEquals(1, groups.size());
        return groups.get(0);
    }

    @Test
    public void aPipeIsFailoverWithAndWithoutBraces() {
        for (String urls : new String[] {"tcp://a:7612|tcp://b:7612", "{tcp://a:7612|tcp://b:7612}", " { tcp://a:7612 | tcp://b:7612 } "}) {
            ReceiverUrls.Group group = only(urls);
            assertTrue(urls, group.failover);
            assertEquals(2, group.receivers.size());
            assertEquals("a", group.receivers.get(0).host);
            assertEquals("b", group.receivers.get(1).host);
        }
    }

    @Test
    public void aCommaTakesTurns() {
        assertFalse(only("tcp://a:7612,tcp://b:7612").failover);
    }

    @Test
    public void everyPairOfBracesIsAGroup() {
        List<ReceiverUrls.Group> groups = ReceiverUrls.parse("{tcp://a:7612},{tcp://b:7612|tcp://c:7612}", "");
        assertEquals(2, groups.size());
        assertEquals(1, groups.get(0).receivers.size());
        assertEquals(2, groups.get(1).receivers.size());
    }

    @Test
    public void theLoginIsDerivedFromTheReceiver() {
        ReceiverUrls.Receiver receiver = only("tcp://a:7612").receivers.get(0);
        assertEquals("a", receiver.loginHost);
        assertEquals(7712, receiver.loginPort);
    }

    @Test
    public void aGivenLoginMustHaveTheSameShape() {
        assertEquals(9000, ReceiverUrls.parse("tcp://a:7612|tcp://b:7612", "ssl://x:9000|ssl://y:9001").get(0).receivers.get(0).loginPort);
        assertThrows(IllegalArgumentException.class, () -> ReceiverUrls.parse("tcp://a:7612|tcp://b:7612", "ssl://x:9000"));
        assertThrows(IllegalArgumentException.class, () -> ReceiverUrls.parse("{tcp://a:7612},{tcp://b:7612}", "ssl://x:9000,ssl://y:9001"));
    }

    @Test
    public void aGroupCannotMixBoth() {
        assertThrows(IllegalArgumentException.class, () -> only("tcp://a:7612|tcp://b:7612,tcp://c:7612"));
    }

    @Test
    public void aUrlHasExactlyThreeParts() {
        for (String urls : new String[] {"a:7612", "tcp://a", "tcp://[::1]:7612", "tcp://a:port", ""}) {
            assertThrows(urls, IllegalArgumentException.class, () -> only(urls));
        }
    }
}
