// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.conf;

import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** Reads configuration files by the local names of their elements; never fetches a DTD. */
public final class Xml {
    private Xml() {
    }

    public static Element read(File file) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            DocumentBuilder builder = factory.newDocumentBuilder();
            builder.setEntityResolver((publicId, systemId) -> new InputSource(new StringReader("")));
            builder.setErrorHandler(null);
            Document document = builder.parse(file);
            return document.getDocumentElement();
        } catch (ParserConfigurationException | SAXException | IOException e) {
            throw new ConfigurationException("Cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    public static List<Element> children(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element && (name == null || name.equals(node.getLocalName()))) {
                found.add((Element) node);
            }
        }
        return found;
    }

    /** The first element at the path, or null. */
    public static Element at(Element start, String... path) {
        Element current = start;
        for (String name : path) {
            List<Element> found = children(current, name);
            if (found.isEmpty()) {
                return null;
            }
            current = found.get(0);
        }
        return current;
    }

    /** The trimmed text at the path, or null. */
    public static String text(Element start, String... path) {
        Element element = at(start, path);
        return element == null ? null : element.getTextContent().trim();
    }

    /** The text of the child {@code <Property name="...">}, or null. */
    public static String property(Element parent, String name) {
        for (Element child : children(parent, null)) {
            if ("property".equalsIgnoreCase(child.getLocalName()) && name.equals(child.getAttribute("name"))) {
                return child.getTextContent().trim();
            }
        }
        return null;
    }
}
