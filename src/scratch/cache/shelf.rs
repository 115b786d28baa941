//! Reports of whole runs, as bytes that the cache does not look into.

use std::path::PathBuf;

use super::{Cache, REPORT, entry, keep, usable};
use crate::scratch::{Choice, Environment};

/// What a whole run came to, under a key of all that it depends on.
#[derive(Debug)]
pub struct Shelf {
    folder: PathBuf,
    /// What a scratch would be.
    about: String,
}

impl Shelf {
    /// The one that was asked for, if servers of our own elaborate.
    pub fn of(choice: &Choice, environment: &Environment) -> Option<Self> {
        let Cache { folder, keys } = Cache::of(choice, environment, &[])?;
        let about = keys.into_iter().next()?;
        Some(Self { folder, about })
    }

    /// The key of something that depends on these texts, and on what a scratch would be.
    pub fn key(&self, parts: &[&str]) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [&self.about.as_str()].into_iter().chain(parts) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// What was put there under a key.
    pub fn take(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.folder.join(format!("{REPORT}-{key}"));
        usable(&path, entry::read(&path, key)?)
    }

    /// Puts it there.
    pub fn put(&self, key: &str, body: &[u8]) {
        let path = self.folder.join(format!("{REPORT}-{key}"));
        keep(&self.folder, &path, key, body);
    }
}
