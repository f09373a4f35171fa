// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.users;

import java.util.concurrent.Callable;
import org.wso2.carbon.context.PrivilegedCarbonContext;

/** Runs code as the super tenant: caches and user stores belong to a tenant. */
public final class SuperTenant {
    public static final int ID = -1234;
    public static final String DOMAIN = "carbon.super";

    private SuperTenant() {
    }

    public static <T> T call(Callable<T> work) throws Exception {
        PrivilegedCarbonContext.startTenantFlow();
        try {
            PrivilegedCarbonContext context = PrivilegedCarbonContext.getThreadLocalCarbonContext();
            context.setTenantId(ID);
            context.setTenantDomain(DOMAIN);
            return work.call();
        } finally {
            PrivilegedCarbonContext.endTenantFlow();
        }
    }
}
