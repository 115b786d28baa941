//! What a contract depends on, as keys: one for each beginning of a history.

use std::path::PathBuf;

use super::super::installation::Installation;
use super::super::layouts;
use super::super::{Atomicity, Environment, MigrationFile};

/// Changes with the shape of the entries.
const FORMAT: &str = "1";

/// The key before the first file, then after each.
pub(super) fn chain(
    installation: &Installation,
    environment: &Environment,
    is_strict: bool,
    batches: &[(Vec<MigrationFile>, Atomicity)],
) -> Vec<String> {
    let mut hash = blake3::Hasher::new();
    let mut add = |part: &str| {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
        hash.finalize().to_hex()[..32].to_owned()
    };
    for part in [
        FORMAT,
        env!("PGPACT_BUILD"),
        std::env::consts::ARCH,
        &installation.version,
        &installation.bin.to_string_lossy(),
        &format!("{environment:?} {is_strict}"),
    ] {
        add(part);
    }
    for name in extensions(installation) {
        add(&name);
    }
    for script in environment.scripts(true) {
        add(&script);
    }
    let mut keys = vec![add("files")];
    for (files, atomicity) in batches {
        for file in files {
            add(&format!("{atomicity:?}"));
            add(&file.path);
            keys.push(add(&file.text));
        }
    }
    keys
}

/// The extensions that an installation has: with one more, no stand-in is used for it.
fn extensions(installation: &Installation) -> Vec<String> {
    let Some(folder) = extension_folder(installation) else {
        return Vec::new();
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn extension_folder(installation: &Installation) -> Option<PathBuf> {
    layouts::extension_folders(&installation.bin, installation.major)
        .into_iter()
        .find(|folder| folder.is_dir())
}
