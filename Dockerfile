# The image of the action: one binary and the Postgres that migrations are replayed in.
#
# `docker build .` builds the binary too. With `--build-arg BINARY=given` it is taken from dist/pgpact.
ARG BINARY=build

# Images by digest: what a tag means changes. .github/dependabot.yml brings newer ones.
FROM rust:1.95-slim-bookworm@sha256:d7482085ff5b415f84dba5647ae71606650bdef00db7aeb69f4b3d170c3e4082 AS build
# rust-toolchain.toml also asks for components that only developers need.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /source
COPY . .
RUN cargo build --release --locked --bin pgpact && cp target/release/pgpact /pgpact

FROM scratch AS given
COPY dist/pgpact /pgpact

# hadolint ignore=DL3006
FROM ${BINARY} AS binary

FROM debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f
LABEL org.opencontainers.image.title="pgpact" \
      org.opencontainers.image.description="Holds a live Postgres, Supabase first, to the contract its repository declares" \
      org.opencontainers.image.source="https://github.com/pgpact/pgpact" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
# Debian makes a server of its own when Postgres is installed; nobody needs it here.
RUN mkdir -p /etc/postgresql-common \
    && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
    && apt-get update \
    && apt-get install --yes --no-install-recommends \
       ca-certificates postgresql-17 postgresql-17-pgvector \
    && rm -rf /var/lib/apt/lists/*
COPY --from=binary /pgpact /usr/local/bin/pgpact
# No USER and no WORKDIR: the runner mounts the workspace for root and says where to work.
# The list form, as a shell drops variables with dashes in their names, and inputs are such.
# For `pgpact serve`. What else runs in this image is over before a failing check would count.
HEALTHCHECK --interval=30s --timeout=10s --start-period=5m --retries=3 CMD ["/usr/local/bin/pgpact", "serve", "--check"]

ENTRYPOINT ["/usr/local/bin/pgpact", "action"]
