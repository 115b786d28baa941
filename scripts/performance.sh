#!/usr/bin/env bash
# Measures again what docs/performance.md tells, and writes the tables there: all of them, or those of the benches named.
#   scripts/performance.sh [read|compare|reconcile|replay|start|usage|serve]...
# A comment in the page says how each table is made. It takes an hour on two cores; nothing else should run meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/performance.md
scripts/prerequisites.sh
scripts/peers.sh || echo "no peers: their columns say so"
cargo build --quiet --locked --profile bench --bin pgpact --benches

grep -o '^<!-- cargo bench --bench .* -->$' "$page" | while read -r _ _ _ _ bench words; do
  if [ $# -gt 0 ] && ! printf '%s\n' "$@" | grep -qx "$bench"; then continue; fi
  words=${words%-->}
  echo "== $bench $words" >&2
  table=$(mktemp)
  # shellcheck disable=SC2086  # several words
  cargo bench --quiet --locked --bench "$bench" $words </dev/null | tee >(cat >&2) | grep '^|' >"$table"
  awk -v marker="<!-- cargo bench --bench $bench " -v table="$table" '
    index($0, marker) == 1 { print; print ""; while ((getline line < table) > 0) print line; skips = 1; next }
    skips && (/^\|/ || /^$/) { next }
    skips { skips = 0; print "" }
    { print }
  ' "$page" >"$page.new"
  mv "$page.new" "$page"
  rm -f "$table"
done
