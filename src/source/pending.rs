//! What a change adds to the migrations, and what it allows itself.

use std::collections::BTreeSet;

use super::{Batch, Sources};
use crate::contract::Location;
use crate::error::Result;

/// Migrations that a change brings.
#[derive(Debug)]
pub struct Pending {
    /// Files that are new, in the order in which they are run.
    pub(crate) batches: Vec<Batch>,
    /// Paths of files that were there before and read otherwise now.
    pub edited: Vec<String>,
}

/// What a migration may allow itself: advice. That it fails, or could not be tried, is nobody's to wave through in there.
const ALLOWABLE: [&str; 5] = [
    "change-widens-access",
    "migration-rewrites-table",
    "migration-reads-table",
    "migration-builds-index",
    "migration-loses-data",
];

/// What makes an allowance in a migration: `-- pgpact: allow CODE because REASON`.
const ALLOW: &str = "-- pgpact: allow ";

impl Sources {
    /// The files that the base does not have, by path.
    pub fn added_to(&self, base: &Self) -> Result<Pending> {
        let before = base.batches()?.0;
        let mut edited = Vec::new();
        let mut batches = self.batches()?.0;
        for (files, _) in &mut batches {
            files.retain(|file| {
                let mut known = before.iter().flat_map(|(files, _)| files);
                let known = known.find(|known| known.path == file.path);
                if known.is_some_and(|known| known.text != file.text) {
                    edited.push(file.path.to_string());
                }
                known.is_none()
            });
        }
        Ok(Pending { batches, edited })
    }
}

impl Pending {
    /// Takes out files that live has already, by path.
    pub fn take_out(&mut self, applied: &BTreeSet<String>) {
        for (files, _) in &mut self.batches {
            files.retain(|file| !applied.contains(&*file.path));
        }
    }

    /// The path of the first file; empty when there is none.
    pub fn first(&self) -> String {
        let mut files = self.batches.iter().flat_map(|(files, _)| files);
        files
            .next()
            .map(|file| file.path.to_string())
            .unwrap_or_default()
    }

    /// Why a migration says that it wants this finding. An allowance holds for its whole file.
    pub fn allowance(&self, code: &str, location: Option<&Location>) -> Option<String> {
        if !ALLOWABLE.contains(&code) {
            return None;
        }
        let path = &location?.file;
        let mut files = self.batches.iter().flat_map(|(files, _)| files);
        let file = files.find(|file| file.path == *path)?;
        let mut reasons = file.text.lines().filter_map(|line| {
            let (allowed, reason) = line.trim().strip_prefix(ALLOW)?.split_once(" because ")?;
            let is_it = allowed.split([',', ' ']).any(|allowed| allowed == code);
            (is_it && !reason.trim().is_empty()).then(|| reason.trim().to_owned())
        });
        reasons.next()
    }
}
