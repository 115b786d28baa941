#!/usr/bin/env bash
# Installs what the tests need beyond Rust: a Postgres server, where there is none, those of other majors, and
# Redis for the checks of `pgpact serve`, pgbouncer, libfaketime, and cargo-nextest.
set -euo pipefail

has_server() {
  command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || [ -n "${PGPACT_PG_BIN:-}" ]
}

if ! has_server; then
  if ! command -v apt-get >/dev/null; then
    echo "No Postgres server was found. Install one, or name its folder with PGPACT_PG_BIN." >&2
    exit 2
  fi
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo"
  $as_root apt-get update -q
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends postgresql postgresql-contrib
fi

missing=""
command -v redis-server >/dev/null || missing="redis-server"
command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || missing="$missing pgbouncer"
compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || missing="$missing libfaketime"
if [ -n "$missing" ] && command -v apt-get >/dev/null; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo"
  $as_root apt-get update -q
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends $missing
fi

"$(dirname "$0")/majors.sh"

if ! cargo nextest --version >/dev/null 2>&1; then
  cargo install --locked cargo-nextest
fi
