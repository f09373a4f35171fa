// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import com.google.gson.JsonObject;
import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.conf.ConfigurationException;
import identityops.practice.is.conf.IdentityXml;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;

/** The deployed publishers; hands them the events of logins and sessions that identity-event.properties switches on. */
public final class EventPublishers implements LoginListener {
    private static final String AUTHENTICATION = "org.wso2.is.analytics.stream.OverallAuthentication:1.0.0";
    private static final String SESSION = "org.wso2.is.analytics.stream.OverallSession:1.0.0";
    private static final String PROXY = "org.wso2.carbon.identity.data.publisher.application.authentication.AuthnDataPublisherProxy";
    private final boolean logins;
    private final boolean sessions;
    private final Map<File, Publisher> byFile = new ConcurrentHashMap<>();

    private static final class Publisher {
        private final String stream;
        private final List<EndpointGroup> groups = new ArrayList<>();

        Publisher(String stream) {
            this.stream = stream;
        }
    }

    public EventPublishers(IdentityXml identityXml) {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(CarbonHome.conf("identity/identity-event.properties").toPath())) {
            properties.load(in);
        } catch (IOException e) {
            throw new ConfigurationException("Cannot read identity-event.properties: " + e.getMessage(), e);
        }
        boolean proxy = identityXml.listener(PROXY);
        logins = proxy && Boolean.parseBoolean(properties.getProperty("analyticsLoginDataPublisher.enable", "false").trim());
        sessions = proxy && Boolean.parseBoolean(properties.getProperty("analyticsSessionDataPublisher.enable", "false").trim());
    }

    /** Starts the publisher of a file; returns its name. A password in clear text is encrypted in the file first. */
    public String deploy(File file) {
        PublisherFile publisher = new PublisherFile(file);
        if (!publisher.encrypted()) {
            publisher.encryptAndSave(Secrets::encrypt);
        }
        if (!"wso2event".equals(publisher.adapterType())) {
            return publisher.name();
        }
        String stream = publisher.stream();
        String urls = publisher.property("receiverURL");
        List<ReceiverUrls.Group> groups = ReceiverUrls.parse(urls == null ? DefaultReceiver.url() : urls, publisher.property("authenticatorURL"));
        String password = publisher.plainPassword();
        Publisher running = new Publisher(stream);
        if (wanted(stream)) {
            AgentConfig config = AgentConfig.read();
            groups.forEach(group -> running.groups.add(new EndpointGroup(group, publisher.property("username"), password, stream, config)));
        }
        byFile.put(file, running);
        return publisher.name();
    }

    /** Streams that nothing here feeds are not connected: this server does not make their events. */
    private boolean wanted(String stream) {
        return logins && AUTHENTICATION.equals(stream) || sessions && SESSION.equals(stream);
    }

    public void undeploy(File file) {
        Publisher publisher = byFile.remove(file);
        if (publisher != null) {
            publisher.groups.forEach(EndpointGroup::stop);
        }
    }

    public void stop() {
        byFile.keySet().forEach(this::undeploy);
    }

    private void publish(String stream, JsonObject event) {
        for (Publisher publisher : byFile.values()) {
            if (publisher.stream.equals(stream)) {
                publisher.groups.forEach(group -> group.publish(event));
            }
        }
    }

    @Override
    public void login(Login login) {
        if (logins) {
            publish(AUTHENTICATION, StreamEvents.authentication(login));
        }
    }

    @Override
    public void session(String sessionId, String user, String remoteIp, SessionChange change) {
        if (sessions) {
            publish(SESSION, StreamEvents.session(sessionId, user, remoteIp, change));
        }
    }
}
