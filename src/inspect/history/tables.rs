//! How the history tables of migration tools look, and how each is asked for the same columns.

use std::collections::BTreeSet;

/// A tool that records which migrations it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// The Supabase CLI, its dashboard and assistants.
    Supabase,
    /// sqlx.
    Sqlx,
    /// Prisma Migrate.
    Prisma,
    /// Drizzle.
    Drizzle,
    /// Flyway.
    Flyway,
    /// refinery.
    Refinery,
    /// goose.
    Goose,
    /// dbmate, which writes the table that Rails made up.
    Dbmate,
    /// golang-migrate, which keeps no more than the newest version.
    GolangMigrate,
    /// Nobody in particular: files in the order of their numbers.
    Plain,
}

impl Tool {
    /// What to call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Supabase => "supabase",
            Self::Sqlx => "sqlx",
            Self::Prisma => "prisma",
            Self::Drizzle => "drizzle",
            Self::Flyway => "flyway",
            Self::Refinery => "refinery",
            Self::Goose => "goose",
            Self::Dbmate => "dbmate",
            Self::GolangMigrate => "golang-migrate",
            Self::Plain => "plain",
        }
    }
}

/// One history table by its look.
pub(super) struct Shape {
    pub(super) tool: Tool,
    /// Its name.
    pub(super) table: &'static str,
    /// Columns without which it is somebody else's.
    pub(super) needs: &'static [&'static str],
    /// Columns that tell it from another tool's of the same name.
    pub(super) lacks: &'static [&'static str],
    /// Columns that are asked for when they are there.
    optional: &'static [&'static str],
    /// The select list: version, name, statements, checksum, time, state; `from` and what follows.
    select: &'static str,
    tail: &'static str,
}

impl Shape {
    /// Whether a table of this name with these columns is one.
    pub(super) fn fits(&self, table: &str, columns: &BTreeSet<&str>) -> bool {
        self.table == table
            && self.needs.iter().all(|name| columns.contains(name))
            && !self.lacks.iter().any(|name| columns.contains(name))
    }

    /// The query for its rows, each of six texts.
    pub(super) fn query(&self, table: &str, columns: &BTreeSet<&str>) -> String {
        let mut select = self.select.to_owned();
        for name in self.optional {
            let spelled = if columns.contains(name) {
                *name
            } else {
                "null"
            };
            select = select.replace(&format!("?{name}"), spelled);
        }
        format!("select {select} from {table} h {}", self.tail)
    }
}

/// The states a row may stand for, as the queries spell them.
pub(super) const APPLIED: &str = "applied";
pub(super) const FAILED: &str = "failed";
pub(super) const UNDONE: &str = "undone";
pub(super) const BASELINE: &str = "baseline";

pub(super) const SHAPES: &[Shape] = &[
    Shape {
        tool: Tool::Supabase,
        table: "schema_migrations",
        needs: &["version", "statements"],
        lacks: &["dirty"],
        optional: &["name"],
        select: "version::text, ?name::text, array_to_json(statements)::text, null, null, 'applied'",
        tail: "order by version::text collate \"C\"",
    },
    Shape {
        tool: Tool::Sqlx,
        table: "_sqlx_migrations",
        needs: &["version", "description", "success", "checksum"],
        lacks: &[],
        optional: &["installed_on"],
        select: "version::text, description::text, null, encode(checksum, 'hex'), ?installed_on::text, \
            case when success then 'applied' else 'failed' end",
        tail: "order by version",
    },
    Shape {
        tool: Tool::Prisma,
        table: "_prisma_migrations",
        needs: &[
            "migration_name",
            "checksum",
            "finished_at",
            "rolled_back_at",
            "started_at",
        ],
        lacks: &[],
        optional: &[],
        // A name may stand there several times: each attempt is a row, and those given up are marked.
        select: "migration_name::text, null, null, checksum::text, finished_at::text, \
            case when finished_at is null then 'failed' else 'applied' end",
        tail: "where rolled_back_at is null order by started_at, migration_name collate \"C\"",
    },
    Shape {
        tool: Tool::Drizzle,
        table: "__drizzle_migrations",
        needs: &["id", "hash", "created_at"],
        lacks: &[],
        optional: &["name"],
        select: "created_at::text, ?name::text, null, hash::text, null, 'applied'",
        tail: "order by id",
    },
    Shape {
        tool: Tool::Flyway,
        table: "flyway_schema_history",
        needs: &[
            "installed_rank",
            "version",
            "description",
            "type",
            "script",
            "checksum",
            "success",
        ],
        lacks: &[],
        optional: &["installed_on"],
        // What is written in Java has no file that could be replayed.
        select: "coalesce(version, '')::text, description::text, null, checksum::text, ?installed_on::text, \
            case when not success then 'failed' when type::text ~ '^(UNDO|DELETE)' then 'undone' \
            when type::text ~ 'BASELINE' then 'baseline' else 'applied' end",
        tail: "where type::text in ('SQL', 'SQL_BASELINE', 'BASELINE', 'UNDO_SQL', 'DELETE') order by installed_rank",
    },
    Shape {
        tool: Tool::Refinery,
        table: "refinery_schema_history",
        needs: &["version", "name", "applied_on", "checksum"],
        lacks: &[],
        optional: &[],
        select: "version::text, name::text, null, checksum::text, applied_on::text, 'applied'",
        tail: "order by version",
    },
    Shape {
        tool: Tool::Goose,
        table: "goose_db_version",
        needs: &["id", "version_id", "is_applied"],
        lacks: &[],
        optional: &["tstamp"],
        // Version 0 is written when the table is made.
        select: "version_id::text, null, null, null, ?tstamp::text, \
            case when is_applied then 'applied' else 'undone' end",
        tail: "where version_id > 0 order by id",
    },
    Shape {
        tool: Tool::GolangMigrate,
        table: "schema_migrations",
        needs: &["version", "dirty"],
        lacks: &[],
        optional: &[],
        select: "version::text, null, null, null, null, case when dirty then 'failed' else 'baseline' end",
        tail: "",
    },
    Shape {
        tool: Tool::Dbmate,
        table: "schema_migrations",
        needs: &["version"],
        // Ecto's has times; those of Supabase's own services are not the project's.
        lacks: &["dirty", "statements", "inserted_at"],
        optional: &[],
        select: "version::text, null, null, null, null, 'applied'",
        tail: "order by version::text collate \"C\"",
    },
];
