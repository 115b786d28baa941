//! What earlier runs worked out, in a folder that may be carried from machine to machine.
//!
//! Contracts are kept under a key of everything that they depend on: this build, the server's version and extensions,
//! the platform, the text of every file. So are reports of whole runs, under what those came from. A history that goes on where a kept one ends starts from its server's data.

mod entry;
mod key;
mod shelf;
mod state;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::replay::Outcome;
use super::{Choice, Environment, MigrationFile, installation};
use crate::contract::{self, ObjectId};
use crate::inspect::Reading;
use crate::scratch::Atomicity;

pub use shelf::Shelf;
pub(super) use state::{Progressed, State};

/// How many of each are kept; those that were not used for longest go first.
const MOST: [(&str, usize); 3] = [(CONTRACT, 60), (REPORT, 60), (STATE, 4)];

/// What a killed run was writing for longer than this, nobody writes any more.
const ABANDONED: Duration = Duration::from_secs(3600);

const CONTRACT: &str = "contract";
const REPORT: &str = "report";
const STATE: &str = "state";

/// The entries of one history, under the keys of its beginnings.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    /// The key before the first file, then after each.
    keys: Vec<String>,
}

/// A contract as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    contract: String,
    platform: Vec<ObjectId>,
    outcome: Outcome,
}

impl Cache {
    /// The cache that was asked for, if a server of our own is to elaborate these files.
    pub(super) fn of(
        choice: &Choice,
        environment: &Environment,
        batches: &[(Vec<MigrationFile>, Atomicity)],
    ) -> Option<Self> {
        let folder = choice.cache.clone()?;
        if choice.server.is_some() {
            return None;
        }
        let installation = installation::choose(choice)?;
        let keys = key::chain(&installation, environment, choice.is_strict, batches);
        Some(Self { folder, keys })
    }

    /// The contract of the whole history, if it is kept.
    pub(super) fn contract(&self) -> Option<(Reading, Outcome)> {
        let path = self.path(CONTRACT, self.keys.len() - 1);
        let key = &self.keys[self.keys.len() - 1];
        let found = entry::read(&path, key)?.and_then(|body| unpack(&body));
        usable(&path, found)
    }

    /// Keeps the contract of the whole history. What cannot be written costs nothing but the next run's time.
    pub(super) fn keep(&self, reading: &Reading, outcome: &Outcome) {
        let key = &self.keys[self.keys.len() - 1];
        let kept = Kept {
            contract: contract::to_json(&reading.contract),
            platform: reading.platform.iter().cloned().collect(),
            outcome: outcome.clone(),
        };
        let Ok(body) = serde_json::to_vec(&kept) else {
            return;
        };
        let path = self.path(CONTRACT, self.keys.len() - 1);
        keep(&self.folder, &path, key, &body);
    }

    /// The longest beginning whose server is kept: how many files it has, and what is to be known of it.
    pub(super) fn state(&self) -> Option<(usize, State)> {
        (1..self.keys.len()).rev().find_map(|count| {
            let path = self.path(STATE, count);
            if !path.exists() {
                return None;
            }
            match State::open(&path, &self.keys[count]) {
                Ok(state) => {
                    used(&path);
                    Some((count, state))
                }
                Err(why) => {
                    ignored(&path, why);
                    None
                }
            }
        })
    }

    /// Keeps the server's data as it is after the whole history.
    pub(super) fn keep_state(&self, data: &Path, first_wal: &str, progressed: &Progressed) {
        let count = self.keys.len() - 1;
        let path = self.path(STATE, count);
        let key = &self.keys[count];
        if let Err(error) = state::save(&self.folder, &path, key, data, first_wal, progressed) {
            tracing::warn!(folder = %self.folder.display(), %error, "the server's data cannot be kept in the cache");
        }
    }

    fn path(&self, kind: &str, count: usize) -> PathBuf {
        self.folder.join(format!("{kind}-{}", self.keys[count]))
    }
}

/// Writes an entry. What cannot be written costs nothing but the next run's time.
fn keep(folder: &Path, path: &Path, key: &str, body: &[u8]) {
    if let Err(error) = entry::write(folder, path, key, body) {
        tracing::warn!(folder = %folder.display(), %error, "nothing can be kept in the cache");
    }
    prune(folder);
}

fn usable<T>(path: &Path, found: Result<T, &'static str>) -> Option<T> {
    match found {
        Ok(found) => {
            used(path);
            Some(found)
        }
        Err(why) => {
            ignored(path, why);
            None
        }
    }
}

fn prune(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<(SystemTime, PathBuf, String)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            Some((entry.metadata().ok()?.modified().ok()?, entry.path(), name))
        })
        .collect();
    entries.sort();
    entries.reverse();
    for (kind, most) in MOST {
        let of_kind = entries.iter().filter(|(_, _, name)| {
            name.strip_prefix(kind)
                .is_some_and(|rest| rest.starts_with('-'))
        });
        of_kind.skip(most).for_each(|(_, path, _)| remove(path));
    }
    let now = SystemTime::now();
    let unfinished = entries
        .iter()
        .filter(|(_, _, name)| name.starts_with(".new-"));
    unfinished
        .filter(|(since, _, _)| now.duration_since(*since).is_ok_and(|age| age > ABANDONED))
        .for_each(|(_, path, _)| remove(path));
}

fn unpack(body: &[u8]) -> Result<(Reading, Outcome), &'static str> {
    let kept: Kept = serde_json::from_slice(body).map_err(|_| "it cannot be read")?;
    let contract = contract::from_json(&kept.contract).map_err(|_| "it holds no contract")?;
    let reading = Reading {
        contract,
        platform: kept.platform.into_iter().collect(),
        is_still: true,
    };
    Ok((reading, kept.outcome))
}

fn ignored(path: &Path, why: &str) {
    tracing::warn!(entry = %path.display(), "an entry of the cache is not used: {why}");
    remove(path);
}

/// Entries that are used stay longest.
fn used(path: &Path) {
    let file = fs::File::open(path);
    file.and_then(|file| file.set_modified(SystemTime::now()))
        .ok();
}

fn remove(path: &Path) {
    if path.is_dir() {
        fs::remove_dir_all(path).ok();
    } else {
        fs::remove_file(path).ok();
    }
}
