// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.conf;

import java.io.File;

/** Where things lie below the carbon home. */
public final class CarbonHome {
    private CarbonHome() {
    }

    public static File home() {
        return new File(System.getProperty("carbon.home"));
    }

    public static File file(String path) {
        return new File(home(), path);
    }

    public static File conf(String path) {
        return file("repository/conf/" + path);
    }

    public static File deployment(String path) {
        return file("repository/deployment/server/" + path);
    }
}
