//! What a history is not as it should be, in words.

use std::collections::BTreeMap;

use super::{label, recorded_path};
use crate::classes::Severity;
use crate::contract::Location;
use crate::findings::Finding;
use crate::inspect::{Entry, Recorded, Tool};
use crate::source::layout::{Migration, Migrations};

/// What sort of remark it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RemarkKind {
    /// In the repository, not in live.
    Unapplied,
    /// Recorded in live, not in the repository.
    Unknown,
    /// Not in live, and older than something that is.
    OutOfOrder,
    /// Changed after live ran it.
    Edited,
    /// A second file of a version.
    Duplicate,
    /// Recorded under another version.
    Renamed,
    /// Began in live and failed.
    HalfApplied,
}

/// One thing about a history that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What sort it is.
    pub kind: RemarkKind,
    /// The migration it is about, by index; none where no file is for it.
    pub file: Option<usize>,
    /// The version it is about, as it is recorded, or as the file says where nothing is.
    pub version: String,
    /// One sentence for a person, without a full stop.
    pub message: String,
    /// What to do, with the exact commands where there are any.
    pub help: String,
    /// The file's path, or how to name what has none.
    place: String,
}

impl RemarkKind {
    /// The finding code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unapplied => "migration-unapplied",
            Self::Unknown => "migration-unknown",
            Self::OutOfOrder => "migration-out-of-order",
            Self::Edited => "migration-edited",
            Self::Duplicate => "migration-duplicate-version",
            Self::Renamed => "migration-renamed",
            Self::HalfApplied => "migration-half-applied",
        }
    }
}

impl RemarkKind {
    /// The heading that it stands under.
    fn heading(self) -> &'static str {
        match self {
            Self::Unapplied => "Merged and not applied",
            Self::Unknown => "Applied and not in the repository",
            Self::OutOfOrder => "Out of order",
            Self::Edited => "Edited after it was applied",
            Self::Duplicate => "Two of one version",
            Self::Renamed => "Recorded under another version",
            Self::HalfApplied => "Begun and failed",
        }
    }
}

impl Remark {
    /// The remark as a finding; `severities` are the configured ones by code.
    pub fn finding(&self, severities: &BTreeMap<String, Severity>) -> Finding {
        let location = self.file.is_some().then(|| Location {
            file: self.place.as_str().into(),
            line: 1,
        });
        let mut finding = Finding::of_migration(
            self.kind.code(),
            &self.place,
            location,
            self.message.clone(),
            severities,
        );
        finding.help.clone_from(&self.help);
        self.kind.heading().clone_into(&mut finding.group);
        finding
    }
}

/// Remarks on migrations that are new in one state of the repository and sort before what is merged in the other.
pub fn late(head: &Migrations, base: &Migrations) -> Vec<Remark> {
    let late = head.late(base).into_iter();
    late.map(|(file, newest)| {
        let migration = &head.all[file];
        Remark {
            kind: RemarkKind::OutOfOrder,
            file: Some(file),
            version: migration.version.clone(),
            message: format!("{} comes before {}, which is merged already", label(migration), label(newest)),
            help: "Give the file a version after the newest merged one, so that every database runs the files in one order.".to_owned(),
            place: label(migration).to_owned(),
        }
    })
    .collect()
}

/// Finds the words for remarks about one history.
pub(super) struct Words<'a> {
    pub(super) migrations: &'a Migrations,
    pub(super) recorded: &'a Recorded,
}

