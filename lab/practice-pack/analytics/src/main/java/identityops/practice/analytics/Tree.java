// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** A node of a parsed YAML document, read without casts. A missing node is an empty one. */
final class Tree {
    private final Object value;

    Tree(Object value) {
        this.value = value;
    }

    /** The node below the given keys. */
    Tree at(String... keys) {
        Object current = value;
        for (String key : keys) {
            current = current instanceof Map ? ((Map<?, ?>) current).get(key) : null;
        }
        return new Tree(current);
    }

    boolean isPresent() {
        return value != null;
    }

    String text(String otherwise) {
        return value == null ? otherwise : String.valueOf(value);
    }

    int number(int otherwise) {
        return value == null ? otherwise : Integer.parseInt(String.valueOf(value).trim());
    }

    boolean flag(boolean otherwise) {
        return value == null ? otherwise : Boolean.parseBoolean(String.valueOf(value));
    }

    List<Tree> items() {
        if (!(value instanceof List)) {
            return Collections.emptyList();
        }
        List<Tree> items = new ArrayList<>();
        for (Object item : (List<?>) value) {
            items.add(new Tree(item));
        }
        return items;
    }
}
