// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.conf;

import org.w3c.dom.Element;

/** Values of identity/identity.xml. */
public final class IdentityXml {
    private final Element root = Xml.read(CarbonHome.conf("identity/identity.xml"));

    public String text(String path, String otherwise) {
        String value = Xml.text(root, path.split("/"));
        return value == null || value.isEmpty() ? otherwise : value;
    }

    public boolean flag(String path, boolean otherwise) {
        return Boolean.parseBoolean(text(path, String.valueOf(otherwise)));
    }

    public long number(String path, long otherwise) {
        return Long.parseLong(text(path, String.valueOf(otherwise)));
    }

    public String url(String path, String otherwise) {
        return PublicUrl.expand(text(path, otherwise));
    }

    /** Whether the event listener of this name is switched on; one that is not there is off. */
    public boolean listener(String name) {
        for (Element listener : Xml.children(Xml.at(root, "EventListeners"), "EventListener")) {
            if (name.equals(listener.getAttribute("name"))) {
                return Boolean.parseBoolean(listener.getAttribute("enable"));
            }
        }
        return false;
    }
}
