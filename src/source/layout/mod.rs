//! Layouts of migration directories: which files count, in which order, in which transactions.

mod dbmate;
mod drizzle;
mod flyway;
mod folder;
mod goose;
mod numbered;
mod prisma;
mod programs;
mod project;
mod section;
mod sqlx_files;
mod supabase;

use std::path::{Path, PathBuf};

use super::files::Files;
use super::{invalid, shown};
use crate::contract::Gap;
use crate::error::Result;
use crate::inspect::Tool;
use crate::scratch::{Atomicity, MigrationFile};

use folder::{Folder, is_sql};
pub use project::Project;

/// How one tool keeps its migrations.
struct Layout {
    /// The tool.
    tool: Tool,
    /// Whether a directory is one of its.
    fits: fn(&Folder<'_>) -> bool,
    /// What a file is to it, by its path below the directory.
    place: fn(&str, &Folder<'_>) -> Place,
    /// What of a file is run, and how.
    up: fn(&str) -> Up,
}

/// What a file is to a tool.
enum Place {
    /// A migration.
    Migration(Named),
    /// The tool's, and never run on the way up.
    Beside,
    /// A file that no run of the tool would touch.
    Left,
}

/// A migration by its name.
struct Named {
    version: String,
    name: String,
    rank: Rank,
}

/// What migrations are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Rank {
    /// Those that run again whenever they change come last.
    runs_again: bool,
    /// Numbers of the version, where the tool sorts by numbers.
    numbers: Vec<u128>,
    /// Then by text.
    text: String,
}

/// What of a file is run.
struct Up {
    /// The text; what is not run is blank, so that lines keep their numbers.
    text: String,
    atomicity: Atomicity,
}

/// The layouts, most particular first; the last takes every directory.
const LAYOUTS: &[Layout] = &[
    supabase::LAYOUT,
    prisma::LAYOUT,
    drizzle::LAYOUT,
    goose::LAYOUT,
    dbmate::LAYOUT,
    flyway::REFINERY,
    flyway::LAYOUT,
    sqlx_files::LAYOUT,
    numbered::LAYOUT,
];

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// As its tool records it; empty for one that runs again whenever it changes.
    pub version: String,
    /// Its name without the version.
    pub name: String,
    /// The path below the directory.
    pub file_name: String,
    /// What is run of it, with the path to show.
    pub file: MigrationFile,
    /// How it is run.
    pub atomicity: Atomicity,
    /// The whole file as it was read.
    pub raw: Vec<u8>,
    rank: Rank,
}

impl Migration {
    /// A path that ends in the file's name, after the file was named after another version.
    pub(super) fn path_as(&self, path: &str, version: &str) -> String {
        // Where a folder is the migration, it has the name.
        let named = self.file_name.strip_suffix(prisma::FILE).unwrap_or("");
        if !named.is_empty() && named.trim_end_matches('/') == self.version {
            let above = path.strip_suffix(&self.file_name).unwrap_or_default();
            return format!("{above}{version}/{}", prisma::FILE);
        }
        let base = path.rfind('/').map_or(0, |at| at + 1);
        let digits = path[base..].find(|c: char| c.is_ascii_digit());
        let start = base + digits.unwrap_or_default();
        let rest = &path[start..];
        let end = rest
            .find("__")
            .filter(|end| numbers(&rest[..*end]).is_some())
            .unwrap_or_else(|| {
                rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len()
            });
        format!("{}{version}{}", &path[..start], &rest[end..])
    }
}

/// Migrations of one directory, in the order in which their tool runs them.
#[derive(Debug, Clone)]
pub struct Migrations {
    /// Whose layout it is.
    pub tool: Tool,
    /// The migrations.
    pub all: Vec<Migration>,
    /// Versions of migrations that are programs: nothing of them is replayed.
    pub programs: Vec<String>,
    /// Files that no tool would run, and what is not replayed.
    pub gaps: Vec<Gap>,
}

