// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;
import org.yaml.snakeyaml.Yaml;

public class UsersTest {
    private final Users users = new Users(new Tree(new Yaml().load(
            "{userManager: {userStore: {users: [{user: {username: admin, password: TGFiLWFuLTE=, roles: 1}}]}}}")));

    @Test
    public void thePasswordIsKeptInBase64() {
        assertTrue(users.accepts("admin", "Lab-an-1"));
        assertFalse(users.accepts("admin", "TGFiLWFuLTE="));
        assertFalse(users.accepts("other", "Lab-an-1"));
        assertFalse(users.accepts(null, null));
    }

    @Test
    public void basicAuthorization() {
        assertTrue(users.acceptsBasic("Basic YWRtaW46TGFiLWFuLTE="));
        assertFalse(users.acceptsBasic("Basic %%%"));
        assertFalse(users.acceptsBasic(null));
    }
}
