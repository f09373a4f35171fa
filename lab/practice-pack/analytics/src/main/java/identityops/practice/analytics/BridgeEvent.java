// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import com.google.gson.Gson;

/** One event of the data bridge with what the receiving worker adds: its number, the sender's address, the worker's id. */
final class BridgeEvent {
    private static final Gson GSON = new Gson();

    final long sequence;
    final String stream;
    final String node;
    final String worker;
    final Map<String, Object> attributes;

    BridgeEvent(long sequence, String stream, String node, String worker, Map<String, Object> attributes) {
        this.sequence = sequence;
        this.stream = stream;
        this.node = node;
        this.worker = worker;
        this.attributes = attributes == null ? Collections.emptyMap() : new LinkedHashMap<>(attributes);
    }

    BridgeEvent numbered(long number) {
        return new BridgeEvent(number, stream, node, worker, attributes);
    }

    String toJson() {
        return GSON.toJson(this);
    }

    static BridgeEvent fromJson(String json) {
        return GSON.fromJson(json, BridgeEvent.class);
    }
}
