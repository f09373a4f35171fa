// SPDX-License-Identifier: GPL-3.0-or-later
package org.apache.axis2.clustering;

import java.util.UUID;

/**
 * Stands in for Apache's class of this name: the product's clustering agent is compiled against a fork of Axis2 whose messages carry an id and a time.
 */
public abstract class ClusteringMessage extends ClusteringCommand {
    private static final long serialVersionUID = 1L;

    private final String uuid = UUID.randomUUID().toString();
    private final long timestamp = System.currentTimeMillis();

    public abstract ClusteringCommand getResponse();

    public String getUuid() {
        return uuid;
    }

    public long getTimestamp() {
        return timestamp;
    }

    /** A message is the same on every member: the agent skips its own by looking them up in a list. */
    @Override
    public boolean equals(Object other) {
        return other instanceof ClusteringMessage && uuid.equals(((ClusteringMessage) other).uuid);
    }

    @Override
    public int hashCode() {
        return uuid.hashCode();
    }
}
