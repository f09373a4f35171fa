// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import identityops.practice.is.conf.Xml;
import java.io.File;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.catalina.Context;
import org.apache.catalina.deploy.FilterDef;
import org.apache.catalina.deploy.FilterMap;
import org.w3c.dom.Element;

/** Tomcat's HttpHeaderSecurityFilter with the settings of the console's web.xml. */
final class SecurityHeaders {
    private static final String NAME = "HttpHeaderSecurityFilter";
    private final Map<String, String> settings = new LinkedHashMap<>();

    SecurityHeaders(File webXml) {
        for (Element filter : Xml.children(Xml.read(webXml), "filter")) {
            if (NAME.equals(Xml.text(filter, "filter-name"))) {
                for (Element setting : Xml.children(filter, "init-param")) {
                    settings.put(Xml.text(setting, "param-name"), Xml.text(setting, "param-value"));
                }
            }
        }
    }

    void addTo(Context context) {
        FilterDef definition = new FilterDef();
        definition.setFilterName(NAME);
        definition.setFilterClass("org.apache.catalina.filters." + NAME);
        settings.forEach(definition::addInitParameter);
        context.addFilterDef(definition);
        FilterMap map = new FilterMap();
        map.setFilterName(NAME);
        map.addURLPattern("/*");
        context.addFilterMap(map);
    }
}
