# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of the sample deployment must say, written from the product's documentation, not from the settings."""

from __future__ import annotations

from typing import Any

from settings import expected_names, expected_users, sample
from settings import expected_operation as operation

# Variables that differ from the shipped values, so that a setting that is not written shows.
CHANGES: dict[str, Any] = {
    "wso2is_admin_user": "boss",
    "wso2is_public_port": 8443,
    "wso2is_public_http_port": 8080,
    "is_node_port_offset": 10,
    "is_node_tls_ciphers": ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
    "is_node_hsts_seconds": 86400,
    "wso2is_management_host": "console.example.org",
    "hazelcast_port": 4100,
    "hazelcast_max_no_heartbeat_seconds": 45,
    "hazelcast_connection_timeout_seconds": 7,
    "hazelcast_properties": {"hazelcast.heartbeat.interval.seconds": 3, "hazelcast.jmx": True},
    "is_node_jmx": True,
    "is_node_log_max_file_mb": 64,
    "is_node_log_backups": 9,
    "is_node_access_log_days": 14,
    "analytics_log_max_file_mb": 32,
    "analytics_log_backups": 8,
    "analytics_admin_user": "stats",
    "analytics_group_id": "example.analytics",
    "analytics_database_pool": 12,
    "wso2is_databases": sample.databases(
        identity={"max_active": 80, "max_wait": 30000, "min_idle": 5},
        workflow={"max_active": 60, "max_wait": 20000, "min_idle": 25},
        analytics_cluster={"max_active": 4},
    ),
    "analytics_event_sync_port": 9894,
    "analytics_heartbeat_interval": 4000,
    "analytics_heartbeat_max_retry": 4,
    **expected_users.CHANGES,
}

# A file, a place in it as module places reads it, and the value that must stand there, once. A list: all values.
Expectation = tuple[str, str, Any]

_CONF = "repository/conf"
_PUBLISHERS = "repository/deployment/server/eventpublishers/IsAnalytics-Publisher-wso2event-"
PUBLISHERS = (
    "AuthenticationData",
    "SessionData",
    "UserData",
    "RoleData",
    "OauthTokenIssueRefresh",
    "OauthTokenValidation",
    "OauthTokenRevocation",
)


def _datasource(name: str, jndi: str, database: str, sizes: tuple[str, str, list[str]]) -> list[Expectation]:
    file, base = f"{_CONF}/datasources/master-datasources.xml", f"datasources/datasource[name='{name}']"
    pool = f"{base}/definition[@type='RDBMS']/configuration"
    return [
        (file, f"{base}/jndiConfig/name", jndi),
        (file, f"{pool}/url", f"jdbc:postgresql://db.example.org:5432/{database}_db"),
        (file, f"{pool}/username", f"{database}_owner"),
        (file, f"{pool}/password", f"{database}&pw"),
        (file, f"{pool}/driverClassName", "org.postgresql.Driver"),
        (file, f"{pool}/validationQuery", "SELECT 1"),
        (file, f"{pool}/maxActive", sizes[0]),
        (file, f"{pool}/maxWait", sizes[1]),
        (file, f"{pool}/minIdle", sizes[2]),
        (file, f"{pool}/testOnBorrow", "true"),
        (file, f"{pool}/defaultAutoCommit", "false"),
    ]


