// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.deploy;

import identityops.practice.is.conf.Carbon;
import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.events.EventPublishers;
import identityops.practice.is.users.Realm;
import identityops.practice.is.users.SuperTenant;
import java.io.File;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/** Looks at the artifact folders every few seconds and deploys what is new or changed, and undeploys what is gone. */
public final class Deployment {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.core.deployment.CarbonDeploymentSchedulerTask");
    private final List<Deployer> deployers;
    private final Map<Deployer, Map<File, String>> deployed = new LinkedHashMap<>();
    private ScheduledExecutorService timer;

    public Deployment(Realm realm, EventPublishers publishers) {
        deployers = Arrays.asList(new EventStreamDeployer(), new EventPublisherDeployer(publishers), new UserStoreDeployer(realm),
                new WorkflowDeployer("bpel", "BPEL archive"), new WorkflowDeployer("humantasks", "HumanTask archive"));
    }

    public void start() {
        deployers.forEach(deployer -> deployed.put(deployer, new TreeMap<>()));
        scan();
        long seconds = Long.parseLong(Carbon.get("Axis2Config.DeploymentUpdateInterval", "15"));
        timer = Executors.newSingleThreadScheduledExecutor(work -> {
            Thread thread = new Thread(work, "DeploymentScheduler");
            thread.setDaemon(true);
            return thread;
        });
        timer.scheduleWithFixedDelay(this::scan, seconds, seconds, TimeUnit.SECONDS);
    }

    private void scan() {
        try {
            SuperTenant.call(() -> {
                deployers.forEach(this::scan);
                return null;
            });
        } catch (Exception e) {
            LOG.error("Deployment failed", e);
        }
    }

    private void scan(Deployer deployer) {
        Map<File, String> known = deployed.get(deployer);
        Map<File, String> found = new TreeMap<>();
        File[] files = CarbonHome.deployment(deployer.folder()).listFiles((folder, name) -> !name.startsWith(".") && deployer.accepts(name));
        if (files != null) {
            for (File file : files) {
                found.put(file, state(file));
            }
        }
        for (File gone : known.keySet().toArray(new File[0])) {
            if (!found.containsKey(gone)) {
                known.remove(gone);
                undeploy(deployer, gone);
            }
        }
        found.forEach((file, state) -> {
            String before = known.get(file);
            if (!state.equals(before)) {
                if (before != null) {
                    undeploy(deployer, file);
                }
                deploy(deployer, file);
                // Deploying may rewrite the file.
                known.put(file, state(file));
            }
        });
    }

    private static String state(File file) {
        return file.lastModified() + "/" + file.length();
    }

    private static void deploy(Deployer deployer, File file) {
        try {
            deployer.deploy(file);
        } catch (Exception e) {
            LOG.error("Error while deploying " + file + ": " + e.getMessage(), e);
        }
    }

    private static void undeploy(Deployer deployer, File file) {
        try {
            deployer.undeploy(file);
        } catch (Exception e) {
            LOG.error("Error while undeploying " + file + ": " + e.getMessage(), e);
        }
    }

    public void stop() {
        if (timer != null) {
            timer.shutdownNow();
        }
    }
}
