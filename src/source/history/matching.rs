//! Which file is which recorded migration.

use std::collections::{BTreeMap, BTreeSet};

use super::content::{self, Likeness};
use super::version::Version;
use crate::inspect::{Entry, Recorded};
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
    let versions: BTreeSet<Version> = versions
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
    pair_by_content(&mut pairs, migrations, recorded);
    pairs
}

/// Pairs entries that no file is for with files that no entry is for.
fn pair_by_content(pairs: &mut Pairs, migrations: &Migrations, recorded: &Recorded) {
    let alone = recorded.entries.iter().enumerate();
    let alone = alone.filter(|(at, entry)| pairs.files[*at].is_none() && !entry.has_failed);
    let alone: Vec<(usize, String)> = alone
        .filter_map(|(at, entry)| Some((at, content::signature(entry)?)))
        .collect();
    if alone.is_empty() {
        return;
    }
    let mut files: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (file, migration) in migrations.all.iter().enumerate() {
        if pairs.is_taken[file] || is_counted(recorded, migration) {
            continue;
        }
        for signature in content::signatures(recorded.tool, migration) {
            files.entry(signature).or_default().push(file);
        }
    }
    for (at, signature) in alone {
        let found = files.get(&signature).into_iter().flatten();
        if let Some(file) = found.copied().find(|file| !pairs.is_taken[*file]) {
            pairs.files[at] = Some(file);
            pairs.is_taken[file] = true;
            pairs.renamed.push(at);
        }
    }
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
    if let [] | [_] = candidates.as_slice() {
        return candidates.first().copied();
    }
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
