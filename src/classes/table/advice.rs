//! Advice on tables: who gets past row security, and how rows are told apart.

use super::CLASS;
use crate::classes::advice::{Advice, Needs, Outlook, Rule, in_words};
use crate::classes::rules::texts;
use crate::classes::{CodeEntry, Severity, constraint, policy};
use crate::contract::Object;
use crate::sql;

pub(in crate::classes) const RULES: &[Rule] = &[
    Rule {
        codes: &[
            CodeEntry {
                code: "lint-rls-disabled",
                severity: Severity::Error,
                meaning: "A table of an API schema has no row-level security, and a role of requests may read or write it: whoever has the public key has all of its rows.",
                help: "Switch row-level security on and write policies for what is meant to be reached; or take the grants away; or move the table into a schema that the API does not serve.",
            },
            CodeEntry {
                code: "lint-queue-exposed",
                severity: Severity::Error,
                meaning: "A queue of pgmq is served by the API, and its table has no row-level security: whoever has the public key may read and take messages.",
                help: "Switch row-level security on for the queue's table and write policies; or take `pgmq_public` out of the schemas that the API serves.",
            },
        ],
        needs: Needs::ApiRoles,
        about: "which tables requests reach without row-level security",
        look: open_tables,
    },
    Rule {
        codes: &[
            CodeEntry {
                code: "lint-policies-without-rls",
                severity: Severity::Error,
                meaning: "A table has policies and row-level security is off: they hold for nobody.",
                help: "Switch row-level security on, after a look at who reads the table: from then on only what policies let through is seen.",
            },
            CodeEntry {
                code: "lint-rls-without-policies",
                severity: Severity::Note,
                meaning: "A table has row-level security and no policy: nobody but its owner and roles that bypass it sees a row. That may be meant.",
                help: "Write policies; or, where only servers use the table, take the grants of the API's roles away and ignore this with that reason.",
            },
        ],
        needs: Needs::Contract,
        about: "tables whose row-level security and policies do not go together",
        look: policies_and_security,
    },
    Rule {
        codes: &[CodeEntry {
            code: "lint-table-without-primary-key",
            severity: Severity::Warning,
            meaning: "A table has no primary key: rows cannot be told apart by tools, and replication cannot pass on updates and deletes.",
            help: "Make what tells rows apart its primary key, or add an identity column.",
        }],
        needs: Needs::Contract,
        about: "tables without a primary key",
        look: keyless,
    },
    Rule {
        codes: &[CodeEntry {
            code: "lint-table-bloat",
            severity: Severity::Warning,
            meaning: "A table takes many times the room that its rows need, as the planner's statistics have them: rows were deleted or rewritten, and the room was not given back.",
            help: "Look whether autovacuum keeps up. `vacuum full` gives the room back and locks the table while it works; pg_repack does it without.",
        }],
        needs: Needs::Statistics,
        about: "tables that take more room than their rows need",
        look: bloated,
    },
];

const READ_OR_WRITE: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/// Where pgmq keeps the messages of its queues, and the schema that serves them.
const QUEUES: (&str, &str) = ("pgmq.q_", "pgmq_public");

fn open_tables(outlook: &Outlook<'_>) -> Vec<Advice> {
    let mut advice: Vec<Advice> = outlook
        .ours(&CLASS)
        .filter(|table| !table.is("row_security"))
        .filter_map(|table| {
            let roles = outlook.who_reaches(table, &READ_OR_WRITE);
            let (reader, may) = match outlook.who_reaches(table, &["SELECT"]) {
                readers if readers.is_empty() => (roles, "write"),
                readers => (readers, "read"),
            };
            let message = format!(
                "row-level security is off, and {} may {may} all of {}",
                in_words(&reader),
                table.id.path
            );
            (!reader.is_empty()).then(|| {
                Advice::on(table, "lint-rls-disabled", message)
                    .about("row_security")
                    .remedy(enable(table))
            })
        })
        .collect();
    if outlook.api().schemas.contains(QUEUES.1) {
        advice.extend(queues(outlook));
    }
    advice
}

