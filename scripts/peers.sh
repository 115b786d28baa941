#!/usr/bin/env bash
# Fetches the tools that benches/compare.rs compares with: the Supabase CLI from npm and migra from PyPI, into
# target/peers or the folder that PGPACT_PEERS names. Nothing else needs them; what cannot be had is reported as not here.
set -euo pipefail
cd "$(dirname "$0")/.."

target="${PGPACT_PEERS:-target/peers}"
mkdir -p "$target"

missing() { echo "PEER NOT FETCHED: $*; the bench goes without it." >&2; }

if ! command -v npm >/dev/null; then
  missing "supabase needs npm"
elif [ ! -e "$target/node_modules/.bin/supabase" ]; then
  npm install --silent --no-audit --no-fund --prefix "$target" supabase || missing "npm cannot fetch supabase"
fi

# migra is no longer maintained: it wants the setuptools and the SQLAlchemy of its time.
if ! command -v python3 >/dev/null; then
  missing "migra needs python3"
elif [ ! -e "$target/venv/bin/migra" ]; then
  { python3 -m venv "$target/venv" &&
    "$target/venv/bin/pip" install -q migra psycopg2-binary 'setuptools<81' 'sqlalchemy<2.1'; } ||
    missing "pip cannot fetch migra"
fi