impl Words<'_> {
    pub(super) fn unapplied(&self, file: usize) -> Remark {
        let migration = self.migration(file);
        let message = format!(
            "{} is not applied: {} has no record of it",
            label(migration),
            self.recorded.table
        );
        let help = match self.recorded.tool {
            Tool::Supabase => "Deploy it with `supabase db push`.".to_owned(),
            tool => format!("Deploy it with {}.", tool.name()),
        };
        self.about(RemarkKind::Unapplied, file, message, help)
    }

    pub(super) fn out_of_order(&self, file: usize, newest: &str) -> Remark {
        let message = format!(
            "{} comes before {newest}, which is applied already, and is not applied itself",
            label(self.migration(file)),
        );
        let help = match self.recorded.tool {
            Tool::Supabase => {
                "Give the file a version after the newest applied one; `supabase db push --include-all` would run it late, and a database built from nothing runs it early."
            }
            Tool::Flyway => {
                "Give the file a version after the newest applied one; Flyway passes it over, or refuses, unless `outOfOrder` is set."
            }
            Tool::Drizzle => {
                "Generate it again: Drizzle runs only what is newer than the newest it recorded, so this one is never run."
            }
            Tool::GolangMigrate => {
                "Give the file a version after the newest applied one: golang-migrate never goes back to an older one."
            }
            Tool::Sqlx
            | Tool::Prisma
            | Tool::Refinery
            | Tool::Goose
            | Tool::Dbmate
            | Tool::Plain => {
                "Give the file a version after the newest applied one, so that every database runs the files in one order."
            }
        };
        self.about(RemarkKind::OutOfOrder, file, message, help.to_owned())
    }

    pub(super) fn edited(&self, entry: &Entry, file: usize) -> Remark {
        let label = label(self.migration(file));
        let what = match self.recorded.tool {
            Tool::Supabase => "the statements that were run",
            _ => "the checksum of what was run",
        };
        let message = format!(
            "{label} was edited after it was applied: {} keeps {what}, and the file differs",
            self.recorded.table
        );
        let help = match self.recorded.tool {
            Tool::Supabase => format!("Put the file back to what was run (`supabase migration fetch` writes it), and make the change in a new migration. If live was changed by hand to agree with the file: `supabase migration repair --status reverted {0}`, then `--status applied {0}`.", entry.version),
            Tool::Flyway => "Put the file back to what was run, and make the change in a new migration; `flyway repair` records the file as it is now, if that is what live has.".to_owned(),
            _ => "Put the file back to what was run, and make the change in a new migration.".to_owned(),
        };
        Remark {
            version: entry.version.clone(),
            ..self.about(RemarkKind::Edited, file, message, help)
        }
    }

    pub(super) fn renamed(&self, entry: &Entry, file: usize) -> Remark {
        let migration = self.migration(file);
        let old = label(migration);
        let version = &entry.version;
        let new = migration.path_as(old, version);
        let message =
            format!("{old} is applied, and recorded as {version}: the content is the same");
        let folder = |path: &str| path.trim_end_matches("/migration.sql").to_owned();
        let (from, to) = match self.recorded.tool {
            Tool::Prisma => (folder(old), folder(&new)),
            _ => (old.to_owned(), new),
        };
        let rename = format!("Rename it: `git mv {} {}`", quoted(&from), quoted(&to));
        let help = match self.recorded.tool {
            Tool::Supabase => format!(
                "{rename}. Or correct the record: `supabase migration repair --status reverted {version}` and `supabase migration repair --status applied {}`.",
                migration.version
            ),
            Tool::Drizzle => format!(
                "Set `when` of {} in meta/_journal.json to {version}, as it is recorded.",
                migration.name
            ),
            Tool::Prisma => format!(
                "{rename} with its folder. Or correct the record: `prisma migrate resolve --applied {}`, and delete the row of {version} from {}.",
                migration.version, self.recorded.table
            ),
            _ => format!("{rename}."),
        };
        Remark {
            version: version.clone(),
            ..self.about(RemarkKind::Renamed, file, message, help)
        }
    }

    pub(super) fn duplicate(&self, first: usize, file: usize) -> Remark {
        let (first, second) = (self.migration(first), self.migration(file));
        let message = format!(
            "{} has the version of {}: {}",
            label(second),
            label(first),
            second.version
        );
        let help = "Give one of them a version of its own, the one that is not applied anywhere; a tool runs one of the two, or fails on the second.";
        self.about(RemarkKind::Duplicate, file, message, help.to_owned())
    }

    pub(super) fn unknown(&self, entry: &Entry) -> Remark {
        let name = entry
            .name
            .as_ref()
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        let version = &entry.version;
        let message = format!(
            "{version}{name} is applied and not in the repository: {} has it, no file is for it",
            self.recorded.table
        );
        let help = match self.recorded.tool {
            Tool::Supabase => format!(
                "If a branch has the file, merge it. Else `supabase migration fetch` writes it from what live keeps; or, if it was taken back, `supabase migration repair --status reverted {version}`."
            ),
            Tool::Prisma => format!(
                "If a branch has the folder, merge it. Else write the migration anew, or, if it was taken back, delete its row from {}.",
                self.recorded.table
            ),
            _ => format!(
                "If a branch has the file, merge it. Else write it anew, or, if it was taken back, delete its row from {}.",
                self.recorded.table
            ),
        };
        Remark {
            kind: RemarkKind::Unknown,
            file: None,
            version: version.clone(),
            message,
            help,
            place: recorded_path(version, entry.name.as_deref(), &self.recorded.table).to_string(),
        }
    }

    pub(super) fn half_applied(&self, entry: &Entry, file: Option<usize>) -> Remark {
        let version = &entry.version;
        let place = file.map_or(version.as_str(), |file| label(self.migration(file)));
        let message = format!(
            "{place} began in live and failed: {} says so",
            self.recorded.table
        );
        let help = match self.recorded.tool {
            Tool::Prisma => format!(
                "See what of it is there, then `prisma migrate resolve --rolled-back {version}` or `--applied {version}`."
            ),
            Tool::Flyway => {
                "See what of it is there and take it back, then `flyway repair`.".to_owned()
            }
            Tool::GolangMigrate => format!(
                "See what of it is there, then `migrate force {version}`, or the version before it."
            ),
            _ => format!(
                "See what of it is there and take it back, delete the row of {version} from {}, and run it again.",
                self.recorded.table
            ),
        };
        let remark = Remark {
            kind: RemarkKind::HalfApplied,
            file,
            version: version.clone(),
            message,
            help,
            place: recorded_path(version, entry.name.as_deref(), &self.recorded.table).to_string(),
        };
        match file {
            Some(file) => Remark {
                place: label(self.migration(file)).to_owned(),
                ..remark
            },
            None => remark,
        }
    }

    fn about(&self, kind: RemarkKind, file: usize, message: String, help: String) -> Remark {
        let migration = self.migration(file);
        Remark {
            kind,
            file: Some(file),
            version: migration.version.clone(),
            message,
            help,
            place: label(migration).to_owned(),
        }
    }

    fn migration(&self, file: usize) -> &Migration {
        &self.migrations.all[file]
    }
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if path.chars().all(is_plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}
