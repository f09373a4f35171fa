// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.conf;

import static org.junit.Assert.assertEquals;

import java.util.Collections;
import org.junit.Test;

public class PlaceholdersTest {
    private static String resolve(String text) {
        return Placeholders.resolve(text, Collections.singletonMap("a", "1")::get);
    }

    @Test
    public void knownNamesAreReplacedAndOthersStay() {
        assertEquals("1/x/1/${b}/$a/${a", resolve("${a}/x/${a}/${b}/$a/${a"));
    }

    @Test
    public void aValueIsNotLookedAtAgain() {
        assertEquals("${a}", Placeholders.resolve("${x}", Collections.singletonMap("x", "${a}")::get));
    }
}
