//! Indexes that are no constraint's.

pub(in crate::classes) mod advice;
pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Printed, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "index",
    noun: "index",
    naming: Naming::Bare,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("table", "The table it is on."),
        Fact::new("unique", "Whether it refuses duplicates."),
        Fact::new("method", "The access method."),
        Fact::new(
            "keys",
            "Each key with its collation, operator class and order, where not the default.",
        )
        .printed(Printed::Keys),
        Fact::new("include", "Columns it carries along."),
        Fact::new("predicate", "Which rows it covers.").printed(Printed::Expression),
        Fact::new("nulls_not_distinct", "Whether two nulls count as equal."),
        Fact::new(
            "valid",
            "Whether queries may use it; of a partitioned table, whether every partition has its part.",
        ),
        Fact::new("clustered", "Whether `cluster` orders the table by it."),
        Fact::new("options", "Storage parameters."),
        Fact::new("ready", "Whether it gets new rows."),
        Fact::new("tablespace", "Where it is, if not where the database is."),
        Fact::new(
            "statistics",
            "Statistics targets of its expressions: the number of the key and the target.",
        ),
        Fact::new(
            "parts",
            "Of a partitioned index: its parts that are invalid or have storage parameters or a tablespace of their own.",
        ),
        Fact::new(
            "part_names",
            "Of a partitioned index: the names of its parts that somebody chose, each with its table.",
        ),
    ],
    not_compared: &[
        "Indexes behind keys and exclusions: the constraint has them.",
        "Indexes attached to a partitioned one, but for what was given to one of them alone. Their names where Postgres would choose them: it goes by what else has a name at that moment.",
        "How far an index has grown.",
    ],
    decode: decode::<Facts>,
    severities: Severities {
        missing: Severity::Warning,
        unexpected: Severity::Warning,
        changed: Severity::Warning,
    },
    codes: &[CodeEntry {
        code: "index-invalid",
        severity: Severity::Error,
        meaning: "An index exists but a failed build left it invalid, or partitions lack their part of it: it costs writes, serves no query and enforces nothing.",
        help: "Drop it and build it again, `concurrently` on a busy table; on a partitioned table attach an index of each partition.",
    }],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    table: Name,
    unique: bool,
    method: String,
    keys: Option<Vec<String>>,
    include: Option<Vec<String>>,
    predicate: Option<String>,
    #[serde(default)]
    nulls_not_distinct: Option<bool>,
    valid: bool,
    clustered: Option<bool>,
    options: Option<Vec<String>>,
    #[serde(default)]
    ready: Option<bool>,
    #[serde(default)]
    tablespace: Option<Name>,
    #[serde(default)]
    statistics: Option<Vec<String>>,
    #[serde(default)]
    parts: Option<Vec<(Name, Vec<String>)>>,
    #[serde(default)]
    part_names: Option<Vec<(Name, Name)>>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let enforces = delta.expected.is_some_and(|index| index.is("unique"));
    match delta.change {
        Change::Changed {
            fact: "valid" | "ready",
            live,
            ..
        } if live.as_bool() == Some(false) => Some(
            Judgement::code("index-invalid", Severity::Error).saying(format!(
                "index {} is invalid: no query uses it",
                delta.id.path
            )),
        ),
        Change::Changed {
            fact: "options" | "clustered" | "statistics" | "tablespace" | "part_names",
            ..
        } => Some(Judgement::severity(Severity::Note)),
        Change::Missing | Change::Changed { .. } if enforces => {
            Some(Judgement::severity(Severity::Error))
        }
        Change::Missing | Change::Changed { .. } | Change::Unexpected => None,
    }
}
