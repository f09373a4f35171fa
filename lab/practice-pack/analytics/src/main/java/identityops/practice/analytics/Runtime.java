// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

/** One of the pack's servers. */
interface Runtime {
    void start() throws Exception;

    /** Closes what start has opened, also when it failed half way. */
    void stop();
}
