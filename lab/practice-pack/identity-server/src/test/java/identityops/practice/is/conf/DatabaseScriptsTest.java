// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.conf;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.Test;

/** The scripts of the pack: marker tables, and the kernel script's habit of dropping first. */
public class DatabaseScriptsTest {
    private static String read(String path) throws IOException {
        return new String(Files.readAllBytes(Paths.get("src/pack/dbscripts", path)), StandardCharsets.UTF_8);
    }

    private static List<String> names(String script, String statement) {
        List<String> names = new ArrayList<>();
        Matcher matcher = Pattern.compile("^" + statement + " (\\w+)", Pattern.MULTILINE).matcher(script);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    @Test
    public void theKernelScriptDropsEveryTableThatItCreates() throws IOException {
        String script = read("postgresql.sql");
        assertEquals(names(script, "CREATE TABLE"), names(script, "DROP TABLE IF EXISTS"));
    }

    @Test
    public void everyScriptHasItsMarkerTable() throws IOException {
        String[][] markers = {{"postgresql.sql", "UM_TENANT"}, {"postgresql.sql", "REG_LOG"}, {"identity/postgresql.sql", "IDN_BASE_TABLE"},
            {"consent/postgresql.sql", "CM_PURPOSE"}, {"bps/bpel/create/postgresql.sql", "ODE_PROCESS"}};
        for (String[] marker : markers) {
            assertTrue(marker[0], names(read(marker[0]), "CREATE TABLE").contains(marker[1]));
        }
    }
}
