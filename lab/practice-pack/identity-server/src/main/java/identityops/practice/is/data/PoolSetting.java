// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.data;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.apache.tomcat.jdbc.pool.PoolProperties;

/** Sets one property of a connection pool by its name. */
final class PoolSetting {
    private PoolSetting() {
    }

    /** Returns whether the pool knows the name. */
    static boolean set(PoolProperties pool, String name, String value) {
        String setter = "set" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
        for (Method method : PoolProperties.class.getMethods()) {
            if (method.getName().equals(setter) && method.getParameterCount() == 1) {
                Object converted = convert(method.getParameterTypes()[0], value);
                if (converted != null) {
                    try {
                        method.invoke(pool, converted);
                        return true;
                    } catch (IllegalAccessException | InvocationTargetException e) {
                        throw new IllegalArgumentException(name + " cannot be " + value, e);
                    }
                }
            }
        }
        return false;
    }

    private static Object convert(Class<?> type, String value) {
        if (type == String.class) {
            return value;
        } else if (type == int.class) {
            return Integer.valueOf(value);
        } else if (type == long.class) {
            return Long.valueOf(value);
        } else if (type == boolean.class || type == Boolean.class) {
            return Boolean.valueOf(value);
        }
        return null;
    }
}
