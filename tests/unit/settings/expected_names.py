# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sample's files must say of TLS, of the stores' further places, and of the user dashboard and portal."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

Expectation = tuple[str, str, Any]

_CONF = "repository/conf"
_STORES = "repository/resources/security"
_APPS = "repository/deployment/server/jaggeryapps"


def identity_server() -> list[Expectation]:
    """The same on every node."""
    catalina, web = f"{_CONF}/tomcat/catalina-server.xml", f"{_CONF}/tomcat/carbon/WEB-INF/web.xml"
    https = "Service/Connector[@port='9443']"
    header = "filter[filter-name='HttpHeaderSecurityFilter']/init-param"
    filters = "filters/name=HttpHeaderSecurityFilter/params/name"
    saml = f"{_APPS}/dashboard/authentication/auth_config.json"
    fido = "AuthenticatorConfigs/AuthenticatorConfig[@name='FIDOAuthenticator']/Parameter"
    return [
        (catalina, f"{https}/@sslEnabledProtocols", "TLSv1.2"),
        (
            catalina,
            f"{https}/@ciphers",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        ),
        (catalina, f"{https}/@server", "web"),
        (catalina, f"{https}/@clientAuth", "want"),
        (catalina, "Service/Connector[@port='9763']/@server", "web"),
        (web, f"{header}[param-name='hstsEnabled']/param-value", "true"),
        (web, f"{header}[param-name='hstsMaxAgeSeconds']/param-value", "86400"),
        (web, f"{header}[param-name='antiClickJackingEnabled']/param-value", "false"),
        (f"{_CONF}/tomcat/context.xml", "./@disableURLRewriting", "true"),
        # Where each place looks for the stores is where they are written.
        *(
            (f"{_CONF}/carbon.xml", f"Security/{store}/Location", f"${{carbon.home}}/{_STORES}/{file}.jks")
            for store, file in (
                ("KeyStore", "wso2carbon"),
                ("InternalKeyStore", "wso2carbon"),
                ("TrustStore", "client-truststore"),
            )
        ),
        (catalina, f"{https}/@keystoreFile", f"${{carbon.home}}/{_STORES}/wso2carbon.jks"),
        (
            f"{_CONF}/identity/identity.xml",
            "EntitlementSettings/ThirftBasedEntitlementConfig/KeyStore/Location",
            f"${{carbon.home}}/{_STORES}/wso2carbon.jks",
        ),
        (f"{_CONF}/identity/EndpointConfig.properties", "client.keyStore", f"./{_STORES}/wso2carbon.jks"),
        (f"{_CONF}/identity/EndpointConfig.properties", "client.trustStore", f"./{_STORES}/client-truststore.jks"),
        (
            f"{_CONF}/data-bridge/data-bridge-config.xml",
            "keyStoreLocation",
            f"${{carbon.home}}/{_STORES}/wso2carbon.jks",
        ),
        # Dashboard and portal: browsers come by the public name, the server is asked directly.
        *(
            expectation
            for app in ("dashboard", "portal")
            for expectation in (
                (f"{_APPS}/{app}/conf/site.json", "proxy/proxyHost", "login.example.org"),
                (f"{_APPS}/{app}/conf/site.json", "proxy/proxyHTTPSPort", "8443"),
                (f"{_APPS}/{app}/conf/site.json", "proxy/proxyContextPath", ""),
                (f"{_APPS}/{app}/jaggery.conf", f"{filters}=hstsEnabled/value", "true"),
                (f"{_APPS}/{app}/jaggery.conf", f"{filters}=hstsMaxAgeSeconds/value", "86400"),
                (f"{_APPS}/{app}/conf/site.json", "service/serviceOrigin", "https://localhost:9453"),
            )
        ),
        (f"{_APPS}/dashboard/conf/site.json", "proxy/servicePath", "/services"),
        (f"{_APPS}/portal/conf/site.json", "fido/appId", "https://login.example.org:8443"),
        (
            f"{_CONF}/identity/application-authentication.xml",
            f"{fido}[@name='AppID']",
            "https://login.example.org:8443",
        ),
        (
            f"{_CONF}/identity/application-authentication.xml",
            f"{fido}[@name='FidoAuth']",
            "/authenticationendpoint/fido-auth.jsp",
        ),
        (saml, "saml_config/SAML.KeyStorePassword", 'key"store'),
        (saml, "saml_config/SAML.PrivateKeyPassword", 'key"store'),
        (saml, "saml_config/SAML.PrivateKeyAlias", "login"),
        (saml, "saml_config/SAML.IdPCertAlias", "login"),
        (saml, "saml_config/SAML.KeyStore", "{carbon.home}/repository/resources/security/wso2carbon.jks"),
    ]


def analytics(deployment: str) -> list[Expectation]:
    """For the runtime with this deployment.yaml."""
    runtime = PurePosixPath(deployment).parent.name
    script = f"wso2/{runtime}/bin/carbon.sh"
    listeners = f"wso2/{runtime}/conf/transports/netty-transports.yml"
    agent = "data.agent.config/agents/agentConfiguration.name={}/agentConfiguration/sslEnabledProtocols"
    return [
        (script, "-Djavax.net.ssl.keyStorePassword", "an: key"),
        (script, "-Djavax.net.ssl.trustStorePassword", "an-trust"),
        (listeners, "listenerConfigurations/id=https/keyStorePass", "an: key"),
        (listeners, "listenerConfigurations/id=https/certPass", "an: key"),
        (deployment, agent.format("Thrift"), "TLSv1.2"),
        (deployment, agent.format("Binary"), "TLSv1.2"),
    ]
