//! Tables, plain and partitioned.

pub(in crate::classes) mod advice;
pub(super) mod reconcile;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::constraint::NOT_ENFORCED;
use super::fact::{Name, decode};
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Printed, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "table",
    noun: "table",
    naming: Naming::Bare,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("row_security", "Whether row-level security is on.").set_by(Aspect::RowSecurity),
        Fact::new("force_row_security", "Whether it also holds for the owner.")
            .set_by(Aspect::RowSecurity),
        Fact::new("persistence", "permanent, or unlogged: emptied by a crash."),
        Fact::new(
            "options",
            "Storage parameters, those of its toast table included.",
        ),
        Fact::new(
            "replica_identity",
            "Which old columns replication sees, where it is not the primary key: nothing, full or an index.",
        ),
        Fact::new("of_type", "The composite type that its columns come from."),
        Fact::new("partition_key", "What a partitioned table is split by.")
            .printed(Printed::PartitionKey),
        Fact::new("partition_bound", "Which rows a partition holds."),
        Fact::new(
            "inherits",
            "Tables it inherits from, or is a partition of, in order.",
        ),
        Fact::new(
            "detaching",
            "Whether it is a partition whose detaching was broken off.",
        )
        .since(14),
        Fact::new("access_method", "How rows are kept, where it is not heap."),
        Fact::new("tablespace", "Where, if not where the database is."),
        Fact::new(
            "unenforced",
            "Of a partition: constraints that hold on other partitions and not here, since their triggers are disabled.",
        ),
        Fact::new(
            "column_order",
            "The order of the columns that both sides have and that are not inherited: an insert without a list of columns goes by it.",
        )
        .that_stays(reconcile::ORDER_STAYS),
    ],
    not_compared: &["Rows, and what they take up.", "Temporary tables.", "Whether `analyze` or `vacuum` ran."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[
        CodeEntry {
            code: "rls-disabled",
            severity: Severity::Critical,
            meaning: "Row-level security is on in the contract and off in the live table: its policies protect nothing.",
            help: "Run `alter table … enable row level security` at once, then find out who switched it off and what was read meanwhile.",
        },
        CodeEntry {
            code: "rls-enabled",
            severity: Severity::Warning,
            meaning: "Row-level security is off in the contract and on in the live table.",
            help: "Put it into a migration, with the policies that go with it; without any, nobody but the owner sees rows.",
        },
        CodeEntry {
            code: "rls-not-forced",
            severity: Severity::Critical,
            meaning: "The contract holds the table's owner to its policies, the live table does not.",
            help: "Run `alter table … force row level security`.",
        },
        CodeEntry {
            code: "rls-forced",
            severity: Severity::Warning,
            meaning: "The live table holds its owner to its policies, the contract does not.",
            help: "Put `force row level security` into a migration, or take it off in live.",
        },
    ],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    row_security: bool,
    force_row_security: bool,
    persistence: String,
    options: Option<Vec<String>>,
    replica_identity: Option<String>,
    of_type: Option<Name>,
    partition_key: Option<String>,
    partition_bound: Option<String>,
    inherits: Option<Vec<Name>>,
    #[serde(default)]
    detaching: Option<bool>,
    #[serde(default)]
    access_method: Option<Name>,
    #[serde(default)]
    tablespace: Option<Name>,
    #[serde(default)]
    unenforced: Option<Vec<Name>>,
    #[serde(default)]
    column_order: Option<Vec<String>>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let Change::Changed { fact, live, .. } = delta.change else {
        return exposed(delta);
    };
    if fact == "column_order" {
        return Some(reordered(delta));
    }
    if fact == "unenforced" {
        return Some(unenforced(delta, live));
    }
    let on = live.as_bool() == Some(true);
    let table = &delta.id.path;
    let judgement = match (fact, on) {
        ("row_security", false) => Judgement::code("rls-disabled", Severity::Critical)
            .saying(format!("row-level security is switched off on {table}")),
        ("row_security", true) => Judgement::code("rls-enabled", Severity::Warning)
            .saying(format!("row-level security is on for {table}, the contract has it off")),
        ("force_row_security", false) => Judgement::code("rls-not-forced", Severity::Critical)
            .saying(format!("row-level security of {table} no longer holds for its owner")),
        ("force_row_security", true) => Judgement::code("rls-forced", Severity::Warning)
            .saying(format!("row-level security of {table} is forced on its owner, the contract does not force it")),
        ("options" | "replica_identity" | "access_method" | "tablespace", _) => Judgement::severity(Severity::Warning),
        _ => return None,
    };
    Some(judgement)
}

/// The finding on the constraint says that it is not enforced, this one where.
fn unenforced(delta: &Delta<'_>, live: &Value) -> Judgement {
    let Some(constraints) = live.as_array() else {
        // Live holds to more than it has to.
        return Judgement::severity(Severity::Warning);
    };
    let constraints: Vec<&str> = constraints.iter().filter_map(Value::as_str).collect();
    let message = format!(
        "on partition {} new rows may break {}",
        delta.id.path,
        constraints.join(", ")
    );
    Judgement::code(NOT_ENFORCED, Severity::Error).saying(message)
}

/// Both sides have the same columns, and what names none of them means others.
pub(super) fn reordered(delta: &Delta<'_>) -> Judgement {
    Judgement::severity(Severity::Warning).saying(format!(
        "the columns of {} stand in another order: an insert that names none fills others",
        delta.id.path
    ))
}

/// A table that no migration makes, that whoever holds the public key may use, and that no policy guards.
fn exposed(delta: &Delta<'_>) -> Option<Judgement> {
    let table = delta.live.filter(|_| delta.change == Change::Unexpected)?;
    let everybody = ["PUBLIC", "anon", "authenticated"];
    let grantees = delta.inside.iter().filter_map(|object| {
        let (target, grantee) = object.id.path.rsplit_once(" to ")?;
        (target == &*table.id.path).then_some(grantee)
    });
    let open_to: Vec<&str> = grantees
        .filter(|grantee| everybody.contains(grantee))
        .collect();
    (!table.is("row_security") && !open_to.is_empty()).then(|| {
        Judgement::severity(Severity::Critical).saying(format!(
            "table {} is not in the contract, has no row-level security, and is open to {}",
            table.id.path,
            open_to.join(", ")
        ))
    })
}
