//! Layouts of migration directories: which files count, in which order, in which transactions.

mod project;

use std::path::{Path, PathBuf};

use super::files::Files;
use super::{invalid, shown};
use crate::contract::Gap;
use crate::error::Result;
use crate::scratch::{Atomicity, MigrationFile};

pub use project::Project;

/// How one tool keeps its migrations.
#[derive(Debug)]
pub struct Layout {
    /// Whether a directory is one of its.
    fits: fn(&dyn Files, &Path) -> bool,
    /// The tool's name.
    pub name: &'static str,
    /// How it runs a file.
    pub atomicity: Atomicity,
    /// Whether a file name is a migration's.
    takes: fn(&str) -> bool,
    /// What a file name is sorted by, before its bytes.
    rank: fn(&str) -> Option<u128>,
}

/// The layouts, most particular first; the last takes every directory.
const LAYOUTS: &[Layout] = &[
    Layout {
        fits: project::is_supabase,
        name: "supabase",
        atomicity: Atomicity::File,
        takes: is_supabase_migration,
        // The CLI sorts names by their bytes, numbers or not.
        rank: |_| None,
    },
    Layout {
        fits: |_, _| true,
        name: "plain",
        atomicity: Atomicity::Statement,
        takes: |name| !name.ends_with(".down.sql") && !name.ends_with(".undo.sql"),
        rank: version,
    },
];

/// Migrations of one directory, in the order in which their tool runs them.
#[derive(Debug)]
pub struct Migrations {
    /// The files.
    pub files: Vec<MigrationFile>,
    /// How they are run.
    pub atomicity: Atomicity,
    /// Files that no tool would run.
    pub gaps: Vec<Gap>,
}

impl Migrations {
    /// None at all.
    pub(super) fn none() -> Self {
        Self {
            files: Vec::new(),
            atomicity: Atomicity::Statement,
            gaps: Vec::new(),
        }
    }
}

/// The migrations of a directory; files that no tool would run are named as gaps.
pub(super) fn read(files: &dyn Files, directory: &Path) -> Result<Migrations> {
    let directory = inner(files, directory);
    let entries = files.list(&directory).map_err(|source| {
        invalid(format!("{} cannot be read", shown(&directory))).with_source(source)
    })?;
    let names = entries
        .into_iter()
        .filter(|entry| !entry.is_folder && entry.name.ends_with(".sql"))
        .map(|entry| entry.name);
    let layout = LAYOUTS
        .iter()
        .find(|layout| (layout.fits)(files, &directory))
        .expect("the last layout takes every directory");
    let (mut taken, left): (Vec<String>, Vec<String>) =
        names.partition(|name| (layout.takes)(name));
    if taken.is_empty() {
        return Err(invalid(format!("{} holds no migrations", shown(&directory)))
            .with_help("Name the directory that holds the .sql files; an empty contract would call everything in live unexpected."));
    }
    taken.sort_by_cached_key(|name| ((layout.rank)(name), name.clone()));
    let gaps = left.into_iter().map(|name| Gap {
        what: shown(&directory.join(name)),
        why: format!("its name is none that {} would run", layout.name),
    });
    let read = |name: &String| read_file(files, &directory.join(name));
    Ok(Migrations {
        files: taken.iter().map(read).collect::<Result<_>>()?,
        atomicity: layout.atomicity,
        gaps: gaps.collect(),
    })
}

/// Reads one SQL file.
pub(super) fn read_file(files: &dyn Files, path: &Path) -> Result<MigrationFile> {
    let bytes = files
        .read(path)
        .map_err(|source| invalid(format!("{} cannot be read", shown(path))).with_source(source))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        invalid(format!("{}:{line} is not UTF-8", shown(path))).with_help("Save the file as UTF-8.")
    })?;
    if let Some(at) = text.find('\0') {
        let line = text[..at].matches('\n').count() + 1;
        return Err(invalid(format!("{}:{line} holds a NUL byte", shown(path)))
            .with_help("Save the file as UTF-8."));
    }
    Ok(MigrationFile {
        path: shown(path).into(),
        text: text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned(),
    })
}

/// A project's folder stands for the migrations in it.
fn inner(files: &dyn Files, directory: &Path) -> PathBuf {
    let has_sql = |folder: &Path| {
        let entries = files.list(folder).unwrap_or_default();
        entries.iter().any(|entry| entry.name.ends_with(".sql"))
    };
    if has_sql(directory) {
        return directory.to_owned();
    }
    ["supabase/migrations", "migrations"]
        .iter()
        .map(|below| directory.join(below))
        .find(|folder| has_sql(folder))
        .unwrap_or_else(|| directory.to_owned())
}

/// `<digits>_<name>.sql`; the CLI skips an `init` file of its own first versions.
fn is_supabase_migration(name: &str) -> bool {
    let Some((digits, rest)) = name.split_once('_') else {
        return false;
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_old_init = rest == "init.sql" && digits.len() == 14 && digits < "20211209000000";
    is_number && rest.ends_with(".sql") && !is_old_init
}

/// The number that a name begins with, after a `V` as some tools write it.
fn version(name: &str) -> Option<u128> {
    let name = name.strip_prefix(['V', 'v']).unwrap_or(name);
    let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supabase_takes_numbered_files_and_leaves_its_old_init() {
        assert!(is_supabase_migration("20250101000000_a.sql"));
        assert!(is_supabase_migration("001_a.sql"));
        assert!(!is_supabase_migration("RUN_ALL.sql"));
        assert!(!is_supabase_migration("fix_001.sql"));
        assert!(!is_supabase_migration("20210101000000_init.sql"));
    }

    #[test]
    fn plain_files_are_ordered_by_number() {
        let mut names = ["10_c.sql", "2_b.sql", "1_a.sql"];
        names.sort_by_key(|name| (version(name), *name));
        assert_eq!(names, ["1_a.sql", "2_b.sql", "10_c.sql"]);
    }
}
