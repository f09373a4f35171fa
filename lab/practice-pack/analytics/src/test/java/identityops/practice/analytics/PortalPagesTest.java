// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.util.Collections;

import org.junit.Test;

public class PortalPagesTest {
    @Test
    public void whatComesFromTheDatabaseIsEscaped() {
        String page = PortalPages.logins(Collections.singletonMap(LoginTable.key("<script>", "is1", "analytics1"), 3L));
        assertFalse(page.contains("<script>"));
        assertTrue(page.contains("&lt;script&gt;"));
        assertTrue(page.contains("<td>3</td>"));
        assertTrue(page.contains("Practice pack"));
    }
}
