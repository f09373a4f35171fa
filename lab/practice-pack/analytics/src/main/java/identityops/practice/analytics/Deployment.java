// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import org.wso2.carbon.config.ConfigurationException;
import org.wso2.carbon.config.provider.ConfigProvider;
import org.wso2.carbon.config.provider.ConfigProviderImpl;
import org.wso2.carbon.config.reader.YAMLBasedConfigFileReader;

/** deployment.yaml of a runtime, read by the product's own reader: placeholders ${sys:..}, ${env:..}, ${sec:..} and ${property}. */
final class Deployment {
    private final ConfigProvider provider;

    Deployment(CarbonHome home) {
        provider = new ConfigProviderImpl(new YAMLBasedConfigFileReader(home.configuration().resolve("deployment.yaml")),
                new PlainSecrets(home.configuration().resolve("secrets.properties")));
    }

    ConfigProvider provider() {
        return provider;
    }

    /** A top-level section; empty when the file does not have it. */
    Tree section(String name) {
        try {
            return new Tree(provider.getConfigurationObject(name));
        } catch (ConfigurationException e) {
            throw new IllegalStateException("Cannot read " + name + " of deployment.yaml", e);
        }
    }

    <T> T bean(Class<T> type) {
        try {
            return provider.getConfigurationObject(type);
        } catch (ConfigurationException e) {
            throw new IllegalStateException("Cannot read " + type.getSimpleName() + " of deployment.yaml", e);
        }
    }

    String id() {
        return section("wso2.carbon").at("id").text("");
    }

    String serverName() {
        return section("wso2.carbon").at("name").text("WSO2 Carbon");
    }

    int portOffset() {
        return section("wso2.carbon").at("ports", "offset").number(0);
    }
}
