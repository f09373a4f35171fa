// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import identityops.practice.is.conf.ConfigurationException;
import identityops.practice.is.conf.Xml;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.function.UnaryOperator;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** One file of eventpublishers: what is sent where. */
final class PublisherFile {
    private static final String PASSWORD = "password";
    private final File file;
    private final Element root;
    private final Element target;

    PublisherFile(File file) {
        this.file = file;
        root = Xml.read(file);
        target = Xml.at(root, "to");
        if (target == null || Xml.at(root, "from") == null) {
            throw new ConfigurationException("it has no element from or to");
        }
    }

    String name() {
        return root.getAttribute("name");
    }

    /** Name and version of the stream, separated by a colon. */
    String stream() {
        Element from = Xml.at(root, "from");
        return from.getAttribute("streamName") + ":" + from.getAttribute("version");
    }

    String adapterType() {
        return target.getAttribute("eventAdapterType");
    }

    String property(String name) {
        return Xml.property(target, name);
    }

    private Element password() {
        for (Element property : Xml.children(target, "property")) {
            if (PASSWORD.equals(property.getAttribute("name"))) {
                return property;
            }
        }
        return null;
    }

    boolean encrypted() {
        return password() == null || "true".equals(password().getAttribute("encrypted"));
    }

    String plainPassword() {
        return encrypted() ? Secrets.decrypt(property(PASSWORD)) : property(PASSWORD);
    }

    /** Deletes the file and saves it again, formatted anew, with its password encrypted. */
    void encryptAndSave(UnaryOperator<String> encryption) {
        Element password = password();
        password.setTextContent(encryption.apply(password.getTextContent().trim()));
        password.setAttribute("encrypted", "true");
        dropBlankText(root);
        try {
            Files.deleteIfExists(file.toPath());
            Transformer transformer = TransformerFactory.newInstance().newTransformer();
            transformer.setOutputProperty(OutputKeys.INDENT, "yes");
            transformer.setOutputProperty("{http://xml.apache.org/xslt}indent-amount", "2");
            try (java.io.OutputStream out = Files.newOutputStream(file.toPath(), StandardOpenOption.CREATE_NEW)) {
                transformer.transform(new DOMSource(root), new StreamResult(out));
            }
        } catch (IOException | TransformerException e) {
            throw new ConfigurationException("it cannot be saved: " + e.getMessage(), e);
        }
    }

    private static void dropBlankText(Node node) {
        Node child = node.getFirstChild();
        while (child != null) {
            Node next = child.getNextSibling();
            if (child.getNodeType() == Node.TEXT_NODE && child.getTextContent().trim().isEmpty()) {
                node.removeChild(child);
            } else {
                dropBlankText(child);
            }
            child = next;
        }
    }
}
