//! Where files are read from: this machine's folders, or a set that was had from elsewhere.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name, without a path.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// Folders and files that can be listed and read.
pub trait Files: Send + Sync {
    /// What stands in a folder, in no order. An error of kind `NotFound` where there is no such folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>>;
    /// A file's bytes. An error of kind `NotFound` where there is no such file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The path with all links followed, where there are links.
    fn full(&self, path: &Path) -> PathBuf;
}

/// The folders of this machine.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Files for Disk {
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let entries = std::fs::read_dir(folder)?.map(|entry| {
            let entry = entry?;
            Ok(Entry {
                name: entry.file_name().to_string_lossy().into_owned(),
                is_folder: entry.path().is_dir(),
            })
        });
        entries.collect()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn full(&self, path: &Path) -> PathBuf {
        std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    }
}

/// Files of a repository at one commit, held in memory; paths start at its root.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Kept {
    /// Keeps files by their paths from the root.
    pub fn new(files: impl IntoIterator<Item = (PathBuf, Vec<u8>)>) -> Self {
        Self {
            files: files.into_iter().collect(),
        }
    }

    /// Both sets as one.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.files.extend(other.files);
        self
    }
}

impl Files for Kept {
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let folder = plain(folder);
        let inside = |path: &PathBuf| Some(path.strip_prefix(&folder).ok()?.to_owned());
        let mut entries: Vec<Entry> = self
            .files
            .keys()
            .filter_map(inside)
            .filter_map(|rest| {
                let name = rest.components().next()?.as_os_str();
                Some(Entry {
                    name: name.to_string_lossy().into_owned(),
                    is_folder: rest.components().count() > 1,
                })
            })
            .collect();
        entries.sort();
        entries.dedup();
        if entries.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(entries)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let found = self.files.get(&plain(path));
        found.cloned().ok_or(io::ErrorKind::NotFound.into())
    }

    fn full(&self, path: &Path) -> PathBuf {
        plain(path)
    }
}

/// A path without `.` and `..`, as they are spelled: no links are followed.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_files_are_listed_by_folder() {
        let file = |path: &str| (PathBuf::from(path), b"select 1".to_vec());
        let kept = Kept::new([
            file("db/migrations/1.sql"),
            file("db/migrations/2/up.sql"),
            file("a.sql"),
        ]);
        let names = |folder: &str| -> Vec<String> {
            let entries = kept.list(Path::new(folder)).unwrap();
            entries.into_iter().map(|entry| entry.name).collect()
        };
        assert_eq!(names("./db/migrations"), ["1.sql", "2"]);
        assert_eq!(names(""), ["a.sql", "db"]);
        assert_eq!(names("db/migrations/.."), ["migrations"]);
        assert!(kept.list(Path::new("db/none")).is_err());
        assert!(kept.read(Path::new("db/migrations/../../a.sql")).is_ok());
    }
}
