//! What a statement does to tables that were there before it.

use std::collections::{BTreeMap, BTreeSet};

use crate::contract::Location;

/// What a statement does to tables that were there before it. Names are quoted and qualified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Where it stands.
    pub location: Location,
    /// Its text, shortened.
    pub text: String,
    /// Locks that keep others from writing or reading, the strongest of each table, as `pg_locks` names them.
    pub locks: BTreeMap<String, String>,
    /// Tables that are written anew as a whole.
    pub rewrites: BTreeSet<String>,
    /// Tables that are read as a whole.
    pub scans: BTreeSet<String>,
    /// Tables whose rows it may write.
    pub writes: BTreeSet<String>,
}

/// Modes from the weakest that keeps somebody from writing (documentation, "Explicit Locking").
const BLOCKING: [&str; 4] = [
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
];

impl Effect {
    pub(super) fn at(location: Location, text: &str) -> Self {
        Self {
            location,
            text: text.chars().take(400).collect(),
            locks: BTreeMap::new(),
            rewrites: BTreeSet::new(),
            scans: BTreeSet::new(),
            writes: BTreeSet::new(),
        }
    }

    /// Notes a lock that the statement took.
    pub(super) fn take(&mut self, relation: &str, mode: &str) {
        if mode == "RowExclusiveLock" {
            self.writes.insert(relation.to_owned());
        }
        let strength = |mode: &str| BLOCKING.iter().position(|known| *known == mode);
        let Some(taken) = strength(mode) else { return };
        let held = self.locks.get(relation).and_then(|held| strength(held));
        if held.is_none_or(|held| held < taken) {
            self.locks.insert(relation.to_owned(), mode.to_owned());
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.locks.is_empty() && self.rewrites.is_empty() && self.writes.is_empty()
    }

    /// Whether nobody can read a table meanwhile.
    pub fn blocks_reads(&self, relation: &str) -> bool {
        self.locks.get(relation).map(String::as_str) == Some("AccessExclusiveLock")
    }
}