impl Migrations {
    /// None at all.
    pub(super) fn none() -> Self {
        Self {
            tool: Tool::Plain,
            all: Vec::new(),
            programs: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// The files in order, for the replay: those next to each other that are run alike together.
    pub fn batches(&self) -> Vec<(Vec<MigrationFile>, Atomicity)> {
        batches(self.all.iter().map(|one| (one.file.clone(), one.atomicity)))
    }

    /// Migrations that are not in another state of the directory and sort before some that are, by index, with the
    /// last of those.
    pub fn late<'a>(&self, merged: &'a Self) -> Vec<(usize, &'a Migration)> {
        let Some(newest) = merged
            .all
            .iter()
            .filter(|one| !one.rank.runs_again)
            .max_by_key(|one| &one.rank)
        else {
            return Vec::new();
        };
        let is_merged = |one: &Migration| {
            merged
                .all
                .iter()
                .any(|other| other.file_name == one.file_name)
        };
        let late = self.all.iter().enumerate();
        let late = late.filter(|(_, one)| one.rank < newest.rank && !is_merged(one));
        late.map(|(index, _)| (index, newest)).collect()
    }

    /// The same migrations after files were renamed, in their new order; by index and new version.
    #[must_use]
    pub(super) fn renamed(&self, renames: &[(usize, String)]) -> Self {
        let mut renamed = self.clone();
        for (index, version) in renames {
            let Some(migration) = renamed.all.get_mut(*index) else {
                continue;
            };
            let path = migration.path_as(&migration.file_name, version);
            let shown = migration.path_as(&migration.file.path, version);
            migration.version.clone_from(version);
            migration.file_name = path;
            let is_numeric = !migration.rank.numbers.is_empty();
            migration.rank.numbers = numbers(version).filter(|_| is_numeric).unwrap_or_default();
            migration.rank.text.clone_from(&migration.file_name);
            migration.file.path = shown.into();
        }
        renamed.all.sort_by(|a, b| a.rank.cmp(&b.rank));
        renamed
    }
}

/// Files with how they are run, as batches of those that are run alike.
pub(super) fn batches(
    files: impl Iterator<Item = (MigrationFile, Atomicity)>,
) -> Vec<(Vec<MigrationFile>, Atomicity)> {
    let mut batches: Vec<(Vec<MigrationFile>, Atomicity)> = Vec::new();
    for (file, atomicity) in files {
        match batches.last_mut() {
            Some((batch, same)) if *same == atomicity => batch.push(file),
            _ => batches.push((vec![file], atomicity)),
        }
    }
    batches
}

/// The migrations of a directory; files that no tool would run are named as gaps.
pub fn read(files: &dyn Files, directory: &Path) -> Result<Migrations> {
    let directory = inner(files, directory);
    let folder = Folder::open(files, &directory).map_err(|source| {
        invalid(format!("{} cannot be read", shown(&directory))).with_source(source)
    })?;
    let layout = LAYOUTS
        .iter()
        .find(|layout| (layout.fits)(&folder))
        .expect("the last layout takes every directory");
    let (mut named, mut gaps) = (Vec::new(), Vec::new());
    for path in folder.names.iter().filter(|path| is_sql(path)) {
        match (layout.place)(path, &folder) {
            Place::Migration(migration) => named.push((path, migration)),
            Place::Beside => {}
            // Folders hold what they like; beside migrations a file looks like one.
            Place::Left if path.contains('/') => {}
            Place::Left => gaps.push(Gap {
                what: shown(&directory.join(path)),
                why: format!("its name is none that {} would run", layout.tool.name()),
            }),
        }
    }
    if named.is_empty() {
        return Err(invalid(format!("{} holds no migrations", shown(&directory)))
            .with_help("Name the directory that holds the .sql files; an empty contract would call everything in live unexpected."));
    }
    let programs = programs::among(&folder);
    gaps.extend(programs.iter().map(|(path, _)| Gap {
        what: shown(&directory.join(path)),
        why: "it is a program: what it does is not replayed".to_owned(),
    }));
    gaps.extend(drizzle::absent(&folder).filter(|_| layout.tool == Tool::Drizzle));
    named.sort_by(|a, b| a.1.rank.cmp(&b.1.rank));
    let all = named.into_iter().map(|(path, named)| {
        let full = directory.join(path);
        let (file, raw) = read_with_bytes(files, &full)?;
        let up = (layout.up)(&file.text);
        Ok(Migration {
            version: named.version,
            name: named.name,
            file_name: path.clone(),
            file: MigrationFile {
                text: up.text,
                ..file
            },
            atomicity: up.atomicity,
            raw,
            rank: named.rank,
        })
    });
    Ok(Migrations {
        tool: layout.tool,
        all: all.collect::<Result<_>>()?,
        programs: programs.into_iter().map(|(_, version)| version).collect(),
        gaps,
    })
}

/// Reads one SQL file.
pub(super) fn read_file(files: &dyn Files, path: &Path) -> Result<MigrationFile> {
    read_with_bytes(files, path).map(|(file, _)| file)
}

fn read_with_bytes(files: &dyn Files, path: &Path) -> Result<(MigrationFile, Vec<u8>)> {
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
    let file = MigrationFile {
        path: shown(path).into(),
        text: text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned(),
    };
    Ok((file, text.into_bytes()))
}

/// A project's folder stands for the migrations in it.
fn inner(files: &dyn Files, directory: &Path) -> PathBuf {
    let has_sql = |folder: &Path| {
        let entries = files.list(folder).unwrap_or_default();
        entries.iter().any(|entry| match entry.is_folder {
            true => files
                .read(&folder.join(&entry.name).join(prisma::FILE))
                .is_ok(),
            false => is_sql(&entry.name),
        })
    };
    if has_sql(directory) {
        return directory.to_owned();
    }
    [
        "supabase/migrations",
        "prisma/migrations",
        "db/migrations",
        "migrations",
        "drizzle",
    ]
    .iter()
    .map(|below| directory.join(below))
    .find(|folder| has_sql(folder))
    .unwrap_or_else(|| directory.to_owned())
}

/// The numbers of a version that is spelled with dots or underscores; none when it is no number.
fn numbers(version: &str) -> Option<Vec<u128>> {
    let parts = version.split(['.', '_']);
    parts.map(|part| part.parse().ok()).collect()
}

/// The digits that a name begins with, and what follows.
fn leading_digits(name: &str) -> Option<(&str, &str)> {
    let end = name
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(name.len());
    (end > 0).then(|| name.split_at(end))
}

/// The whole file in one transaction.
fn whole(text: &str) -> Up {
    Up {
        text: text.to_owned(),
        atomicity: Atomicity::File,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::{Path, PathBuf};

    use super::{Migrations, read};
    use crate::source::files::Kept;

    /// Reads a directory out of files by path.
    pub(in crate::source) fn taken(files: &[(&str, &str)], directory: &str) -> Migrations {
        let files = files
            .iter()
            .map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()));
        read(&Kept::new(files), Path::new(directory)).unwrap()
    }

    impl Migrations {
        /// Version and name of each.
        pub(in crate::source) fn spelled(&self) -> Vec<String> {
            let spell = |one: &super::Migration| format!("{} {}", one.version, one.name);
            self.all.iter().map(spell).collect()
        }
    }
}