def identity_server(node: str) -> list[Expectation]:
    """What the files of is1 or is2 must say."""
    address = {"is1": "192.0.2.21", "is2": "192.0.2.22"}[node]
    bps = "datasources/datasource[name='BPS_DS'][1]"
    store = "Realm/UserStoreManager"
    session = "JDBCPersistenceManager/SessionDataPersist"
    keys = "Security"
    found: list[Expectation] = [
        *expected_users.identity_server(node),
        # Databases. The shipped one stays for the registry of the node itself.
        (
            f"{_CONF}/datasources/master-datasources.xml",
            "datasources/datasource/name",
            ["WSO2_CARBON_DB", "WSO2_USER_DB", "WSO2_IDENTITY_DB"],
        ),
        (
            f"{_CONF}/datasources/master-datasources.xml",
            "datasources/datasource[name='WSO2_CARBON_DB']/definition/configuration/url",
            "jdbc:h2:./repository/database/WSO2CARBON_DB;DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=60000",
        ),
        # The pool sizes of the pack where the inventory says nothing.
        *_datasource("WSO2_USER_DB", "jdbc/WSO2UserDB", "user", ("50", "60000", [])),
        *_datasource("WSO2_IDENTITY_DB", "jdbc/WSO2IdentityDB", "identity", ("80", "30000", ["5"])),
        (f"{_CONF}/datasources/bps-datasources.xml", f"{bps}/jndiConfig/name", "bpsds"),
        (
            f"{_CONF}/datasources/bps-datasources.xml",
            f"{bps}/definition/configuration/url",
            "jdbc:postgresql://db.example.org:5432/workflow_db",
        ),
        (f"{_CONF}/datasources/bps-datasources.xml", f"{bps}/definition/configuration/username", "workflow_owner"),
        (f"{_CONF}/datasources/bps-datasources.xml", f"{bps}/definition/configuration/password", "workflow&pw"),
        (
            f"{_CONF}/datasources/bps-datasources.xml",
            f"{bps}/definition/configuration/driverClassName",
            "org.postgresql.Driver",
        ),
        (f"{_CONF}/datasources/bps-datasources.xml", f"{bps}/definition/configuration/validationQuery", "SELECT 1"),
        (f"{_CONF}/datasources/bps-datasources.xml", f"{bps}/definition/configuration/maxActive", "60"),
        (f"{_CONF}/datasources/bps-datasources.xml", f"{bps}/definition/configuration/maxWait", "20000"),
        (f"{_CONF}/datasources/bps-datasources.xml", f"{bps}/definition/configuration/maxIdle", "25"),
        (f"{_CONF}/datasources/bps-datasources.xml", f"{bps}/definition/configuration/minIdle", "25"),
        (f"{_CONF}/datasources/bps-datasources.xml", f"{bps}/definition/configuration/defaultAutoCommit", "true"),
        (f"{_CONF}/user-mgt.xml", "Realm/Configuration/Property[@name='dataSource']", "jdbc/WSO2UserDB"),
        (f"{_CONF}/identity/identity.xml", "JDBCPersistenceManager/DataSource/Name", "jdbc/WSO2IdentityDB"),
        (
            f"{_CONF}/identity/thrift-authentication.xml",
            "JDBCPersistenceManager/DataSource/Name",
            "jdbc/WSO2IdentityDB",
        ),
        (f"{_CONF}/consent-mgt-config.xml", "DataSource/Name", "jdbc/WSO2IdentityDB"),
        # User store
        (f"{_CONF}/user-mgt.xml", f"{store}/@class", "org.wso2.carbon.user.core.jdbc.JDBCUserStoreManager"),
        (
            f"{_CONF}/user-mgt.xml",
            f"{store}/Property[@name='TenantManager']",
            "org.wso2.carbon.user.core.tenant.JDBCTenantManager",
        ),
        (f"{_CONF}/user-mgt.xml", f"{store}/Property[@name='ReadOnly']", "false"),
        (f"{_CONF}/user-mgt.xml", f"{store}/Property[@name='SCIMEnabled']", "true"),
        (f"{_CONF}/user-mgt.xml", f"{store}/Property[@name='PasswordDigest']", "SHA-256"),
        (f"{_CONF}/user-mgt.xml", f"{store}/Property[@name='StoreSaltedPassword']", "true"),
        (f"{_CONF}/user-mgt.xml", f"{store}/Property[@name='UserRolesCacheEnabled']", "true"),
        (f"{_CONF}/user-mgt.xml", f"{store}/Property[@name='ConnectionURL']", []),
        (f"{_CONF}/user-mgt.xml", "Realm/Configuration/AdminUser/UserName", "boss"),
        (f"{_CONF}/user-mgt.xml", "Realm/Configuration/AdminUser/Password", "ad<min&1"),
        (f"{_CONF}/user-mgt.xml", "Realm/Configuration/AddAdmin", "true"),
        (f"{_CONF}/identity/embedded-ldap.xml", "EmbeddedLDAP/Property[@name='enable']", "false"),
        # Registry
        (f"{_CONF}/registry.xml", "dbConfig[@name='wso2registry']/dataSource", "jdbc/WSO2CarbonDB"),
        (f"{_CONF}/registry.xml", "dbConfig[@name='sharedregistry']/dataSource", "jdbc/WSO2UserDB"),
        (f"{_CONF}/registry.xml", "remoteInstance/@url", "https://localhost:9443/registry"),
        (f"{_CONF}/registry.xml", "remoteInstance/id", "shared"),
        (f"{_CONF}/registry.xml", "remoteInstance/dbConfig", "sharedregistry"),
        (f"{_CONF}/registry.xml", "remoteInstance/readOnly", "false"),
        (f"{_CONF}/registry.xml", "remoteInstance/registryRoot", "/"),
        (f"{_CONF}/registry.xml", "remoteInstance/enableCache", "true"),
        (f"{_CONF}/registry.xml", "remoteInstance/cacheId", "user_owner@jdbc:postgresql://db.example.org:5432/user_db"),
        (f"{_CONF}/registry.xml", "mount/@path", ["/_system/config", "/_system/governance"]),
        (f"{_CONF}/registry.xml", "mount/@overwrite", ["true", "true"]),
        (f"{_CONF}/registry.xml", "mount/instanceId", ["shared", "shared"]),
        (f"{_CONF}/registry.xml", "mount/targetPath", ["/_system/config", "/_system/governance"]),
        # Names and ports
        (f"{_CONF}/carbon.xml", "HostName", "login.example.org"),
        (f"{_CONF}/carbon.xml", "MgtHostName", "console.example.org"),
        (f"{_CONF}/carbon.xml", "Ports/Offset", "10"),
        (f"{_CONF}/tomcat/catalina-server.xml", "Service/Connector[@port='9763']/@proxyPort", "8080"),
        (f"{_CONF}/tomcat/catalina-server.xml", "Service/Connector[@port='9443']/@proxyPort", "8443"),
        *expected_names.identity_server(),
        # Keystores
        ("repository/resources/security/wso2carbon.jks", "", b"content of wso2carbon.jks"),
        ("repository/resources/security/client-truststore.jks", "", b"content of client-truststore.jks"),
        (f"{_CONF}/tomcat/catalina-server.xml", "Service/Connector[@port='9443']/@keystorePass", 'key"store'),
        (f"{_CONF}/carbon.xml", f"{keys}/KeyStore/Password", 'key"store'),
        (f"{_CONF}/carbon.xml", f"{keys}/KeyStore/KeyAlias", "login"),
        (f"{_CONF}/carbon.xml", f"{keys}/KeyStore/KeyPassword", 'key"store'),
        (f"{_CONF}/carbon.xml", f"{keys}/InternalKeyStore/Password", 'key"store'),
        (f"{_CONF}/carbon.xml", f"{keys}/InternalKeyStore/KeyAlias", "login"),
        (f"{_CONF}/carbon.xml", f"{keys}/InternalKeyStore/KeyPassword", 'key"store'),
        (f"{_CONF}/carbon.xml", f"{keys}/TrustStore/Password", "truststore"),
        (
            f"{_CONF}/identity/identity.xml",
            "EntitlementSettings/ThirftBasedEntitlementConfig/KeyStore/Password",
            'key"store',
        ),
        (f"{_CONF}/identity/EndpointConfig.properties", "Carbon.Security.KeyStore.Password", 'key"store'),
        (f"{_CONF}/identity/EndpointConfig.properties", "Carbon.Security.TrustStore.Password", "truststore"),
        (f"{_CONF}/identity/EndpointConfig.properties", "mutual.ssl.username", "boss"),
        (f"{_CONF}/data-bridge/data-bridge-config.xml", "keyStorePassword", 'key"store'),
        # Caches stay local, sessions are kept in the database and cleaned up by one node
        (f"{_CONF}/carbon.xml", "Cache/ForceLocalCache", "true"),
        (f"{_CONF}/identity/identity.xml", f"{session}/Enable", "true"),
        (
            f"{_CONF}/identity/identity.xml",
            f"{session}/SessionDataCleanUp/Enable",
            "true" if node == "is1" else "false",
        ),
        (f"{_CONF}/identity/identity.xml", f"{session}/TempDataCleanup/Enable", "true"),
        *operation.identity_server(address),
        # Clustering
        (
            f"{_CONF}/axis2/axis2.xml",
            "clustering/@class",
            "org.wso2.carbon.core.clustering.hazelcast.HazelcastClusteringAgent",
        ),
        (f"{_CONF}/axis2/axis2.xml", "clustering/@enable", "true"),
        (f"{_CONF}/axis2/axis2.xml", "clustering/parameter[@name='AvoidInitiation']", "true"),
        (f"{_CONF}/axis2/axis2.xml", "clustering/parameter[@name='membershipScheme']", "wka"),
        (f"{_CONF}/axis2/axis2.xml", "clustering/parameter[@name='domain']", "example.cluster"),
        (f"{_CONF}/axis2/axis2.xml", "clustering/parameter[@name='localMemberHost']", address),
        (f"{_CONF}/axis2/axis2.xml", "clustering/parameter[@name='localMemberPort']", "4100"),
        (f"{_CONF}/axis2/axis2.xml", "clustering/parameter[@name='groupPassword']", "group<pw"),
        (f"{_CONF}/axis2/axis2.xml", "clustering/parameter[@name='connTimeout']", "7"),
        (f"{_CONF}/axis2/axis2.xml", "clustering/members/member/hostName", ["192.0.2.21", "192.0.2.22"]),
        (f"{_CONF}/axis2/axis2.xml", "clustering/members/member/port", ["4100", "4100"]),
        (f"{_CONF}/axis2/axis2.xml", "clustering/groupManagement/@enable", "false"),
        (f"{_CONF}/hazelcast.properties", "hazelcast.logging.type", "log4j"),
        (f"{_CONF}/hazelcast.properties", "hazelcast.shutdownhook.enabled", "false"),
        (f"{_CONF}/hazelcast.properties", "hazelcast.max.no.heartbeat.seconds", "45"),
        (f"{_CONF}/hazelcast.properties", "hazelcast.heartbeat.interval.seconds", "3"),
        (f"{_CONF}/hazelcast.properties", "hazelcast.jmx", "true"),
        (f"{_CONF}/log4j.properties", "log4j.logger.com.hazelcast", "INFO"),
        # Events
        (f"{_CONF}/identity/identity-event.properties", "analyticsLoginDataPublisher.enable", "true"),
        (f"{_CONF}/identity/identity-event.properties", "analyticsSessionDataPublisher.enable", "true"),
    ]
    # The directory is shared, so one node writes it.
    for publisher in PUBLISHERS if node == "is1" else ():
        file, to = f"{_PUBLISHERS}{publisher}.xml", "to[@eventAdapterType='wso2event']"
        found += [
            (file, f"{to}/property[@name='receiverURL']", "tcp://192.0.2.31:7612|tcp://192.0.2.32:7612"),
            (file, f"{to}/property[@name='username']", "stats"),
            (file, f"{to}/property[@name='password']", "an-admin"),
            (file, f"{to}/property[@name='password']/@encrypted", "false"),
            (file, f"{to}/property[@name='protocol']", "thrift"),
        ]
    return found


