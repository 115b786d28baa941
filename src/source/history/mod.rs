//! Which of a repository's migrations a database has, by what it recorded of them.

mod checksum;
mod content;
mod matching;
mod remark;
mod standing;
mod version;

use std::sync::Arc;

use super::layout::{self, Migration, Migrations};
use crate::contract::Gap;
use crate::inspect::{Histories, Recorded, Tool};
use crate::scratch::{Atomicity, MigrationFile};

pub use remark::{Remark, RemarkKind, late};
pub use standing::standing;
use version::Version;

/// What a database's history tables say about a directory of migrations.
#[derive(Debug, Clone, Copy)]
pub enum Known<'a> {
    /// This is the history of these migrations.
    Recorded(&'a Recorded),
    /// There is one and it cannot be read: nothing may be claimed.
    Hidden(&'a Gap),
    /// There is none.
    Nothing,
}

/// Whether a tool takes two spellings for the same version.
pub(super) fn is_same_version(tool: Tool, one: &str, other: &str) -> bool {
    Version::new(tool, one) == Version::new(tool, other)
}

/// How a database stands to a directory of migrations.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// What the database ran, in the order to replay it in.
    pub applied: Vec<Applied>,
    /// Indices of migrations that it did not run, in their order.
    pub unapplied: Vec<usize>,
    /// Recorded versions that no file is for and whose statements are not known either: the replay lacks them.
    pub lost: Vec<String>,
    /// What is not as it should be.
    pub remarks: Vec<Remark>,
    /// Files that would have to be named after another version: by index, with the version.
    renames: Vec<(usize, String)>,
}

/// One migration that a database ran.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The migration it is, by index; none for one that is recorded and has no file.
    pub file: Option<usize>,
    /// The version it is recorded under; empty for one that is counted without being listed.
    pub version: String,
    /// What to replay: the file, or the recorded statements where they are known and say something else.
    pub replay: MigrationFile,
    /// How it was run.
    pub atomicity: Atomicity,
}

impl Standing {
    /// What the database ran, for the replay.
    pub fn batches(&self) -> Vec<(Vec<MigrationFile>, Atomicity)> {
        layout::batches(
            self.applied
                .iter()
                .map(|one| (one.replay.clone(), one.atomicity)),
        )
    }

    /// Whether a migration was run, by index.
    pub fn has(&self, index: usize) -> bool {
        self.applied.iter().any(|one| one.file == Some(index))
    }

    /// Whether the remarks propose to rename files.
    pub fn proposes_renames(&self) -> bool {
        !self.renames.is_empty()
    }

    /// The migrations as they stand after the files were renamed as the remarks propose.
    #[must_use]
    pub fn repaired(&self, migrations: &Migrations) -> Migrations {
        migrations.renamed(&self.renames)
    }
}

/// Finds the history of these migrations among a database's history tables.
pub fn known<'a>(migrations: &Migrations, histories: &'a Histories) -> Known<'a> {
    let fits = |tool| speaks(migrations.tool, tool);
    let overlap = |recorded: &Recorded| matching::overlap(migrations, recorded);
    let is_ours = |recorded: &&Recorded| {
        let is_certain = migrations.tool != Tool::Plain && recorded.tool == migrations.tool;
        // Rails' table is everybody's: services of a platform keep one each.
        let is_certain =
            is_certain && (recorded.tool != Tool::Dbmate || is_public(&recorded.table));
        fits(recorded.tool)
            && (is_certain
                || overlap(recorded) > 0
                || (is_public(&recorded.table) && is_empty(recorded)))
    };
    let candidates = histories.recorded.iter().filter(is_ours);
    let best =
        candidates.max_by_key(|recorded| (overlap(recorded), recorded.tool == migrations.tool));
    if let Some(recorded) = best {
        // A platform brings an empty one; who runs migrations by other means never fills it.
        return match is_empty(recorded) {
            true => Known::Nothing,
            false => Known::Recorded(recorded),
        };
    }
    let hidden = histories.hidden.iter().find(|hidden| {
        let is_shared = matches!(hidden.tool, Tool::Dbmate | Tool::GolangMigrate);
        fits(hidden.tool) && (!is_shared || is_public(&hidden.table))
    });
    hidden.map_or(Known::Nothing, |hidden| Known::Hidden(&hidden.gap))
}

fn is_empty(recorded: &Recorded) -> bool {
    recorded.entries.is_empty() && recorded.up_to.is_none()
}

fn is_public(table: &str) -> bool {
    table.starts_with("public.")
}

/// Whether a layout's files may be what a tool recorded.
fn speaks(layout: Tool, recorded: Tool) -> bool {
    match layout {
        Tool::Supabase | Tool::Prisma | Tool::Drizzle | Tool::Goose | Tool::Dbmate => {
            layout == recorded
        }
        Tool::Flyway | Tool::Refinery => matches!(recorded, Tool::Flyway | Tool::Refinery),
        Tool::Sqlx | Tool::GolangMigrate => {
            matches!(recorded, Tool::Sqlx | Tool::GolangMigrate | Tool::Dbmate)
        }
        Tool::Plain => !matches!(recorded, Tool::Prisma | Tool::Drizzle),
    }
}

/// The path of what was recorded, for people.
fn recorded_path(version: &str, name: Option<&str>, table: &str) -> Arc<str> {
    let name = name.map(|name| format!(" {name}")).unwrap_or_default();
    format!("{version}{name} as recorded in {table}").into()
}

fn label(migration: &Migration) -> &str {
    &migration.file.path
}
