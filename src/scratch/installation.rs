//! Postgres installations on this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use super::layouts::{self, program};
use super::{Choice, Origin, fetch};

/// A folder with `initdb` and `postgres` of one major version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installation {
    pub(super) bin: PathBuf,
    pub(super) major: u32,
    /// What the server says of itself: two builds of one version may differ.
    pub(super) version: String,
}

/// Finds the installation to use: the given folder, else the wanted major, else the highest, else what was fetched.
pub(super) fn choose(choice: &Choice) -> Option<Installation> {
    if let Some(bin) = &choice.bin {
        return examine(bin);
    }
    match &choice.origin {
        Origin::Native => installed(choice.major),
        Origin::Auto(fetch) => installed(choice.major).or_else(|| fetch::find(fetch, choice.major)),
        Origin::Fetched(fetch) => fetch::find(fetch, choice.major),
    }
}

/// Whether any is installed. Where one was found once, nobody looks again: that takes a process each time.
pub(super) fn is_any() -> bool {
    static IS_FOUND: AtomicBool = AtomicBool::new(false);
    if IS_FOUND.load(Ordering::Relaxed) {
        return true;
    }
    let folders = layouts::folders();
    let is_any = folders.iter().any(|folder| examine(folder).is_some());
    IS_FOUND.store(is_any, Ordering::Relaxed);
    is_any
}

fn installed(wanted: Option<u32>) -> Option<Installation> {
    let by_major = find();
    wanted
        .and_then(|major| by_major.get(&major).cloned())
        .or_else(|| by_major.into_values().next_back())
}

fn find() -> BTreeMap<u32, Installation> {
    let mut by_major = BTreeMap::new();
    for installation in layouts::folders()
        .iter()
        .filter_map(|folder| examine(folder))
    {
        by_major.entry(installation.major).or_insert(installation);
    }
    by_major
}

/// A folder counts when both programs are there; a lone link to `initdb` is followed to its folder.
pub(super) fn examine(folder: &Path) -> Option<Installation> {
    let bin = std::fs::canonicalize(program(folder, "initdb"))
        .ok()?
        .parent()?
        .to_owned();
    let postgres = program(&bin, "postgres");
    let output = Command::new(&postgres).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_whitespace().nth(2)?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some(Installation {
        bin,
        major: digits.parse().ok()?,
        version: text.trim().to_owned(),
    })
}
