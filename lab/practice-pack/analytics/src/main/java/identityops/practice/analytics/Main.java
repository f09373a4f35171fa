// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Starts the runtime that the script names, and stays when it cannot start, as the product does: the reason is in carbon.log. */
public final class Main {
    private static final Logger LOG = LogManager.getLogger(Main.class);
    private static final Logger STARTUP = LogManager.getLogger("org.wso2.carbon.kernel.internal.CarbonStartupHandler");

    private Main() {
    }

    public static void main(String[] arguments) throws Exception {
        CarbonHome home = CarbonHome.fromSystemProperties();
        writeProcessId(home);
        LOG.info("Practice pack of WSO2 IS Analytics 5.8.0, runtime {}: not WSO2's product, for practice only", home.runtime);
        LOG.info("Home {}, Java {}, process {}", home.home, System.getProperty("java.version"), processId());
        Deployment deployment = new Deployment(home);
        Runtime runtime = "dashboard".equals(home.runtime) ? new Dashboard(deployment) : new Worker(home, deployment);
        java.lang.Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(runtime)));
        try {
            runtime.start();
            double seconds = ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0;
            STARTUP.info(String.format(Locale.ROOT, "%s started in %.3f sec", deployment.serverName(), seconds));
            new CountDownLatch(1).await();
        } catch (Exception | LinkageError e) {
            LOG.error(e.getMessage(), e);
            runtime.stop();
            stay(e);
        }
    }

    private static void stay(Throwable reason) throws InterruptedException {
        while (true) {
            LOG.warn("The server did not start and waits to be stopped: {}", String.valueOf(reason.getMessage()));
            TimeUnit.SECONDS.sleep(60);
        }
    }

    private static void shutDown(Runtime runtime) {
        LOG.info("Shutdown hook triggered....");
        runtime.stop();
        LOG.info("Shutdown complete");
        LogManager.shutdown();
    }

    private static void writeProcessId(CarbonHome home) {
        try {
            Files.write(home.pidFile(), processId().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.error("Cannot write " + home.pidFile() + ": the script's stop and restart will not find this process", e);
        }
    }

    private static String processId() {
        return ManagementFactory.getRuntimeMXBean().getName().split("@")[0];
    }
}
