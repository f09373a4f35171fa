// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.util.Map;

import javax.sql.DataSource;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.wso2.carbon.datasource.core.DataSourceBuilder;
import org.wso2.carbon.datasource.core.DataSourceManager;
import org.wso2.carbon.datasource.core.api.DataSourceService;
import org.wso2.carbon.datasource.core.beans.CarbonDataSource;
import org.wso2.carbon.datasource.core.beans.DataSourceMetadata;
import org.wso2.carbon.datasource.core.beans.DataSourcesConfiguration;
import org.wso2.carbon.datasource.core.exception.DataSourceException;
import org.wso2.carbon.datasource.core.impl.DataSourceServiceImpl;
import org.wso2.carbon.datasource.rdbms.hikari.HikariDataSourceReader;

/** The pools of wso2.datasources, built by the product's own reader. One that cannot be built stops the start, as in the product. */
final class DataSources {
    private static final Logger LOG = LogManager.getLogger(DataSourceManager.class);

    private final DataSourceService service = new DataSourceServiceImpl();

    DataSources(Deployment deployment) {
        if (!deployment.section("wso2.datasources").isPresent()) {
            return;
        }
        HikariDataSourceReader reader = new HikariDataSourceReader();
        for (DataSourceMetadata metadata : deployment.bean(DataSourcesConfiguration.class).getDataSources()) {
            if (needsAbsentH2(metadata)) {
                LOG.warn("Datasource " + metadata.getName() + " is left out: this practice pack ships no H2 database");
                continue;
            }
            try {
                CarbonDataSource built = DataSourceBuilder.buildCarbonDataSource(metadata, reader);
                DataSourceManager.getInstance().getDataSourceRepository().addDataSource(built);
            } catch (DataSourceException | RuntimeException e) {
                throw new IllegalStateException("Error while initializing the datasource: " + metadata.getName(), e);
            }
        }
    }

    DataSourceService service() {
        return service;
    }

    DataSource named(String name) {
        try {
            return (DataSource) service.getDataSource(name);
        } catch (DataSourceException e) {
            throw new IllegalStateException("No datasource " + name + " in wso2.datasources of deployment.yaml", e);
        }
    }

    private static boolean needsAbsentH2(DataSourceMetadata metadata) {
        Object configuration = metadata.getDefinition() == null ? null : metadata.getDefinition().getConfiguration();
        Object url = configuration instanceof Map ? ((Map<?, ?>) configuration).get("jdbcUrl") : null;
        if (url == null || !url.toString().startsWith("jdbc:h2:")) {
            return false;
        }
        try {
            Class.forName("org.h2.Driver");
            return false;
        } catch (ClassNotFoundException e) {
            return true;
        }
    }
}
