#!/usr/bin/env bash
# Runs the Supabase CLI's `db advisors` and `pgpact lint` on the same database and prints what either finds that the
# other does not: docs/lint.md explains the differences. With a connection string it looks at that database, without one
# at a throwaway server with the fixtures of faults; `clean` takes the fixtures without. Ends with 1 when the CLI finds
# something that pgpact does not. The database needs the roles anon and authenticated: the CLI fails without them.
set -euo pipefail
cd "$(dirname "$0")/.."

pgpact="${PGPACT:-target/debug/pgpact}"
peers="${PGPACT_PEERS:-target/peers}"
cli="$peers/node_modules/.bin/supabase"
[ -e "$cli" ] || npm install --silent --no-audit --no-fund --prefix "$peers" supabase
[ -x "$pgpact" ] || cargo build --quiet

work="$(mktemp -d)"
project="$PWD"
server=
cleanup() {
  [ -z "$server" ] || as_postgres "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

# Postgres refuses to run as root.
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

start() {
  bin="${PGPACT_PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)}"
  chmod 755 "$work"
  mkdir "$work/data"
  [ "$(id -u)" != 0 ] || chown postgres "$work/data"
  as_postgres "$bin/initdb" -D "$work/data" -U postgres -A trust >/dev/null
  port="$(node -e 's=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')"
  as_postgres "$bin/pg_ctl" -D "$work/data" -l "$work/data/log" -w start >/dev/null \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$work/data -c fsync=off"
  server=yes
  url="postgres://postgres:none@127.0.0.1:$port/live"
  local run=("$bin/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U postgres)
  "${run[@]}" -c "create database live"
  # The CLI goes by the project's file, pgpact by the database.
  project="$work"
  mkdir "$work/supabase"
  printf '[api]\nschemas = ["public", "pgmq_public"]\n' >"$work/supabase/config.toml"
  "${run[@]}" -c "alter database live set pgrst.db_schemas = 'public, pgmq_public'"
  for file in environment "$@"; do "${run[@]}" -d live -f "fixtures/lint/$file.sql" >/dev/null; done
}

case "${1:-}" in
  "") start faults counted broken ;;
  clean) start clean ;;
  *) url="$1" ;;
esac

"$cli" --workdir "$project" db advisors --db-url "$url" --level info --fail-on none --output-format json --agent no >"$work/theirs.json" 2>"$work/theirs.log" ||
  { cat "$work/theirs.log" >&2; exit 3; }
PGPACT_LINT_SOURCE="$url" "$pgpact" lint --quiet --format json --fail-on never >"$work/ours.json"

# What the CLI calls a check, and what we do; what it has no name for ends with a dash.
cat >"$work/names.tsv" <<'NAMES'
unindexed_foreign_keys	lint-foreign-key-unindexed
auth_users_exposed	lint-auth-users-exposed
auth_rls_initplan	lint-policy-per-row-call
no_primary_key	lint-table-without-primary-key
unused_index	lint-index-unused
multiple_permissive_policies	lint-policies-many-permissive
policy_exists_rls_disabled	lint-policies-without-rls
rls_enabled_no_policy	lint-rls-without-policies
duplicate_index	lint-index-duplicate
security_definer_view	lint-view-security-definer
function_search_path_mutable	lint-function-search-path
rls_disabled_in_public	lint-rls-disabled
extension_in_public	lint-extension-in-public
rls_references_user_metadata	lint-policy-user-metadata
materialized_view_in_api	lint-materialized-view-exposed
foreign_table_in_api	lint-foreign-table-exposed
unsupported_reg_types	lint-reg-type
insecure_queue_exposed_in_api	lint-queue-exposed
table_bloat	lint-table-bloat
fkey_to_auth_unique	lint-foreign-key-to-auth-unique
extension_versions_outdated	lint-extension-outdated
sensitive_columns_exposed	lint-sensitive-column-exposed
rls_policy_always_true	lint-policy-always-true
NAMES

node scripts/advisors.mjs "$work"
