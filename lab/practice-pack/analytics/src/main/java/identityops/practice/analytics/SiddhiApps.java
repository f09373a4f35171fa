// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.wso2.siddhi.core.SiddhiAppRuntime;
import org.wso2.siddhi.core.SiddhiManager;
import org.wso2.siddhi.core.event.Event;
import org.wso2.siddhi.core.stream.output.StreamCallback;
import org.wso2.siddhi.core.util.snapshot.PersistenceReference;
import org.wso2.siddhi.query.api.annotation.Annotation;
import org.wso2.siddhi.query.api.definition.Attribute;
import org.wso2.siddhi.query.api.definition.StreamDefinition;

/**
 * The Siddhi applications of deployment/siddhi-files, run by the product's own Siddhi.
 * A stream with {@code @practice(stream='name:version')} receives the data bridge's events,
 * one with {@code @practice(table='NAME')} gives rows for that table.
 */
final class SiddhiApps {
    private static final Logger LOG = LogManager.getLogger("org.wso2.carbon.stream.processor.core.internal.StreamProcessorDeployer");
    private static final String ANNOTATION = "practice";

    private final Map<String, String> sources = new LinkedHashMap<>();
    private final List<SiddhiAppRuntime> runtimes = new ArrayList<>();
    private SiddhiManager manager;
    private Revisions revisions;

    /** Reads the folder; an application that Siddhi refuses is logged and left out. */
    SiddhiApps(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> entries = Files.list(folder)) {
            files = entries.filter(file -> file.toString().endsWith(".siddhi")).sorted().collect(Collectors.toList());
        }
        SiddhiManager checker = new SiddhiManager();
        for (Path file : files) {
            String name = file.getFileName().toString().replace(".siddhi", "");
            String source = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            try {
                checker.validateSiddhiApp(source);
                sources.put(name, source);
                LOG.info("Siddhi App {} deployed successfully", name);
            } catch (RuntimeException e) {
                LOG.error("Siddhi App " + name + " is not deployed", e);
            }
        }
        checker.shutdown();
    }

    /** Starts the applications from their last revision, if there is a store and it has one. */
    void open(Revisions store, Consumer<Map<String, Object>> rows) {
        revisions = store;
        manager = new SiddhiManager();
        if (store != null) {
            manager.setPersistenceStore(store);
        }
        for (String source : sources.values()) {
            SiddhiAppRuntime runtime = manager.createSiddhiAppRuntime(source);
            runtime.getStreamDefinitionMap().values().stream().filter(stream -> isTable(stream))
                    .forEach(stream -> runtime.addCallback(stream.getId(), rowCallback(stream, rows)));
            runtime.start();
            runtimes.add(runtime);
            restore(runtime);
        }
    }

    private void restore(SiddhiAppRuntime runtime) {
        if (revisions == null) {
            return;
        }
        try {
            String revision = runtime.restoreLastRevision();
            LOG.info("Siddhi App {} restored from {}", runtime.getName(), revision == null ? "nothing: there is no revision" : "revision " + revision);
        } catch (Exception e) {
            LOG.error("Error in restoring Siddhi Application: " + runtime.getName(), e);
        }
    }

    /** The number of the last event that a restored state holds. */
    long restoredUpTo() {
        return runtimes.stream().mapToLong(runtime -> restoredUpTo(runtime)).max().orElse(0);
    }

    private long restoredUpTo(SiddhiAppRuntime runtime) {
        return revisions == null ? 0 : revisions.loadedUpTo(runtime.getName());
    }

    /** Sends an event to every stream that wants it, except where the restored state holds it already. */
    void send(BridgeEvent event, Map<String, Object> added) throws InterruptedException {
        for (SiddhiAppRuntime runtime : runtimes) {
            if (event.sequence > 0 && event.sequence <= restoredUpTo(runtime)) {
                continue;
            }
            for (StreamDefinition stream : runtime.getStreamDefinitionMap().values()) {
                if (event.stream.equals(element(stream, "stream"))) {
                    runtime.getInputHandler(stream.getId()).send(values(stream, event, added));
                }
            }
        }
    }

    /** Saves the state of every application; the caller lets no event pass meanwhile. */
    void persist(long lastEvent) throws Exception {
        revisions.mark(lastEvent);
        for (SiddhiAppRuntime runtime : runtimes) {
            PersistenceReference saved = runtime.persist();
            Future<?> done = saved.getFullStateFuture();
            if (done != null) {
                done.get();
            }
        }
    }

    void close() {
        runtimes.clear();
        if (manager != null) {
            manager.shutdown();
            manager = null;
        }
    }

    private static boolean isTable(StreamDefinition stream) {
        return element(stream, "table") != null;
    }

    private static String element(StreamDefinition stream, String key) {
        for (Annotation annotation : stream.getAnnotations()) {
            if (annotation.getName().equalsIgnoreCase(ANNOTATION)) {
                return annotation.getElement(key);
            }
        }
        return null;
    }

    private static Object[] values(StreamDefinition stream, BridgeEvent event, Map<String, Object> added) {
        return stream.getAttributeList().stream()
                .map(attribute -> Attributes.coerce(attribute.getType(), value(attribute, event, added))).toArray();
    }

    private static Object value(Attribute attribute, BridgeEvent event, Map<String, Object> added) {
        return added.containsKey(attribute.getName()) ? added.get(attribute.getName()) : event.attributes.get(attribute.getName());
    }

    private static StreamCallback rowCallback(StreamDefinition stream, Consumer<Map<String, Object>> rows) {
        List<Attribute> attributes = stream.getAttributeList();
        return new StreamCallback() {
            @Override
            public void receive(Event[] events) {
                for (Event event : events) {
                    Map<String, Object> row = new LinkedHashMap<>();
                    for (int i = 0; i < attributes.size(); i++) {
                        row.put(attributes.get(i).getName(), event.getData(i));
                    }
                    rows.accept(row);
                }
            }
        };
    }
}
