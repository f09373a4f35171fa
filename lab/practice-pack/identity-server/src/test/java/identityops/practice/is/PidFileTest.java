// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class PidFileTest {
    @Test
    public void theNumberAndALineEndThenNulsUpToAHundredBytes() {
        byte[] content = PidFile.content("4711");
        assertEquals(100, content.length);
        assertEquals("4711\n", new String(content, 0, 5));
        for (int i = 5; i < content.length; i++) {
            assertEquals(0, content[i]);
        }
    }
}
