//! Which file is which recorded migration.

use super::content::{self, Likeness};
use super::version::Version;
use crate::inspect::{Content, Entry, Recorded};
use crate::source::layout::{Migration, Migrations};

/// Pairs of recorded entries and files.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// For each entry the file it is.
    pub(super) files: Vec<Option<usize>>,
    /// For each file whether it is an entry's.
    pub(super) is_taken: Vec<bool>,
    /// Entries whose file has another version, with the same content.
    pub(super) renamed: Vec<usize>,
}

/// The version of a file as the tool that recorded would spell it.
pub(super) fn version_of(recorded: &Recorded, migration: &Migration) -> Version {
    Version::new(recorded.tool, &migration.version)
}

/// How many recorded migrations have a file of their version.
pub(super) fn overlap(migrations: &Migrations, recorded: &Recorded) -> usize {
    let versions = migrations.all.iter();
    let versions: std::collections::BTreeSet<Version> = versions
        .map(|migration| version_of(recorded, migration))
        .collect();
    let up_to = recorded.up_to.iter();
    let spelled = recorded
        .entries
        .iter()
        .map(|entry| &entry.version)
        .chain(up_to);
    let spelled = spelled.map(|version| Version::new(recorded.tool, version));
    spelled.filter(|version| versions.contains(version)).count()
}

/// Pairs by version first, then what is left by content.
pub(super) fn pair(migrations: &Migrations, recorded: &Recorded) -> Pairs {
    let mut pairs = Pairs {
        files: vec![None; recorded.entries.len()],
        is_taken: vec![false; migrations.all.len()],
        renamed: Vec::new(),
    };
    for (at, entry) in recorded.entries.iter().enumerate() {
        let found = by_version(migrations, recorded, entry, &pairs.is_taken);
        if let Some(file) = found {
            pairs.files[at] = Some(file);
            pairs.is_taken[file] = true;
        }
    }
    for (at, entry) in recorded.entries.iter().enumerate() {
        if pairs.files[at].is_some() || entry.has_failed || says_nothing(entry) {
            continue;
        }
        let found = migrations
            .all
            .iter()
            .enumerate()
            .position(|(file, migration)| {
                !pairs.is_taken[file]
                    && !is_counted(recorded, migration)
                    && !migration.file.text.trim().is_empty()
                    && content::likeness(recorded.tool, migration, entry) == Likeness::Same
            });
        if let Some(file) = found {
            pairs.files[at] = Some(file);
            pairs.is_taken[file] = true;
            pairs.renamed.push(at);
        }
    }
    pairs
}

/// Whether a file counts as run without being listed.
pub(super) fn is_counted(recorded: &Recorded, migration: &Migration) -> bool {
    let up_to = recorded
        .up_to
        .as_deref()
        .map(|version| Version::new(recorded.tool, version));
    let version = version_of(recorded, migration);
    !migration.version.is_empty() && up_to.is_some_and(|up_to| version <= up_to)
}

/// Two files of the same version: the one of the recorded name, then of the recorded content, then the first.
fn by_version(
    migrations: &Migrations,
    recorded: &Recorded,
    entry: &Entry,
    is_taken: &[bool],
) -> Option<usize> {
    let version = Version::new(recorded.tool, &entry.version);
    let runs_again = entry.version.is_empty();
    let candidates: Vec<usize> = (0..migrations.all.len())
        .filter(|file| !is_taken[*file])
        .filter(|file| {
            let migration = &migrations.all[*file];
            let is_named = entry.name.as_deref() == Some(&migration.name);
            version_of(recorded, migration) == version && (!runs_again || is_named)
        })
        .collect();
    let find = |is_it: &dyn Fn(&Migration) -> bool| {
        candidates
            .iter()
            .copied()
            .find(|file| is_it(&migrations.all[*file]))
    };
    find(&|migration| content::likeness(recorded.tool, migration, entry) == Likeness::Same)
        .or_else(|| find(&|migration| entry.name.as_deref() == Some(&migration.name)))
        .or_else(|| candidates.first().copied())
}

/// An empty file is like every other.
fn says_nothing(entry: &Entry) -> bool {
    match &entry.content {
        Content::Statements(statements) => {
            content::tokens(&content::joined(statements)).is_none_or(|tokens| tokens.is_empty())
        }
        Content::Checksum(_) => false,
        Content::Nothing => true,
    }
}
