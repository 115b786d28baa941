//! Flags that say where the throwaway Postgres comes from, and how they become a choice.

use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use super::usage;
use crate::error::Result;
use crate::scratch::{Choice, Fetch, Limits, Origin, RELEASES};

/// Where the throwaway Postgres comes from, and what it may take.
#[derive(Debug, Clone, Args)]
pub struct ScratchFlags {
    /// Where the throwaway Postgres comes from: native (binaries on this machine), fetched (a release of live's major),
    /// auto (native, fetched where there is none), or the postgres://… of a server to make a database on and drop it
    /// again
    #[arg(
        long,
        global = true,
        value_name = "auto|native|fetched|URL",
        default_value = "auto",
        env = "PGPACT_SCRATCH",
        hide_env_values = true
    )]
    pub scratch: SecretString,
    /// Folder with initdb and postgres to use for it [default: the live server's major, else the highest found]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "PGPACT_PG_BIN",
        hide_env_values = true
    )]
    pub pg_bin: Option<PathBuf>,
    /// Fetch no Postgres: use what this machine has, or what an earlier run fetched
    #[arg(long, global = true, env = "PGPACT_OFFLINE", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub offline: bool,
    /// Where releases are fetched from, https:// or on this machine: a mirror that keeps their paths
    /// [default: github.com/theseus-rs/postgresql-binaries]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "PGPACT_FETCH_FROM",
        hide_env_values = true
    )]
    pub fetch_from: Option<String>,
    /// What the throwaway Postgres may take, in GiB: its files so much, each of its processes half of that as memory
    #[arg(
        long,
        global = true,
        value_name = "GIB",
        default_value_t = 4,
        env = "PGPACT_SCRATCH_LIMIT",
        hide_env_values = true,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub scratch_limit: u64,
    /// Folder that keeps what migrations come to, and what a verification of them came to, for the next run: one that
    /// `actions/cache` carries, say. Entries depend on all that goes into them; the ones used least go first. A Postgres
    /// that was fetched is kept there as well
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "PGPACT_CACHE",
        hide_env_values = true
    )]
    pub cache: Option<PathBuf>,
}

impl ScratchFlags {
    /// The server that is named, where one is.
    pub(in crate::cli) fn server(&self) -> Result<Option<SecretString>> {
        match self.scratch.expose_secret() {
            "auto" | "native" | "fetched" => Ok(None),
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Ok(Some(self.scratch.clone()))
            }
            "embedded" => Err(usage(
                "--scratch embedded is not offered by this version: docs/scratch.md says why"
                    .to_owned(),
            )
            .with_help("Use fetched or native, or name a server with postgres://….")),
            _ => Err(usage(
                "--scratch is none of auto, native and fetched, nor a connection string".to_owned(),
            )
            .with_help("Name a server with postgres://user:password@host:5432/postgres.")),
        }
    }

    /// All that they say together.
    pub(super) fn choice(&self, is_strict: bool) -> Result<Choice> {
        Ok(Choice {
            server: self.server()?,
            origin: self.origin()?,
            bin: self.pg_bin.clone(),
            is_strict,
            cache: self.cache.clone(),
            limits: Limits::of(self.scratch_limit),
            ..Choice::default()
        })
    }

    fn origin(&self) -> Result<Origin> {
        let from = self.fetch_from.as_deref().map(str::trim);
        let from = from.filter(|from| !from.is_empty()).unwrap_or(RELEASES);
        if !is_trusted(from) {
            return Err(usage("--fetch-from is no https:// address".to_owned()).with_help(
                "A checksum that somebody on the way could change checks nothing; http:// is taken from this machine alone.",
            ));
        }
        let fetch = Fetch {
            from: from.to_owned(),
            cache: self.cache.clone(),
            is_offline: self.offline,
        };
        Ok(match self.scratch.expose_secret() {
            "auto" => Origin::Auto(fetch),
            "fetched" => Origin::Fetched(fetch),
            _ => Origin::Native,
        })
    }
}

/// Whether nobody between here and there could change what is fetched.
fn is_trusted(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("http://") else {
        return address.starts_with("https://");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(inside) => inside.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    !authority.contains('@') && matches!(host, "localhost" | "127.0.0.1" | "::1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fetched_comes_over_tls_or_from_this_machine() {
        for address in [
            RELEASES,
            "https://mirror.example.org/postgres",
            "http://127.0.0.1:8080/a",
            "http://localhost",
            "http://[::1]:80/a",
        ] {
            assert!(is_trusted(address), "{address}");
        }
        for address in [
            "http://mirror.example.org/postgres",
            "http://localhost.example.org",
            "http://localhost@example.org/a",
            "http://127.0.0.1.example.org",
            "http://example.org#localhost",
            "ftp://localhost",
            "/some/folder",
        ] {
            assert!(!is_trusted(address), "{address}");
        }
    }
}