def _analytics(file: str, identifier: str, listener: str) -> list[Expectation]:
    """What workers and dashboards have in common."""
    database = "wso2.datasources/dataSources/name=IS_ANALYTICS_DB"
    user = "auth.configs/userManager/userStore/users/0/user"
    return [
        (file, "wso2.carbon/id", identifier),
        (file, f"{database}/jndiConfig/name", "jdbc/IS_ANALYTICS_DB"),
        (file, f"{database}/definition/configuration/jdbcUrl", "jdbc:postgresql://db.example.org:5432/analytics_db"),
        (file, f"{database}/definition/configuration/username", "analytics_owner"),
        (file, f"{database}/definition/configuration/password", "analytics&pw"),
        (file, f"{database}/definition/configuration/driverClassName", "org.postgresql.Driver"),
        (file, f"{database}/definition/configuration/maxPoolSize", 12),
        ("resources/security/wso2carbon.jks", "", b"content of an.jks"),
        ("resources/security/client-truststore.jks", "", b"content of an-trust.jks"),
        (file, f"wso2.transport.http/listenerConfigurations/id={listener}/keyStorePassword", "an: key"),
        (file, f"wso2.transport.http/listenerConfigurations/id={listener}/certPass", "an: key"),
        (file, "databridge.config/keyStorePassword", "an: key"),
        *expected_names.analytics(file),
        (
            file,
            "data.agent.config/agents/agentConfiguration.name=Thrift/agentConfiguration/trustStorePassword",
            "an-trust",
        ),
        (
            file,
            "data.agent.config/agents/agentConfiguration.name=Binary/agentConfiguration/trustStorePassword",
            "an-trust",
        ),
        (file, "auth.configs/type", "local"),
        (file, f"{user}/username", "stats"),
        # printf an-admin | base64
        (file, f"{user}/password", "YW4tYWRtaW4="),
    ]


