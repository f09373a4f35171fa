// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.conf;

/** The server's URL as clients see it: host name of carbon.xml, proxy port of the HTTPS connector. */
public final class PublicUrl {
    private static final int DEFAULT_HTTPS_PORT = 443;

    private PublicUrl() {
    }

    public static String of(String hostName, int port) {
        return "https://" + hostName + (port == DEFAULT_HTTPS_PORT ? "" : ":" + port);
    }

    public static int httpsPort() {
        return ConnectorConfig.all().stream().filter(ConnectorConfig::secure).findFirst()
                .orElseThrow(() -> new ConfigurationException("catalina-server.xml has no HTTPS connector")).publicPort();
    }

    public static String server() {
        return of(Carbon.hostName(), httpsPort());
    }

    public static String console() {
        return of(Carbon.managementHostName(), httpsPort()) + "/carbon/";
    }

    /** A URL of identity.xml such as {@code ${carbon.protocol}://${carbon.host}:${carbon.management.port}/oauth2/token}. */
    public static String expand(String url) {
        return Placeholders.resolve(url.replace("${carbon.protocol}://${carbon.host}:${carbon.management.port}", server()));
    }
}
