//! A Postgres for a machine that has none: a release's archive, downloaded, held to its checksum, unpacked and kept.

mod advice;
mod download;
mod keep;
mod release;
mod unpack;

use std::path::{Path, PathBuf};

use tokio::sync::Mutex;

use super::folder::User;
use super::installation::{self, Installation};
use super::{Choice, Origin};
use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;
use release::Release;

pub(super) use advice::advice;
pub use release::RELEASES;

/// From where a Postgres is fetched, and where it stays.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// Where releases lie, as `ADDRESS/VERSION/postgresql-VERSION-TARGET.tar.gz` with `.sha256` beside it.
    pub from: String,
    /// The folder that keeps what was fetched; without one, the user's.
    pub cache: Option<PathBuf>,
    /// Nothing may be fetched; what an earlier run fetched is used.
    pub is_offline: bool,
}

/// One download a process: several targets that need the same wait for the first.
static TURN: Mutex<()> = Mutex::const_new(());

/// Sees to it that there is a Postgres for a server of our own, where that may be fetched.
///
/// # Errors
/// When there is none, and none could be had.
pub(super) async fn ensure(choice: &Choice, progress: &dyn Progress) -> Result<()> {
    let fetch = match &choice.origin {
        _ if choice.server.is_some() || choice.bin.is_some() => return Ok(()),
        Origin::Native => return Ok(()),
        Origin::Auto(_) if installation::is_any() => return Ok(()),
        Origin::Auto(fetch) | Origin::Fetched(fetch) => fetch,
    };
    let _turn = TURN.lock().await;
    if kept(fetch, choice.major).is_some_and(|(_, is_right)| is_right || fetch.is_offline) {
        return Ok(());
    }
    if fetch.is_offline {
        return Err(offline(choice));
    }
    let release = Release::of(choice.major)
        .ok_or_else(|| unknown_machine(&release::this_machine()).with_help(advice(choice.major)))?;
    let user = User::unprivileged();
    let folder = keep::make(fetch.cache.as_deref(), user)?;
    obtain(fetch, &release, &folder, user, progress)
        .await
        .map_err(|error| match error.help() {
            Some(_) => error,
            None => error.with_help(format!(
                "{} --fetch-from names a mirror.",
                advice(choice.major)
            )),
        })
}

/// What is kept, best first: the release that would be fetched, else of that major, else the newest.
pub(super) fn find(fetch: &Fetch, wanted: Option<u32>) -> Option<Installation> {
    kept(fetch, wanted).map(|(found, _)| found)
}

/// The same, and whether it is the very release that would be fetched.
fn kept(fetch: &Fetch, wanted: Option<u32>) -> Option<(Installation, bool)> {
    let release = Release::of(wanted)?;
    let folders = keep::folders(fetch.cache.as_deref(), User::unprivileged());
    let mut right = folders.iter().filter_map(|folder| {
        let bin = folder.join(release.name()).join("bin");
        installation::examine(&bin)
    });
    if let Some(found) = right.next() {
        return Some((found, true));
    }
    let entries = folders.iter().flat_map(|folder| release.others(folder));
    let found = entries.filter_map(|folder| installation::examine(&folder.join("bin")));
    let best = found.max_by_key(|found| (Some(found.major) == wanted, found.major));
    best.map(|found| (found, false))
}

/// Downloads and unpacks a release beside what is kept, and gives it its name there once it is whole and runs.
async fn obtain(
    fetch: &Fetch,
    release: &Release,
    folder: &Path,
    user: Option<User>,
    progress: &dyn Progress,
) -> Result<()> {
    keep::sweep(folder);
    let new = keep::begin(folder)?;
    let archive = new.path().join("archive");
    download::download(&fetch.from, release, &archive, progress).await?;
    progress.phase(&format!("unpacking Postgres {}", release.version));
    let (name, into) = (release.name(), new.path().to_owned());
    tokio::task::spawn_blocking(move || unpack::unpack(&archive, &name, &into))
        .await
        .map_err(|source| failed("unpacking ended").with_source(source))??;
    let unpacked = new.path().join(release.name());
    keep::try_out(&unpacked, release.major, user)?;
    keep::put(&unpacked, &folder.join(release.name()))?;
    tracing::info!(folder = %folder.display(), "fetched Postgres {}", release.version);
    Ok(())
}

fn offline(choice: &Choice) -> Error {
    let error = |what: &str| {
        let message = format!("no Postgres server was {what}, and --offline lets none be fetched");
        Error::new(ErrorCode::ScratchUnavailable, message)
    };
    match choice.origin {
        Origin::Fetched(_) => error("fetched before").with_help(
            "Run it once without --offline and with the same --cache, or use what is installed with --scratch auto.",
        ),
        Origin::Auto(_) | Origin::Native => {
            error("found on this machine").with_help(advice(choice.major))
        }
    }
}

fn unknown_machine(name: &str) -> Error {
    failed(format!("no Postgres is released for {name}"))
}

fn failed(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::FetchFailed, message)
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::FetchRefused, message).with_help(
        "Nothing of it was kept. Try again; if it stays, somebody between here and there serves something else: install Postgres from your system's packages instead.",
    )
}
