//! Looks for directories of migrations in a repository.

use std::path::{Path, PathBuf};

use super::{Place, Source, Sources};
use crate::error::Result;

/// How deep a directory of migrations may lie.
const DEPTH: usize = 5;
/// What directories of migrations are called.
const NAMES: &[&str] = &["migrations", "migration", "migrate", "drizzle"];
/// What is large, or not the repository's own.
const NOT_OURS: &[&str] = &["node_modules", "target", "vendor", "dist", "build", "venv"];

/// A directory of migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it is, as it would be named.
    pub directory: PathBuf,
    /// The tool whose layout it has.
    pub tool: &'static str,
    /// How many there are.
    pub count: usize,
    /// Whether the project around it is Supabase's.
    pub is_supabase: bool,
}

impl Found {
    /// What there is in a directory.
    ///
    /// # Errors
    /// When it holds no migrations, or cannot be read.
    pub fn at(directory: &Path) -> Result<Self> {
        let place = Place::on_disk(directory);
        let migrations = place.migrations()?;
        Ok(Self {
            directory: directory.to_owned(),
            tool: migrations.tool.name(),
            count: migrations.all.len(),
            is_supabase: Sources(vec![Source::Migrations(place)])
                .project()
                .is_supabase,
        })
    }
}

/// All directories of migrations below one, named from there.
pub fn find_migrations(root: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    look(root, Path::new(""), 0, &mut found);
    found
}

fn look(root: &Path, below: &Path, depth: usize, found: &mut Vec<Found>) {
    let entries = std::fs::read_dir(root.join(below)).into_iter().flatten();
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.') && !NOT_OURS.contains(&name.as_str()))
        .collect();
    names.sort();
    for name in names {
        let path = below.join(&name);
        let full = root.join(&path);
        let is_named_so = NAMES.contains(&name.as_str());
        if let Some(at) = is_named_so.then(|| Found::at(&full).ok()).flatten() {
            found.push(Found {
                directory: path,
                ..at
            });
        } else if depth < DEPTH {
            look(root, &path, depth + 1, found);
        }
    }
}
