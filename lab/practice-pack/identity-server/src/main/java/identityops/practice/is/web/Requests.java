// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the requests that are being served. */
final class Requests {
    private static final AtomicInteger RUNNING = new AtomicInteger();

    private Requests() {
    }

    static void begin() {
        RUNNING.incrementAndGet();
    }

    static void end() {
        RUNNING.decrementAndGet();
    }

    /** Whether all ended within the time. */
    static boolean awaitNone(long seconds) {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        try {
            while (RUNNING.get() > 0 && System.nanoTime() < limit) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return RUNNING.get() == 0;
    }
}
