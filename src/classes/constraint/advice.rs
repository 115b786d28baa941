//! Advice on constraints: whether they hold, and what they cost.

use super::CLASS;
use crate::classes::advice::{Advice, Needs, Outlook, Rule, in_words};
use crate::classes::rules::{head_and_name, texts};
use crate::classes::{CodeEntry, Severity, domain, index, table};
use crate::contract::Object;
use crate::sql;

pub(in crate::classes) const RULES: &[Rule] = &[
    Rule {
        codes: &[CodeEntry {
            code: "lint-foreign-key-unindexed",
            severity: Severity::Warning,
            meaning: "No index leads with the columns of a foreign key: each delete or change of a referenced row, and each join along the key, reads the whole table.",
            help: "Make an index on the columns. Where rows of the referenced table never go and nobody joins along the key, ignore this with that reason.",
        }],
        needs: Needs::Contract,
        about: "foreign keys without an index",
        look: unindexed,
    },
    Rule {
        codes: &[CodeEntry {
            code: "lint-foreign-key-to-auth-unique",
            severity: Severity::Error,
            meaning: "A foreign key refers to columns of the schema auth that are not a primary key: the platform changes such indexes, and its updates fail on the key.",
            help: "Refer to the primary key: auth.users (id).",
        }],
        needs: Needs::Contract,
        about: "foreign keys into the schema auth",
        look: to_auth,
    },
    Rule {
        codes: &[
            CodeEntry {
                code: "lint-constraint-unvalidated",
                severity: Severity::Warning,
                meaning: "A constraint was added `not valid` and never validated: older rows may break it, and the planner does not go by it.",
                help: "Validate it: that reads the table and keeps nobody from writing. Where it fails, mend those rows first.",
            },
            CodeEntry {
                code: "lint-constraint-unenforced",
                severity: Severity::Warning,
                meaning: "The triggers that hold rows to a foreign key are switched off: new rows may break it though it calls itself valid.",
                help: "Switch them on, and look for rows that broke it meanwhile: drop the key and add it again.",
            },
        ],
        needs: Needs::Contract,
        about: "constraints that do not hold for every row",
        look: not_holding,
    },
];

/// The columns of a key.
pub(in crate::classes) fn columns(constraint: &Object) -> Vec<String> {
    let names = texts(constraint, "columns").into_iter();
    names.map(str::to_owned).collect()
}

fn foreign_keys<'a>(outlook: &Outlook<'a>) -> impl Iterator<Item = &'a Object> {
    let constraints = outlook.ours(&CLASS);
    constraints.filter(|constraint| constraint.text("kind") == Some("foreign key"))
}

fn unindexed(outlook: &Outlook<'_>) -> Vec<Advice> {
    foreign_keys(outlook)
        .filter_map(|key| {
            let on = outlook.parent(key)?;
            // The platform's tables are its own business.
            outlook.our(&table::CLASS, &on.id.path)?;
            let columns = columns(key);
            if index::advice::lead_with(outlook, on, &columns) {
                return None;
            }
            let (table, name) = head_and_name(&key.id.path);
            let quoted: Vec<String> = columns
                .iter()
                .map(|column| sql::identifier(column))
                .collect();
            let message = format!(
                "foreign key {name} of {table} has no index on {}",
                in_words(&quoted)
            );
            let is_partitioned = on.facts.contains_key("partition_key");
            let how = if is_partitioned { "" } else { " concurrently" };
            let sql = format!("create index{how} on {table} ({});", quoted.join(", "));
            let advice = Advice::on(key, "lint-foreign-key-unindexed", message);
            Some(advice.about("columns").remedy(sql))
        })
        .collect()
}

/// The schema of the platform's own users, and the primary key that its tables have where nothing else is known.
const AUTH: (&str, &str) = ("auth", "id");

fn to_auth(outlook: &Outlook<'_>) -> Vec<Advice> {
    foreign_keys(outlook)
        .filter_map(|key| {
            let target = key.text("references")?;
            if head_and_name(target).0 != AUTH.0 {
                return None;
            }
            let known = outlook.any(&table::CLASS, target);
            let known = known.map(|table| outlook.inside(&table.id, &CLASS)).unwrap_or_default();
            let primary = known
                .iter()
                .find(|constraint| constraint.text("kind") == Some("primary key"));
            let primary = primary.map_or(vec![AUTH.1.to_owned()], |primary| columns(primary));
            let mut referenced = texts(key, "referenced_columns");
            let mut primary: Vec<&str> = primary.iter().map(String::as_str).collect();
            referenced.sort_unstable();
            primary.sort_unstable();
            let (table, name) = head_and_name(&key.id.path);
            let message = format!(
                "foreign key {name} of {table} refers to {} of {target}, which is not its primary key",
                in_words(&referenced)
            );
            (referenced != primary).then(|| {
                Advice::on(key, "lint-foreign-key-to-auth-unique", message)
                    .about("references")
                    .remedy(format!("alter table {table} drop constraint {name};"))
            })
        })
        .collect()
}

fn not_holding(outlook: &Outlook<'_>) -> Vec<Advice> {
    let constraints = outlook.ours(&CLASS);
    constraints
        .filter(|constraint| !constraint.is("not_enforced"))
        .filter_map(|constraint| {
            let (on, name) = head_and_name(&constraint.id.path);
            let kind = constraint.text("kind")?;
            if !constraint.is("validated") {
                let parent = outlook.parent(constraint)?;
                let word = match parent.id.class.as_str() == domain::CLASS.name {
                    true => "domain",
                    false => "table",
                };
                let message = format!(
                    "{kind} constraint {name} of {on} is not validated: older rows may break it"
                );
                let sql = format!("alter {word} {on} validate constraint {name};");
                let advice = Advice::on(constraint, "lint-constraint-unvalidated", message);
                return Some(advice.about("validated").remedy(sql));
            }
            let message = format!(
                "{kind} constraint {name} of {on} is not enforced: its triggers are switched off"
            );
            (!constraint.is("enforced")).then(|| {
                Advice::on(constraint, "lint-constraint-unenforced", message)
                    .about("enforced")
                    .remedy(format!("alter table {on} enable trigger all;"))
            })
        })
        .collect()
}
