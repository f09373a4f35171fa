// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.wso2.siddhi.core.util.persistence.PersistenceStore;

/**
 * Saved states of the Siddhi applications. Each carries the number of the last event it holds,
 * so that a worker that takes over knows which pending events to replay.
 */
abstract class Revisions implements PersistenceStore {
    private static final Logger LOG = LogManager.getLogger(Revisions.class);

    private final int revisionsToKeep;
    private final Map<String, Long> loaded = new HashMap<>();
    private volatile long sequence;

    Revisions(int revisionsToKeep) {
        this.revisionsToKeep = revisionsToKeep;
    }

    abstract void write(String application, String revision, byte[] state) throws Exception;

    abstract byte[] read(String application, String revision) throws Exception;

    abstract List<String> list(String application) throws Exception;

    abstract void delete(String application, String revision) throws Exception;

    /** The number of the last event that the states saved from now on hold. */
    void mark(long lastEvent) {
        sequence = lastEvent;
    }

    /** The number of the last event in the state that was loaded for the application; 0 if none was. */
    long loadedUpTo(String application) {
        return loaded.getOrDefault(application, 0L);
    }

    @Override
    public void save(String application, String revision, byte[] snapshot) {
        try {
            write(application, revision, ByteBuffer.allocate(Long.BYTES + snapshot.length).putLong(sequence).put(snapshot).array());
            List<String> revisions = list(application);
            revisions.sort((a, b) -> Long.compare(time(a), time(b)));
            for (int i = 0; i < revisions.size() - revisionsToKeep; i++) {
                delete(application, revisions.get(i));
            }
        } catch (Exception e) {
            throw new IllegalStateException("Cannot save revision " + revision + " of " + application, e);
        }
    }

    @Override
    public byte[] load(String application, String revision) {
        try {
            ByteBuffer state = ByteBuffer.wrap(read(application, revision));
            loaded.put(application, state.getLong());
            byte[] snapshot = new byte[state.remaining()];
            state.get(snapshot);
            return snapshot;
        } catch (Exception e) {
            LOG.error("Cannot load revision " + revision + " of " + application, e);
            return null;
        }
    }

    @Override
    public String getLastRevision(String application) {
        try {
            return list(application).stream().max((a, b) -> Long.compare(time(a), time(b))).orElse(null);
        } catch (Exception e) {
            LOG.error("Cannot list the revisions of " + application, e);
            return null;
        }
    }

    @Override
    public void clearAllRevisions(String application) {
        try {
            for (String revision : list(application)) {
                delete(application, revision);
            }
        } catch (Exception e) {
            LOG.error("Cannot clear the revisions of " + application, e);
        }
    }

    @Override
    public void setProperties(@SuppressWarnings("rawtypes") Map properties) {
        // The settings come with the constructor.
    }

    /** Siddhi names a revision by its time in milliseconds, an underscore and the application. */
    static long time(String revision) {
        int end = revision.indexOf('_');
        try {
            return Long.parseLong(end < 0 ? revision : revision.substring(0, end));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
