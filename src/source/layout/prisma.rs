//! Prisma Migrate: `<time>_<name>/migration.sql`.

use super::{Layout, Named, Place, Rank, Up, folder::Folder};
use crate::inspect::Tool;
use crate::scratch::Atomicity;

/// The one file in each folder.
pub(super) const FILE: &str = "migration.sql";

pub(super) const LAYOUT: Layout = Layout {
    tool: Tool::Prisma,
    fits: |folder| folder.names.iter().any(|name| is_migration(name).is_some()),
    place,
    up,
};

fn is_migration(path: &str) -> Option<&str> {
    path.strip_suffix(FILE)?.strip_suffix('/')
}

fn place(path: &str, _: &Folder<'_>) -> Place {
    let Some(version) = is_migration(path) else {
        return Place::Left;
    };
    Place::Migration(Named {
        version: version.to_owned(),
        name: version
            .split_once('_')
            .map_or(version, |(_, name)| name)
            .to_owned(),
        rank: Rank {
            text: version.to_owned(),
            ..Rank::default()
        },
    })
}

/// A file is one message, so one transaction, unless it is a single statement.
fn up(text: &str) -> Up {
    let statements = pg_query::split_with_scanner(text);
    let is_single = statements.is_ok_and(|statements| statements.len() == 1);
    Up {
        text: text.to_owned(),
        atomicity: if is_single {
            Atomicity::Statement
        } else {
            Atomicity::File
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::taken;
    use crate::inspect::Tool;
    use crate::scratch::Atomicity;

    #[test]
    fn each_folder_is_a_migration() {
        let files = [
            (
                "prisma/migrations/20240102_b/migration.sql",
                "select 1; select 2;",
            ),
            (
                "prisma/migrations/20240101_a/migration.sql",
                "create index concurrently i on t (a);",
            ),
            (
                "prisma/migrations/migration_lock.toml",
                "provider = 'postgresql'",
            ),
        ];
        let read = taken(&files, "prisma");
        assert_eq!(read.tool, Tool::Prisma);
        assert_eq!(read.spelled(), ["20240101_a a", "20240102_b b"]);
        assert_eq!(read.all[0].atomicity, Atomicity::Statement);
        assert_eq!(read.all[1].atomicity, Atomicity::File);
    }
}
