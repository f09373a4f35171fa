// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.deploy;

import identityops.practice.is.events.EventPublishers;
import java.io.File;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/** Event publishers. */
final class EventPublisherDeployer implements Deployer {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.event.publisher.core.EventPublisherDeployer");
    private final EventPublishers publishers;

    EventPublisherDeployer(EventPublishers publishers) {
        this.publishers = publishers;
    }

    @Override
    public String folder() {
        return "eventpublishers";
    }

    @Override
    public boolean accepts(String fileName) {
        return fileName.endsWith(".xml");
    }

    @Override
    public void deploy(File file) {
        LOG.info("Event Publisher configuration successfully deployed and in active state : " + publishers.deploy(file) + " from " + file);
    }

    @Override
    public void undeploy(File file) {
        publishers.undeploy(file);
        LOG.info("Event Publisher undeployed successfully : " + file);
    }
}