fn queues(outlook: &Outlook<'_>) -> Vec<Advice> {
    let tables = outlook.all(&CLASS);
    let queues = tables.filter(|table| table.id.path.starts_with(QUEUES.0));
    queues
        .filter(|table| !table.is("row_security"))
        .filter(|table| {
            let mut roles = outlook.api().roles.iter();
            roles.any(|role| outlook.is_granted(&table.id, role, &READ_OR_WRITE))
        })
        .map(|table| {
            let message = format!(
                "queue {} is served without row-level security",
                table.id.path
            );
            Advice::on(table, "lint-queue-exposed", message).remedy(enable(table))
        })
        .collect()
}

fn enable(table: &Object) -> String {
    format!("alter table {} enable row level security;", table.id.path)
}

fn policies_and_security(outlook: &Outlook<'_>) -> Vec<Advice> {
    let tables = outlook.ours(&CLASS);
    tables
        .filter_map(|table| {
            let policies = outlook.inside(&table.id, &policy::CLASS);
            match (table.is("row_security"), policies.as_slice()) {
                (false, [_, ..]) => {
                    let names: Vec<String> = policies.iter().map(|policy| name(policy)).collect();
                    let hold = if names.len() == 1 { "holds" } else { "hold" };
                    let message = format!(
                        "row-level security of {} is off, so {} {hold} for nobody",
                        table.id.path,
                        in_words(&names)
                    );
                    let advice = Advice::on(table, "lint-policies-without-rls", message);
                    Some(advice.about("row_security").remedy(enable(table)))
                }
                // A partition is read through its whole, which has them; on its own it is closed.
                (true, []) if !has_guarded_whole(outlook, table) => {
                    let message = format!(
                        "{} has row-level security and no policy: requests see no row of it",
                        table.id.path
                    );
                    let advice = Advice::on(table, "lint-rls-without-policies", message);
                    Some(advice.about("row_security"))
                }
                _ => None,
            }
        })
        .collect()
}

/// Whether it is a partition of a table with policies.
fn has_guarded_whole(outlook: &Outlook<'_>, table: &Object) -> bool {
    let wholes = texts(table, "inherits").into_iter();
    let mut wholes = wholes.filter_map(|path| outlook.any(&CLASS, path));
    table.text("partition_bound").is_some()
        && wholes.any(|whole| {
            !outlook.inside(&whole.id, &policy::CLASS).is_empty()
                || has_guarded_whole(outlook, whole)
        })
}

fn name(policy: &Object) -> String {
    let last = sql::parts(&policy.id.path).pop().unwrap_or_default();
    format!("policy {}", sql::identifier(&last))
}

fn keyless(outlook: &Outlook<'_>) -> Vec<Advice> {
    let tables = outlook.ours(&CLASS);
    tables
        // A partition has what its parent has, and what is missing is missing there.
        .filter(|table| table.text("partition_bound").is_none())
        .filter(|table| {
            let constraints = outlook.inside(&table.id, &constraint::CLASS);
            !constraints
                .iter()
                .any(|constraint| constraint.text("kind") == Some("primary key"))
        })
        .map(|table| {
            let message = format!("{} has no primary key", table.id.path);
            Advice::on(table, "lint-table-without-primary-key", message)
        })
        .collect()
}

fn bloated(outlook: &Outlook<'_>) -> Vec<Advice> {
    let bloated = outlook.statistics().map(|statistics| &statistics.bloated);
    let bloated = bloated.into_iter().flatten();
    bloated
        .filter_map(|bloat| {
            let table = outlook.our(&CLASS, &bloat.table)?;
            let message = format!(
                "{} takes {:.0} times the room that its rows need, {} MB more",
                table.id.path,
                bloat.ratio,
                bloat.wasted / 1_000_000
            );
            let vacuum = format!("vacuum full {};", table.id.path);
            Some(Advice::on(table, "lint-table-bloat", message).remedy(vacuum))
        })
        .collect()
}
