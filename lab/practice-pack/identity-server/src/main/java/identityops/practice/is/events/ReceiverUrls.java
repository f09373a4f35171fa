// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The receiverURL of a publisher. A group stands in braces, without braces all is one group; every group gets every event.
 * In a group {@code |} separates receivers of which the first that answers is used, {@code ,} receivers that take turns.
 */
public final class ReceiverUrls {
    private static final Pattern GROUP = Pattern.compile("\\{([^{}]*)}");
    private static final int TLS_DISTANCE = 100;

    private ReceiverUrls() {
    }

    /** A receiver and where to log in to it. */
    public static final class Receiver {
        public final String host;
        public final int port;
        public final String loginHost;
        public final int loginPort;

        Receiver(URI url, URI login) {
            host = url.getHost();
            port = url.getPort();
            loginHost = login.getHost();
            loginPort = login.getPort();
        }

        @Override
        public String toString() {
            return "tcp://" + host + ":" + port;
        }
    }

    /** Receivers that share each event: one of them gets it. */
    public static final class Group {
        public final boolean failover;
        public final List<Receiver> receivers;

        Group(boolean failover, List<Receiver> receivers) {
            this.failover = failover;
            this.receivers = Collections.unmodifiableList(receivers);
        }
    }

    /** An authenticator URL that is null or empty is derived: the same hosts, TLS, the port above by 100. */
    public static List<Group> parse(String receivers, String authenticators) {
        List<String> groups = groups(receivers);
        boolean derived = authenticators == null || authenticators.trim().isEmpty();
        List<String> loginGroups = derived ? groups : groups(authenticators);
        if (groups.size() != loginGroups.size()) {
            throw new IllegalArgumentException("authenticatorURL has " + loginGroups.size() + " groups and receiverURL " + groups.size());
        }
        List<Group> parsed = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            parsed.add(group(groups.get(i), loginGroups.get(i), derived));
        }
        return parsed;
    }

    private static List<String> groups(String urls) {
        String text = urls.replaceAll("\\s", "");
        if (!text.contains("{")) {
            return Collections.singletonList(text);
        }
        List<String> groups = new ArrayList<>();
        Matcher matcher = GROUP.matcher(text);
        while (matcher.find()) {
            groups.add(matcher.group(1));
        }
        return groups;
    }

    private static Group group(String urls, String logins, boolean derived) {
        if (urls.contains(",") && urls.contains("|")) {
            throw new IllegalArgumentException("a group mixes ',' and '|': " + urls);
        }
        String[] all = urls.split("[,|]");
        String[] allLogins = logins.split("[,|]");
        if (all.length != allLogins.length) {
            throw new IllegalArgumentException("authenticatorURL has " + allLogins.length + " URLs in a group and receiverURL " + all.length);
        }
        List<Receiver> receivers = new ArrayList<>();
        for (int i = 0; i < all.length; i++) {
            URI url = url(all[i]);
            receivers.add(new Receiver(url, derived ? URI.create("ssl://" + url.getHost() + ":" + (url.getPort() + TLS_DISTANCE)) : url(allLogins[i])));
        }
        return new Group(urls.contains("|") || receivers.size() == 1, receivers);
    }

    private static URI url(String text) {
        if (text.split(":").length != 3) {
            throw new IllegalArgumentException("not protocol://host:port: " + text);
        }
        URI url = URI.create(text);
        if (url.getHost() == null || url.getPort() < 0) {
            throw new IllegalArgumentException("not protocol://host:port: " + text);
        }
        return url;
    }
}
