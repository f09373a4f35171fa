-- User managed access (PostgreSQL).
-- Practice pack: names of tables and columns as in the product; only what this server and the libraries in it use.

CREATE TABLE IDN_UMA_RESOURCE (
  ID SERIAL,
  RESOURCE_ID VARCHAR(255),
  RESOURCE_NAME VARCHAR(255),
  TIME_CREATED TIMESTAMP NOT NULL,
  RESOURCE_OWNER_NAME VARCHAR(255),
  CLIENT_ID VARCHAR(255),
  TENANT_ID INTEGER DEFAULT -1234,
  USER_DOMAIN VARCHAR(50),
  PRIMARY KEY (ID)
);
