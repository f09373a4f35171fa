// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import org.wso2.siddhi.query.api.definition.Attribute;

/** Values as they come from JSON, turned into the types of a Siddhi stream. */
final class Attributes {
    private Attributes() {
    }

    static Object coerce(Attribute.Type type, Object value) {
        if (value == null) {
            return null;
        }
        switch (type) {
            case STRING:
                return String.valueOf(value);
            case BOOL:
                return Boolean.parseBoolean(String.valueOf(value));
            case INT:
                return number(value).intValue();
            case LONG:
                return number(value).longValue();
            case FLOAT:
                return number(value).floatValue();
            case DOUBLE:
                return number(value).doubleValue();
            default:
                return value;
        }
    }

    private static Number number(Object value) {
        return value instanceof Number ? (Number) value : Double.valueOf(String.valueOf(value));
    }
}
