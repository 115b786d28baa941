//! What earlier runs worked out, in a folder that may be carried from machine to machine.
//!
//! Contracts are kept under a key of everything that they depend on: this build, the server's version and extensions,
//! the platform, the text of every file. A history that goes on where a kept one ends starts from its server's data.

mod key;
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

pub(super) use state::{Progressed, State};

/// How many of each are kept; those that were not used for longest go first.
const CONTRACTS: usize = 60;
const STATES: usize = 4;

/// What a killed run was writing for longer than this, nobody writes any more.
const ABANDONED: Duration = Duration::from_secs(3600);

const CONTRACT: &str = "contract";
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
        let bytes = fs::read(&path).ok()?;
        match unpack(&bytes, &self.keys[self.keys.len() - 1]) {
            Ok(found) => {
                used(&path);
                Some(found)
            }
            Err(why) => {
                ignored(&path, why);
                None
            }
        }
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
        let mut bytes = format!("{key} {}\n", blake3::hash(&body).to_hex()).into_bytes();
        bytes.extend(body);
        let path = self.path(CONTRACT, self.keys.len() - 1);
        let written = fs::create_dir_all(&self.folder).and_then(|()| {
            let mut file = tempfile::Builder::new()
                .prefix(".new-")
                .tempfile_in(&self.folder)?;
            std::io::Write::write_all(&mut file, &bytes)?;
            file.persist(&path).map_err(|failed| failed.error)?;
            Ok(())
        });
        if let Err(error) = written {
            tracing::warn!(folder = %self.folder.display(), %error, "nothing can be kept in the cache");
        }
        self.prune();
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

    fn prune(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut entries: Vec<(SystemTime, PathBuf, String)> = entries
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                Some((entry.metadata().ok()?.modified().ok()?, entry.path(), name))
            })
            .collect();
        entries.sort();
        entries.reverse();
        for (kind, most) in [(CONTRACT, CONTRACTS), (STATE, STATES)] {
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
}

fn unpack(bytes: &[u8], key: &str) -> Result<(Reading, Outcome), &'static str> {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (head, body) = bytes.split_at(end.ok_or("it does not begin as an entry does")? + 1);
    let head = std::str::from_utf8(head).map_err(|_| "it does not begin as an entry does")?;
    let (of, hash) = head.trim_end().split_once(' ').unwrap_or_default();
    if of != key {
        return Err("it is another history's");
    }
    if hash != blake3::hash(body).to_hex().as_str() {
        return Err("it is not what was written");
    }
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
