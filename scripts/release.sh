#!/usr/bin/env bash
# The steps of .github/workflows/release.yml: draft FILE…, image ARCHITECTURE PUBLISH, publish.
# A release is tagged on a commit of its own: the digest that action.yml names exists only after the image is built.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
tag=v$version
image=ghcr.io/pgpact/pgpact

log_in() { echo "$GH_TOKEN" | docker login ghcr.io --username "$ACTOR" --password-stdin; }

case ${1:?"draft, image or publish"} in
draft)
  shift
  gh release view "$tag" > /dev/null 2>&1 ||
    gh release create "$tag" --draft --title "$tag" --notes-file CHANGELOG.md
  gh release upload "$tag" --clobber "$@"
  ;;
image)
  architecture=${2:?"which architecture?"} publishes=${3:-false}
  arguments=(--platform "linux/$architecture" --provenance=mode=max --sbom=true)
  if [ "$publishes" = true ]; then
    log_in
    arguments+=(--tag "$image:$version-$architecture" --push)
  fi
  docker buildx create --use --name release
  docker buildx build "${arguments[@]}" .
  ;;
publish)
  log_in
  docker buildx imagetools create --tag "$image:$version" "$image:$version-amd64" "$image:$version-arm64"
  digest=$(docker buildx imagetools inspect "$image:$version" --format '{{.Manifest.Digest}}')
  [[ $digest == sha256:* ]]
  sed -i "s|^  image: .*|  image: docker://$image@$digest|" action.yml
  git -c user.name=pgpact -c user.email=pgpact@users.noreply.github.com \
    commit --all --message "Name the image of $tag by its digest"
  git tag "$tag"
  git tag --force v1
  # The token stays out of arguments and addresses, which processes and errors show.
  gh auth setup-git
  git push origin "$tag" "+refs/tags/v1"
  gh release edit "$tag" --draft=false --verify-tag
  ;;
*)
  echo "draft, image or publish" >&2
  exit 2
  ;;
esac
