// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is;

import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.data.Jndi;
import java.util.concurrent.CountDownLatch;
import org.apache.log4j.PropertyConfigurator;

/** Starts the practice server. When the start fails the process stays, as the product's does. */
public final class Main {
    private Main() {
    }

    public static void main(String[] arguments) throws Exception {
        if (System.getProperty("carbon.home") == null) {
            System.err.println("carbon.home is not set: start bin/wso2server.sh");
            System.exit(1);
        }
        PidFile.write(CarbonHome.home());
        // Before anything is logged: the log layout loads the Carbon context, which would put its own naming in place.
        Jndi.install();
        PropertyConfigurator.configure(CarbonHome.conf("log4j.properties").getPath());
        Server server = new Server();
        Runtime.getRuntime().addShutdownHook(new Thread(server::stop, "CarbonShutdownHook"));
        server.start();
        new CountDownLatch(1).await();
    }
}