def worker(node: str) -> list[Expectation]:
    """What the files of worker an1 or an2 must say."""
    file = "conf/worker/deployment.yaml"
    address = {"an1": "192.0.2.31", "an2": "192.0.2.32"}[node]
    cluster = "wso2.datasources/dataSources/name=WSO2_CLUSTER_DB/definition/configuration"
    state = "wso2.datasources/dataSources/name=WSO2_PERSISTENCE_DB"
    sync = "deployment.config/eventSyncServer"
    return [
        *_analytics(file, f"{node}-worker", "msf4j-https"),
        *operation.analytics("worker"),
        (file, f"{cluster}/jdbcUrl", "jdbc:postgresql://db.example.org:5432/analytics_cluster_db"),
        (file, f"{cluster}/username", "analytics_cluster_owner"),
        (file, f"{cluster}/password", "analytics_cluster&pw"),
        (file, f"{cluster}/driverClassName", "org.postgresql.Driver"),
        (file, f"{cluster}/maxPoolSize", 4),
        (file, f"{cluster}/connectionTestQuery", "SELECT 1"),
        (file, f"{state}/jndiConfig/name", "jdbc/WSO2PersistenceDB"),
        (file, f"{state}/definition/type", "RDBMS"),
        (
            file,
            f"{state}/definition/configuration/jdbcUrl",
            "jdbc:postgresql://db.example.org:5432/analytics_persistence_db",
        ),
        (file, f"{state}/definition/configuration/username", "analytics_persistence_owner"),
        (file, f"{state}/definition/configuration/password", "analytics_persistence&pw"),
        (file, f"{state}/definition/configuration/driverClassName", "org.postgresql.Driver"),
        (file, f"{state}/definition/configuration/connectionTestQuery", "SELECT 1"),
        (file, f"{state}/definition/configuration/maxPoolSize", 12),
        (file, f"{state}/definition/configuration/isAutoCommit", False),
        (file, "state.persistence/enabled", True),
        (
            file,
            "state.persistence/persistenceStore",
            "org.wso2.carbon.stream.processor.core.persistence.DBPersistenceStore",
        ),
        (file, "state.persistence/config", {"datasource": "WSO2_PERSISTENCE_DB", "table": "PERSISTENCE_TABLE"}),
        (file, "state.persistence/intervalInMin", 1),
        (file, "state.persistence/revisionsToKeep", 2),
        (file, "cluster.config/enabled", True),
        (file, "cluster.config/groupId", "example.analytics"),
        (
            file,
            "cluster.config/coordinationStrategyClass",
            "org.wso2.carbon.cluster.coordinator.rdbms.RDBMSCoordinationStrategy",
        ),
        (file, "cluster.config/strategyConfig/datasource", "WSO2_CLUSTER_DB"),
        (file, "cluster.config/strategyConfig/heartbeatInterval", 4000),
        (file, "cluster.config/strategyConfig/heartbeatMaxRetry", 4),
        (file, "cluster.config/strategyConfig/eventPollingInterval", 4000),
        (file, "deployment.config/type", "ha"),
        (file, f"{sync}/host", address),
        (file, f"{sync}/port", 9894),
        (file, f"{sync}/advertisedHost", address),
        (file, f"{sync}/advertisedPort", 9894),
        (file, f"{sync}/bossThreads", 10),
        (file, f"{sync}/workerThreads", 10),
        (
            file,
            "deployment.config/eventSyncClientPool",
            {"maxActive": 10, "maxTotal": 10, "maxIdle": 10, "maxWait": 60000, "minEvictableIdleTimeMillis": 120000},
        ),
        (file, "deployment.config/eventByteBufferQueueCapacity", 20000),
        (file, "deployment.config/byteBufferExtractorThreadPoolSize", 5),
        (file, "deployment.config/passiveNodeDetailsWaitTimeOutMillis", 300000),
        (
            file,
            "databridge.config/dataReceivers/dataReceiver.type=Thrift/dataReceiver/properties",
            {"tcpPort": "7612", "sslPort": "7712"},
        ),
    ]


def dashboard(node: str) -> list[Expectation]:
    """What the files of the dashboard must say."""
    return [
        *_analytics("conf/dashboard/deployment.yaml", f"{node}-dashboard", "default-https"),
        *operation.analytics("dashboard"),
    ]


SERVERS: dict[tuple[str, str], list[Expectation]] = {
    ("is1", "is"): identity_server("is1"),
    ("is2", "is"): identity_server("is2"),
    ("an1", "worker"): worker("an1"),
    ("an2", "worker"): worker("an2"),
    ("an1", "dashboard"): dashboard("an1"),
}
