// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;

/** wso2carbon.pid: the number, a line end, then NULs up to 100 bytes, as the product writes it. It is never deleted. */
final class PidFile {
    private static final int SIZE = 100;

    private PidFile() {
    }

    static void write(File home) throws IOException {
        String pid = ManagementFactory.getRuntimeMXBean().getName().split("@")[0];
        Files.write(new File(home, "wso2carbon.pid").toPath(), content(pid));
    }

    static byte[] content(String pid) {
        return Arrays.copyOf((pid + "\n").getBytes(StandardCharsets.US_ASCII), SIZE);
    }
}
