// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.deploy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/** Stream definitions: read and named in the log. */
final class EventStreamDeployer implements Deployer {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.event.stream.core.EventStreamDeployer");

    @Override
    public String folder() {
        return "eventstreams";
    }

    @Override
    public boolean accepts(String fileName) {
        return fileName.endsWith(".json");
    }

    @Override
    public void deploy(File file) throws Exception {
        try (Reader reader = Files.newBufferedReader(file.toPath(), StandardCharsets.UTF_8)) {
            JsonObject stream = new JsonParser().parse(reader).getAsJsonObject();
            LOG.info("Stream definition is deployed successfully  : " + stream.get("name").getAsString() + ":" + stream.get("version").getAsString() + " from " + file);
        }
    }

    @Override
    public void undeploy(File file) {
        LOG.info("Stream definition was undeployed successfully : " + file);
    }
}
