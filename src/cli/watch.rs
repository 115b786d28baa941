//! `pgpact verify --watch`: again whenever a file of the contract changes, for work on migrations.

use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Looking at names and times of some hundred files costs nothing, and works where nobody tells of changes.
const PAUSE: Duration = Duration::from_millis(300);

/// Files and folders that are watched, and how they looked.
pub(super) struct Watch {
    places: Vec<PathBuf>,
    seen: u64,
}

impl Watch {
    /// Begins with what is there now.
    pub(super) fn new(places: Vec<PathBuf>) -> Self {
        let seen = look(&places);
        Self { places, seen }
    }

    /// Looks at other places from now on; what changed in those that stay is not forgotten.
    pub(super) fn turn_to(&mut self, places: Vec<PathBuf>) {
        if places != self.places {
            *self = Self::new(places);
        }
    }

    /// Waits for a change, and until nothing changes any more: editors write in several steps.
    pub(super) async fn changed(&mut self) {
        let mut last = self.seen;
        loop {
            tokio::time::sleep(PAUSE).await;
            let now = look(&self.places);
            if now == last && now != self.seen {
                self.seen = now;
                return;
            }
            last = now;
        }
    }
}

fn look(places: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for place in places {
        add(place, &mut hasher);
    }
    hasher.finish()
}

fn add(path: &Path, hasher: &mut DefaultHasher) {
    let Ok(about) = std::fs::metadata(path) else {
        return;
    };
    hasher.write(path.as_os_str().as_encoded_bytes());
    if about.is_dir() {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let mut below: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        below.sort();
        below.iter().for_each(|path| add(path, hasher));
        return;
    }
    hasher.write_u64(about.len());
    let changed = about.modified().ok();
    let since = changed.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    hasher.write_u128(since.unwrap_or_default().as_nanos());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_comes_changes_or_goes_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("migrations");
        std::fs::create_dir(&inner).unwrap();
        let mut watch = Watch::new(vec![inner.clone()]);
        let file = inner.join("001.sql");
        let still = tokio::time::timeout(PAUSE * 3, watch.changed()).await;
        assert!(still.is_err());
        std::fs::write(&file, "select 1").unwrap();
        watch.changed().await;
        std::fs::write(&file, "select 12").unwrap();
        watch.changed().await;
        std::fs::remove_file(&file).unwrap();
        watch.changed().await;
    }
}
