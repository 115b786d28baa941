//! A directory that may hold migrations, as layouts look at it.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::super::files::Files;
use super::drizzle;

/// A directory with the names in it.
pub(super) struct Folder<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) path: &'a Path,
    /// Files and, below one folder each, what folders hold; sorted.
    pub(super) names: Vec<String>,
    heads: OnceCell<Vec<String>>,
    journal: OnceCell<Vec<drizzle::Line>>,
}

impl<'a> Folder<'a> {
    /// Lists a directory, and the folders in it one level deep.
    pub(super) fn open(files: &'a dyn Files, path: &'a Path) -> std::io::Result<Self> {
        let mut names = Vec::new();
        for entry in files.list(path)? {
            if entry.is_folder {
                let inside = files.list(&path.join(&entry.name)).unwrap_or_default();
                let files = inside.iter().filter(|inside| !inside.is_folder);
                names.extend(files.map(|inside| format!("{}/{}", entry.name, inside.name)));
            } else {
                names.push(entry.name);
            }
        }
        names.sort();
        Ok(Self {
            files,
            path,
            names,
            heads: OnceCell::new(),
            journal: OnceCell::new(),
        })
    }

    /// Names of SQL files that stand in the directory itself.
    pub(super) fn sql(&self) -> impl Iterator<Item = &str> {
        let names = self.names.iter().map(String::as_str);
        names.filter(|name| !name.contains('/') && is_sql(name))
    }

    /// A file beside or above the directory, as text.
    pub(super) fn text(&self, relative: &str) -> Option<String> {
        String::from_utf8(self.files.read(&self.path.join(relative)).ok()?).ok()
    }

    /// Whether a file stands in the directory, or in one of the nearest above it.
    pub(super) fn has_around(&self, name: &str) -> bool {
        ["", "..", "../..", "../../.."].iter().any(|up| {
            let path: PathBuf = self.path.join(up).join(name);
            self.files.read(&path).is_ok()
        })
    }

    /// Whether a manifest near the directory names a library.
    pub(super) fn manifest_names(&self, library: &str) -> bool {
        let manifests = ["Cargo.toml", "../Cargo.toml", "../../Cargo.toml"];
        let texts = manifests.iter().filter_map(|path| self.text(path));
        let mut lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
        lines.any(|line| line.trim_start().starts_with(library))
    }

    /// What Drizzle's journal says.
    pub(super) fn journal(&self) -> &[drizzle::Line] {
        self.journal.get_or_init(|| drizzle::journal(self))
    }

    /// Whether any SQL file has such a line.
    pub(super) fn any_line(&self, is_marker: fn(&str) -> bool) -> bool {
        let texts = self
            .heads
            .get_or_init(|| self.sql().filter_map(|name| self.text(name)).collect());
        texts.iter().any(|text| text.lines().any(is_marker))
    }
}

pub(super) fn is_sql(name: &str) -> bool {
    name.ends_with(".sql")
}
