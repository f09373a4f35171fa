// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.util.Collections;

import org.junit.Test;

public class PendingEventsTest {
    private static BridgeEvent event(long number) {
        return new BridgeEvent(number, "s:1.0.0", "172.30.58.21", "analytics1", Collections.singletonMap("username", "ann"));
    }

    @Test
    public void keepsTheOrderAndForgetsWhatIsSaved() {
        PendingEvents pending = new PendingEvents();
        pending.add(event(2));
        pending.add(event(1));
        pending.add(event(3));
        assertEquals(1, pending.after(0).get(0).sequence);
        pending.trim(2);
        assertEquals(1, pending.after(0).size());
        assertEquals(3, pending.after(0).get(0).sequence);
        assertTrue(pending.after(3).isEmpty());
    }

    @Test
    public void anEventSurvivesItsWayToTheOtherWorker() {
        BridgeEvent there = BridgeEvent.fromJson(event(7).toJson());
        assertEquals(7, there.sequence);
        assertEquals("s:1.0.0", there.stream);
        assertEquals("172.30.58.21", there.node);
        assertEquals("analytics1", there.worker);
        assertEquals("ann", there.attributes.get("username"));
    }
}
