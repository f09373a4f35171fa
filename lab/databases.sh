#!/usr/bin/env bash
# Make the databases of the lab in the PostgreSQL of a node, as soon as it answers: lab/databases.sh db1. What is there stays.
# LAB_DATABASES names further ones. Each belongs to a user of its name with the password <name>-pw.
set -euo pipefail
# shellcheck source=lab/lib.sh
. "$(dirname "$0")/lib.sh"
lab_identity
container=$LAB_PREFIX-$1
databases=(is_user is_identity is_workflow an_stats an_cluster an_persistence)
read -ra further <<<"${LAB_DATABASES:-}"
databases+=("${further[@]}")

postgresql_answers() { docker exec "$container" pg_isready -q -h 127.0.0.1; }

wait_for 60 "PostgreSQL answers on $1" postgresql_answers
docker exec -i -u postgres "$container" psql -qAtX -v ON_ERROR_STOP=1 -v names="${databases[*]}" >/dev/null <<'SQL'
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', n, n || '-pw') FROM string_to_table(:'names', ' ') n
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = n) \gexec
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8''', n, n) FROM string_to_table(:'names', ' ') n
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = n) \gexec
SQL
