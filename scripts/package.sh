#!/usr/bin/env bash
# Packs a built binary for people: with its man pages, completions and licences, and a checksum beside it.
# scripts/package.sh BINARY TARGET, e.g. scripts/package.sh target/release/pgpact x86_64-unknown-linux-gnu
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${1:?"which binary?"} target=${2:?"for which target?"}
version=$("$binary" --version | cut -d' ' -f2)
declared=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
if [ "$version" != "$declared" ]; then
  echo "$binary is version $version, Cargo.toml says $declared: build it first" >&2
  exit 1
fi
name=pgpact-$version-$target
folder=dist/$name
rm -rf "$folder"
mkdir -p "$folder/man" "$folder/completions"
install -m 755 "$binary" "$folder/pgpact"
cp README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$folder/"
"$binary" man > "$folder/man/pgpact.1"
"$binary" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' | while read -r command; do
  [ "$command" = help ] || "$binary" man "$command" > "$folder/man/pgpact-$command.1"
done
for shell in bash zsh fish; do
  "$binary" completions "$shell" > "$folder/completions/pgpact.$shell"
done
# The same files make the same archive, whoever packs them and whenever.
stamp=$(git log -1 --format=%ct 2>/dev/null || echo 0)
tar --create --sort=name --mtime="@$stamp" --owner=0 --group=0 --numeric-owner --directory=dist "$name" |
  gzip --no-name > "dist/$name.tar.gz"
(cd dist && sha256sum "$name.tar.gz" > "$name.tar.gz.sha256")
echo "dist/$name.tar.gz"
