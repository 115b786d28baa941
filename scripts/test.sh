#!/usr/bin/env bash
# Passes the tests: units, properties, the corpus on real Postgres, the binary end to end.
# Arguments go to cargo nextest, e.g. scripts/test.sh corpus
set -euo pipefail
cd "$(dirname "$0")/.."
cargo nextest run --locked --no-fail-fast "$@"
