// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.oauth;

import java.util.concurrent.atomic.AtomicLong;

/** Wall-clock nanoseconds that never repeat in this process: the order of rows about one session. */
final class NanoClock {
    private static final AtomicLong LAST = new AtomicLong();

    private NanoClock() {
    }

    static long next() {
        long now = System.currentTimeMillis() * 1_000_000;
        return LAST.updateAndGet(last -> Math.max(last + 1, now));
    }
}
