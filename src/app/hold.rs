//! A scratch with the contract in it, for people to look around in.

use super::Settings;
use super::surroundings::{Surroundings, open};
use crate::error::{Error, ErrorCode, Result};
use crate::findings::Finding;
use crate::progress::Progress;
use crate::scratch::{Choice, Scratch};
use crate::source::Sources;

/// A scratch that runs until it is dropped.
#[derive(Debug)]
pub struct Held {
    scratch: Scratch,
    /// Statements that failed, and what else there is to say of the replay.
    pub findings: Vec<Finding>,
}

impl Held {
    /// How to connect to it, as who runs migrations.
    pub fn url(&self) -> Option<String> {
        self.scratch.url()
    }
}

/// Replays the expected side and leaves the server running. Live, where it is a database, says which server is wanted.
///
/// Errors: sources that are no SQL, a server that does not start.
pub async fn hold(settings: &Settings, progress: &dyn Progress) -> Result<Held> {
    if !settings.expected.are_sql() {
        let message = format!(
            "{} is no SQL that could be replayed",
            settings.expected.label()
        );
        return Err(Error::new(ErrorCode::SourceInvalid, message)
            .with_help("Name a directory of migrations or a .sql file with --expected."));
    }
    let (live, known) = open(settings).await?;
    drop(live);
    // What the cache has is a contract, and the server is what is wanted.
    let held = Settings {
        scratch: Choice {
            cache: None,
            ..settings.scratch.clone()
        },
        live: Sources::none(),
        ..settings.clone()
    };
    let around = Surroundings::new(&held, known);
    let loaded = around.loader(false, progress).load(&held.expected).await?;
    let findings = loaded.outcome.findings(&settings.severities);
    let scratch = loaded
        .scratch
        .ok_or_else(|| Error::new(ErrorCode::ScratchFailed, "the scratch did not stay"))?;
    Ok(Held { scratch, findings })
}
