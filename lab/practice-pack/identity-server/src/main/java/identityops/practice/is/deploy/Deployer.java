// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.deploy;

import java.io.File;

/** Deploys the files of one folder of repository/deployment/server. */
interface Deployer {
    String folder();

    boolean accepts(String fileName);

    void deploy(File file) throws Exception;

    void undeploy(File file) throws Exception;
}
