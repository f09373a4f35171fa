// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is;

import identityops.practice.is.conf.IdentityXml;
import identityops.practice.is.oauth.Sessions;
import java.sql.SQLException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/** Deletes old login state from the identity database, on the nodes whose identity.xml says so. */
final class SessionCleanUp {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.identity.application.authentication.framework.store.SessionCleanUpService");
    private static final String AT = "JDBCPersistenceManager/SessionDataPersist/SessionDataCleanUp/";
    private final IdentityXml configuration;
    private final Sessions sessions;
    private ScheduledExecutorService timer;

    SessionCleanUp(IdentityXml configuration, Sessions sessions) {
        this.configuration = configuration;
        this.sessions = sessions;
    }

    void start() {
        if (!configuration.flag(AT + "Enable", true)) {
            LOG.info("Session clean up is disabled on this node");
            return;
        }
        long period = configuration.number(AT + "CleanUpPeriod", 1440);
        long timeout = configuration.number(AT + "CleanUpTimeout", 20160);
        timer = Executors.newSingleThreadScheduledExecutor(work -> {
            Thread thread = new Thread(work, "SessionCleanUp");
            thread.setDaemon(true);
            return thread;
        });
        timer.scheduleWithFixedDelay(() -> run(timeout), period, period, TimeUnit.MINUTES);
        LOG.info("Session clean up is enabled on this node: every " + period + " minutes, sessions older than " + timeout + " minutes");
    }

    private void run(long timeout) {
        try {
            LOG.info("Session clean up deleted " + sessions.cleanUp(timeout) + " rows");
        } catch (SQLException e) {
            LOG.error("Session clean up failed", e);
        }
    }

    void stop() {
        if (timer != null) {
            timer.shutdownNow();
        }
    }
}
