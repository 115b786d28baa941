//! A saved contract that newer migrations are replayed on, for a history that does not replay from nothing.

use super::layout::Migrations;
use super::{Place, history, invalid};
use crate::contract::{self, Contract};
use crate::error::{Error, ErrorCode, Result};
use crate::inspect::Recorded;

/// A contract with the file it was saved in.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// What it holds.
    pub contract: Contract,
    label: String,
}

impl Start {
    /// Reads a saved contract.
    pub(super) fn read(place: &Place) -> Result<Self> {
        let label = place.label.clone();
        let invalid = || {
            let message = format!("{label} cannot be read as a contract");
            Error::new(ErrorCode::SnapshotInvalid, message).with_help(
                "Saved contracts are written by `pgpact inventory SOURCE --output FILE.json`.",
            )
        };
        let bytes = place.files.read(&place.path);
        let bytes = bytes.map_err(|source| invalid().with_source(source))?;
        let text = String::from_utf8(bytes).map_err(|source| invalid().with_source(source))?;
        let contract = contract::from_json(&text);
        let contract = contract.map_err(|source| invalid().with_source(source))?;
        Ok(Self { contract, label })
    }
}

impl Start {
    /// What a database recorded, but for what the saved contract holds.
    #[must_use]
    pub fn newer(&self, recorded: &Recorded) -> Recorded {
        let mut newer = recorded.clone();
        let held = &self.contract.migrations;
        newer.entries.retain(|entry| {
            let mut held = held.iter();
            !held.any(|held| history::is_same_version(recorded.tool, held, &entry.version))
        });
        newer
    }
}

impl Migrations {
    /// The versions of all of them.
    pub fn versions(&self) -> impl Iterator<Item = &str> {
        let replayed = self.all.iter().map(|migration| migration.version.as_str());
        replayed
            .chain(self.programs.iter().map(String::as_str))
            .filter(|version| !version.is_empty())
    }

    /// Takes out the migrations that a saved contract holds.
    pub fn go_on_after(&mut self, start: &Start) -> Result<()> {
        let held = &start.contract.migrations;
        if held.is_empty() {
            return Err(invalid(format!("{} does not say which migrations it holds", start.label))
                .with_help("Write it again from a database that keeps a history of migrations, or with `pgpact inventory SOURCE --contains DIR --output FILE.json`: what is in DIR then counts as held."));
        }
        let tool = self.tool;
        let is_held = |version: &str| {
            let mut held = held.iter();
            held.any(|held| history::is_same_version(tool, held, version))
        };
        self.all.retain(|migration| !is_held(&migration.version));
        self.programs.retain(|version| !is_held(version));
        Ok(())
    }
}
