// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.nio.file.Path;
import java.nio.file.Paths;

/** Where things lie in an unpacked pack. The start script passes the home and the runtime's name as system properties. */
final class CarbonHome {
    final Path home;
    final String runtime;

    CarbonHome(Path home, String runtime) {
        this.home = home;
        this.runtime = runtime;
    }

    static CarbonHome fromSystemProperties() {
        return new CarbonHome(Paths.get(required("carbon.home")), required("wso2.runtime"));
    }

    private static String required(String property) {
        String value = System.getProperty(property);
        if (value == null || value.isEmpty()) {
            throw new IllegalStateException("System property " + property + " is not set; start the server with bin/*.sh");
        }
        return value;
    }

    Path runtimeHome() {
        return home.resolve("wso2").resolve(runtime);
    }

    Path configuration() {
        return home.resolve("conf").resolve(runtime);
    }

    Path pidFile() {
        return runtimeHome().resolve("runtime.pid");
    }

    Path siddhiFiles() {
        return runtimeHome().resolve("deployment").resolve("siddhi-files");
    }
}
