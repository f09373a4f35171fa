// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** What a passive worker holds: the events that are not yet part of a saved revision, in their order. */
final class PendingEvents {
    private final NavigableMap<Long, BridgeEvent> events = new TreeMap<>();

    synchronized void add(BridgeEvent event) {
        events.put(event.sequence, event);
    }

    /** Drops the events up to and including the given number: a saved revision holds them. */
    synchronized void trim(long sequence) {
        events.headMap(sequence, true).clear();
    }

    synchronized List<BridgeEvent> after(long sequence) {
        return new ArrayList<>(events.tailMap(sequence, false).values());
    }

    synchronized void clear() {
        events.clear();
    }
}
