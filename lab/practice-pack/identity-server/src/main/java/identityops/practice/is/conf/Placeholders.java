// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.conf;

import java.util.function.UnaryOperator;

/** Replaces {@code ${name}} by a system property, or by the value of carbon.xml at that path; what neither knows stays. */
public final class Placeholders {
    private Placeholders() {
    }

    public static String resolve(String text) {
        return resolve(text, name -> {
            String value = System.getProperty(name);
            return value == null && Carbon.configuration() != null ? Carbon.get(name, null) : value;
        });
    }

    static String resolve(String text, UnaryOperator<String> values) {
        StringBuilder result = new StringBuilder();
        int at = 0;
        while (true) {
            int start = text.indexOf("${", at);
            int end = start < 0 ? -1 : text.indexOf('}', start);
            if (end < 0) {
                return result.append(text, at, text.length()).toString();
            }
            String value = values.apply(text.substring(start + 2, end));
            result.append(text, at, start).append(value == null ? text.substring(start, end + 1) : value);
            at = end + 1;
        }
    }
}
