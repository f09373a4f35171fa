// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.web;

import identityops.practice.is.conf.IdentityXml;
import identityops.practice.is.data.Datasources;
import identityops.practice.is.data.RequiredDatabases;
import identityops.practice.is.events.LoginListener;
import identityops.practice.is.oauth.Clients;
import identityops.practice.is.oauth.Sessions;
import identityops.practice.is.oauth.Tokens;
import identityops.practice.is.users.Realm;
import identityops.practice.is.users.UserClaims;

/** What the endpoints work with. */
public final class Services {
    public final IdentityXml identityXml;
    public final Realm realm;
    public final UserClaims claims;
    public final Sessions sessions;
    public final Clients clients;
    public final Tokens tokens;
    public final Datasources datasources;
    public final RequiredDatabases databases;
    public final LoginListener logins;

    public Services(IdentityXml identityXml, Realm realm, Datasources datasources, RequiredDatabases databases, LoginListener logins) {
        this.identityXml = identityXml;
        this.realm = realm;
        this.claims = new UserClaims(realm);
        this.sessions = new Sessions(databases.identity());
        this.clients = new Clients(databases.identity());
        this.tokens = new Tokens(databases.identity(), identityXml.number("OAuth/UserAccessTokenDefaultValidityPeriod", 3600),
                identityXml.number("OAuth/AccessTokenDefaultValidityPeriod", 3600), identityXml.number("OAuth/RefreshTokenValidityPeriod", 84600),
                identityXml.number("OAuth/AuthorizationCodeDefaultValidityPeriod", 300));
        this.datasources = datasources;
        this.databases = databases;
        this.logins = logins;
    }
}
