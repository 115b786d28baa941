//! Constraints of tables and domains: checks, keys, foreign keys, exclusions.

pub(in crate::classes) mod advice;
mod backing;
pub(super) mod enforcement;
pub(super) mod inheritance;
pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Printed, Severities, Severity};
use crate::contract::{Change, Delta};

/// The code of what new rows are not held to, on all tables or on a partition.
pub(super) const NOT_ENFORCED: &str = "constraint-not-enforced";

/// The class.
pub(super) static CLASS: Class = Class {
    name: "constraint",
    noun: "constraint",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new(
            "kind",
            "check, foreign key, primary key, unique or exclusion.",
        ),
        Fact::new("columns", "The columns of a key, in order."),
        Fact::new("expression", "What a check demands.").printed(Printed::Expression),
        Fact::new(
            "definition",
            "An exclusion constraint as Postgres prints it.",
        )
        .printed(Printed::Exclusion),
        Fact::new("references", "The table a foreign key refers to."),
        Fact::new("referenced_columns", "The columns it refers to, in order."),
        Fact::new("match", "How null parts of a foreign key match."),
        Fact::new("on_update", "What happens to rows whose key changes."),
        Fact::new(
            "on_delete",
            "What happens to rows whose referenced row goes.",
        ),
        Fact::new(
            "on_delete_columns",
            "Which columns `set null` and `set default` set.",
        ),
        Fact::new("deferrable", "Whether checking can wait for the commit."),
        Fact::new("initially_deferred", "Whether it does by default."),
        Fact::new("nulls_not_distinct", "Whether two nulls count as equal."),
        Fact::new(
            "not_enforced",
            "Whether it says itself that it is not enforced.",
        )
        .since(18),
        Fact::new(
            "without_overlaps",
            "Whether the key's last column, a range, may not overlap.",
        )
        .since(18),
        Fact::new(
            "period",
            "Whether a foreign key's last column, a range, must be covered.",
        )
        .since(18),
        Fact::new(
            "validated",
            "Whether existing rows are known to satisfy it.",
        ),
        Fact::new(
            "enforced",
            "Whether new rows are held to it: its triggers are not disabled.",
        ),
        Fact::new("no_inherit", "Whether children are exempt from a check."),
        Fact::new("include", "Columns a key carries along."),
        Fact::new("options", "Storage options of the index behind a key."),
        Fact::new(
            "tablespace",
            "Where the index behind it is kept, when not where the database is.",
        ),
        Fact::new(
            "clustered",
            "Whether `cluster` orders the table by the index behind it.",
        ),
        Fact::new(
            "part_names",
            "Of a key of a partitioned table: the names of its parts that somebody chose, each with its table.",
        ),
    ],
    not_compared: &[
        "Not null constraints: they are facts of the column.",
        "Copies on partitions and children, which their parent's stands for.",
        "Names of the triggers that hold foreign keys.",
    ],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[
        CodeEntry {
            code: "constraint-not-validated",
            severity: Severity::Error,
            meaning: "A constraint is validated in the contract and NOT VALID in live: older rows may break it.",
            help: "Find and repair rows that break it, then run `alter table … validate constraint …`.",
        },
        CodeEntry {
            code: NOT_ENFORCED,
            severity: Severity::Error,
            meaning: "A constraint exists in live but new rows are not held to it: the triggers that enforce it are disabled, or it is NOT ENFORCED.",
            help: "Run `alter table … enable trigger all` as a superuser, on the referenced table too, then look for rows that break it.",
        },
    ],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    kind: String,
    columns: Option<Vec<String>>,
    expression: Option<String>,
    definition: Option<String>,
    references: Option<Name>,
    referenced_columns: Option<Vec<String>>,
    r#match: Option<String>,
    on_update: Option<String>,
    on_delete: Option<String>,
    #[serde(default)]
    on_delete_columns: Option<Vec<String>>,
    deferrable: bool,
    initially_deferred: bool,
    #[serde(default)]
    nulls_not_distinct: Option<bool>,
    #[serde(default)]
    not_enforced: Option<bool>,
    #[serde(default)]
    without_overlaps: Option<bool>,
    #[serde(default)]
    period: Option<bool>,
    validated: bool,
    enforced: bool,
    no_inherit: bool,
    include: Option<Vec<String>>,
    options: Option<Vec<String>>,
    tablespace: Option<Name>,
    clustered: Option<bool>,
    #[serde(default)]
    part_names: Option<Vec<(Name, Name)>>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let Change::Changed { fact, live, .. } = delta.change else {
        return None;
    };
    let holds = live.as_bool() == Some(true);
    let constraint = &delta.id.path;
    match (fact, holds) {
        ("validated", false) => Some(
            Judgement::code("constraint-not-validated", Severity::Error).saying(format!(
                "constraint {constraint} was never checked against existing rows"
            )),
        ),
        ("enforced", false) => Some(Judgement::code(NOT_ENFORCED, Severity::Error).saying(
            format!("constraint {constraint} is not enforced: new rows may break it"),
        )),
        ("options" | "tablespace" | "clustered" | "part_names", _) => {
            Some(Judgement::severity(Severity::Note))
        }
        // Live holds to more than it has to.
        ("validated" | "enforced", true) => Some(Judgement::severity(Severity::Warning)),
        _ => None,
    }
}
