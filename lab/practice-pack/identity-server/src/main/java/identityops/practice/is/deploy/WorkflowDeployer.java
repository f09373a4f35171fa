// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.deploy;

import java.io.File;
import java.io.IOException;
import java.util.zip.ZipFile;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/** Archives of workflows: opened, counted and named in the log; this server runs no workflows. */
final class WorkflowDeployer implements Deployer {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.bpel.deployer.BPELDeployer");
    private final String folder;
    private final String kind;

    WorkflowDeployer(String folder, String kind) {
        this.folder = folder;
        this.kind = kind;
    }

    @Override
    public String folder() {
        return folder;
    }

    @Override
    public boolean accepts(String fileName) {
        return fileName.endsWith(".zip");
    }

    @Override
    public void deploy(File file) throws IOException {
        try (ZipFile archive = new ZipFile(file)) {
            LOG.info("Deployed " + kind + " with " + archive.size() + " entries (practice pack: it is not run): " + file);
        }
    }

    @Override
    public void undeploy(File file) {
        LOG.info("Undeployed " + kind + ": " + file);
    }
}
