// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class PublisherFileTest {
    private static final String HEAD = "<?xml version=\"1.0\"?>\n<eventPublisher name=\"P\" xmlns=\"http://wso2.org/carbon/eventpublisher\">\n"
            + "<from streamName=\"s\" version=\"1.0.0\"/><to eventAdapterType=\"wso2event\"><property name=\"receiverURL\">tcp://a:7612|tcp://b:7612</property>";
    private static final String TAIL = "</to></eventPublisher>\n";

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private File file(String password) throws IOException {
        File file = folder.newFile();
        Files.write(file.toPath(), (HEAD + password + TAIL).getBytes(StandardCharsets.UTF_8));
        return file;
    }

    @Test
    public void aClearPasswordIsReplacedInTheFile() throws IOException {
        File file = file("<property encrypted=\"false\" name=\"password\">clear &amp; plain</property>");
        PublisherFile publisher = new PublisherFile(file);
        assertFalse(publisher.encrypted());
        publisher.encryptAndSave(clear -> "[" + clear.length() + "]");
        PublisherFile again = new PublisherFile(file);
        assertTrue(again.encrypted());
        assertEquals("[13]", again.property("password"));
        assertEquals("tcp://a:7612|tcp://b:7612", again.property("receiverURL"));
        assertEquals("s:1.0.0", again.stream());
        assertFalse(new String(Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8).contains("clear"));
    }

    @Test
    public void withoutAPasswordThereIsNothingToEncrypt() throws IOException {
        assertTrue(new PublisherFile(file("")).encrypted());
    }

    @Test
    public void aPasswordWithoutTheAttributeIsClear() throws IOException {
        assertFalse(new PublisherFile(file("<property name=\"password\">x</property>")).encrypted());
    }
}
