// SPDX-License-Identifier: GPL-3.0-or-later
package org.apache.axis2.clustering;

import java.io.Serializable;
import java.util.Objects;
import java.util.Properties;

/**
 * Stands in for Apache's class of this name: the product's clustering agent stores members in a Hazelcast map, so they must be serializable.
 */
public class Member implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String hostName;
    private final int port;
    private int httpPort = -1;
    private int httpsPort = -1;
    private boolean active = true;
    private String domain;
    private String remoteHost;
    private Properties properties = new Properties();
    private long suspendedUntil;

    public Member(String hostName, int port) {
        this.hostName = hostName;
        this.port = port;
    }

    public void suspend(long milliseconds) {
        suspendedUntil = System.currentTimeMillis() + milliseconds;
    }

    public boolean isSuspended() {
        return System.currentTimeMillis() < suspendedUntil;
    }

    public String getHostName() {
        return hostName;
    }

    public int getPort() {
        return port;
    }

    public int getHttpPort() {
        return httpPort;
    }

    public void setHttpPort(int httpPort) {
        this.httpPort = httpPort;
    }

    public int getHttpsPort() {
        return httpsPort;
    }

    public void setHttpsPort(int httpsPort) {
        this.httpsPort = httpsPort;
    }

    public boolean isActive() {
        return active;
    }

    public void setActive(boolean active) {
        this.active = active;
    }

    public String getDomain() {
        return domain;
    }

    public void setDomain(String domain) {
        this.domain = domain;
    }

    public String getRemoteHost() {
        return remoteHost;
    }

    public void setRemoteHost(String remoteHost) {
        this.remoteHost = remoteHost;
    }

    public Properties getProperties() {
        return properties;
    }

    public void setProperties(Properties properties) {
        this.properties = properties;
    }

    @Override
    public boolean equals(Object object) {
        if (!(object instanceof Member)) {
            return false;
        }
        Member other = (Member) object;
        return port == other.port && httpPort == other.httpPort && httpsPort == other.httpsPort && Objects.equals(hostName, other.hostName);
    }

    @Override
    public int hashCode() {
        return Objects.hash(hostName, port);
    }

    @Override
    public String toString() {
        return "Host:" + hostName + ", Remote Host:" + remoteHost + ", Port: " + port + ", HTTP:" + httpPort + ", HTTPS:" + httpsPort
                + ", Domain: " + domain + ", Sub-domain:" + properties.getProperty("subDomain") + ", Active:" + active;
    }
}
