// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import static org.junit.Assert.assertEquals;

import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.HashMap;
import java.util.Map;

import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** The shipped Siddhi application in the product's Siddhi. */
public class SiddhiAppsTest {
    private static final Path FILES = Paths.get("src/main/pack/wso2/worker/deployment/siddhi-files");

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();
    private final Map<String, Object> totals = new HashMap<>();
    private SiddhiApps apps;
    private Revisions revisions;

    @Before
    public void open() throws Exception {
        revisions = new FileRevisions(folder.getRoot().toPath(), 2);
        apps = started();
    }

    @After
    public void close() {
        apps.close();
    }

    private SiddhiApps started() throws Exception {
        SiddhiApps fresh = new SiddhiApps(FILES);
        fresh.open(revisions, row -> totals.put(row.get("username") + "@" + row.get("node"), row.get("logins")));
        return fresh;
    }

    private void login(long number, String user, boolean success, String type) throws Exception {
        Map<String, Object> attributes = new HashMap<>();
        attributes.put("username", user);
        attributes.put("authenticationSuccess", success);
        attributes.put("eventType", type);
        Map<String, Object> added = new HashMap<>();
        added.put("node", "is1");
        added.put("worker", "analytics1");
        added.put("logins", 1L);
        apps.send(new BridgeEvent(number, EventPipeline.AUTHENTICATION, "is1", "analytics1", attributes), added);
    }

    @Test
    public void onlySuccessfulLoginsCount() throws Exception {
        login(1, "ann", true, "overall");
        login(2, "ann", true, null);
        login(3, "ann", true, "step");
        login(4, "ann", false, "overall");
        login(5, "bob", true, "overall");
        assertEquals(2L, totals.get("ann@is1"));
        assertEquals(1L, totals.get("bob@is1"));
    }

    @Test
    public void aRestoredStateGoesOnAndSkipsWhatItHolds() throws Exception {
        login(1, "ann", true, "overall");
        login(2, "ann", true, "overall");
        apps.persist(2);
        apps.close();
        totals.clear();
        apps = started();
        assertEquals(2, apps.restoredUpTo());
        login(2, "ann", true, "overall");
        assertEquals(null, totals.get("ann@is1"));
        login(3, "ann", true, "overall");
        assertEquals(3L, totals.get("ann@is1"));
    }

    @Test
    public void onlyTheNewestRevisionsAreKept() throws Exception {
        for (int i = 1; i <= 4; i++) {
            login(i, "ann", true, "overall");
            apps.persist(i);
            Thread.sleep(2); // revisions are named by the millisecond
        }
        assertEquals(2, revisions.list("IS_ANALYTICS_AUTHENTICATION_OVERALL").size());
    }
}
