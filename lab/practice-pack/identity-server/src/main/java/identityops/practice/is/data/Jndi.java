// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.data;

import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.naming.Context;
import javax.naming.InitialContext;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.spi.NamingManager;

/** A naming context of this process: names to objects, no more. */
public final class Jndi {
    private static final Map<String, Object> BOUND = new ConcurrentHashMap<>();

    private Jndi() {
    }

    public static void install() throws NamingException {
        Context context = (Context) Proxy.newProxyInstance(Jndi.class.getClassLoader(), new Class<?>[] {Context.class}, (proxy, method, arguments) -> {
            switch (method.getName()) {
                case "lookup":
                    return find(String.valueOf(arguments[0]));
                case "close":
                    return null;
                default:
                    throw new NamingException(method.getName() + " is not supported here");
            }
        });
        NamingManager.setInitialContextFactoryBuilder(environment -> ignored -> context);
    }

    public static void bind(String name, Object object) {
        BOUND.put(name, object);
    }

    private static Object find(String name) throws NamingException {
        Object object = BOUND.get(name);
        if (object == null) {
            throw new NameNotFoundException("Name [" + name + "] is not bound: no datasource has this JNDI name");
        }
        return object;
    }

    public static Object lookup(String name) throws NamingException {
        return new InitialContext().lookup(name);
    }
}
