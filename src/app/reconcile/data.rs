//! What the data says to a plan: rows in the way, and how large what is read or written is.

use std::collections::BTreeSet;

use crate::classes::{DataCheck, Size};
use crate::inspect::{COUNTED, Session};
use crate::plan::{ReconcilePlan, Rename};
use crate::source::Live;

/// Asks live how many rows would be in the way, with the key of one where it may be shown; only a database
/// has any.
pub(super) async fn ask(
    live: &mut Live,
    plan: &ReconcilePlan,
    renames: &[Rename],
    shows_rows: bool,
) -> Vec<String> {
    let Live::Database(session) = live else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for step in &plan.steps {
        let Some(check) = &step.statement.check else {
            continue;
        };
        // Live does not know the new names yet.
        let is_renamed = |rename: &&Rename| check.query.contains(&*rename.to.path);
        lines.extend(match renames.iter().find(is_renamed) {
            Some(rename) => Some(format!(
                "Not counted: {}, which is {} until the plan is applied.",
                check.question, rename.from.path
            )),
            None => in_the_way(session, check, shows_rows).await,
        });
    }
    lines
}

async fn in_the_way(session: &mut Session, check: &DataCheck, shows_rows: bool) -> Option<String> {
    let what = &check.question;
    let count = match session.count(&check.query).await {
        Ok(0) => return None,
        Ok(count) => count,
        Err(error) => return Some(format!("Not counted: {what} ({})", error.chain())),
    };
    let mut line = match count {
        1 => format!(
            "In the way now: 1 {}",
            what.replacen("rows", "row", 1).replacen("keys", "key", 1)
        ),
        count if count > COUNTED => format!("In the way now: more than {COUNTED} {what}"),
        count => format!("In the way now: {count} {what}"),
    };
    if shows_rows && let Ok(Some(key)) = session.example(&check.example()).await {
        line += &format!(", such as {key}");
    }
    Some(line + ".")
}

/// Looks how large every relation is whose rows a step reads or writes; only a database has any.
/// What cannot be found out is said.
pub(super) async fn measure(
    live: &mut Live,
    plan: &mut ReconcilePlan,
    renames: &[Rename],
) -> Vec<String> {
    let Live::Database(session) = live else {
        return Vec::new();
    };
    let name_now = |name: &str| {
        let mut name = name.to_owned();
        for rename in renames.iter().rev() {
            if *rename.to.path == *name {
                name = rename.from.path.to_string();
            }
        }
        name
    };
    let risks = || {
        let risks = plan.steps.iter().map(|step| &step.statement.risk);
        risks.filter(|risk| risk.scans || risk.rewrites)
    };
    let relations = risks().filter_map(|risk| risk.lock.as_ref());
    let names: BTreeSet<String> = relations.map(|(_, relation)| name_now(relation)).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let sizes = match session.sizes(&names).await {
        Ok(sizes) => sizes,
        Err(error) => {
            return vec![format!(
                "How large tables are is not known ({}).",
                error.chain()
            )];
        }
    };
    for step in &mut plan.steps {
        let risk = &mut step.statement.risk;
        if let Some((_, relation)) = risk.lock.as_ref().filter(|_| risk.scans || risk.rewrites) {
            let size = sizes.get(&name_now(relation));
            risk.size = size.map(|(bytes, rows)| Size {
                bytes: *bytes,
                rows: *rows,
            });
        }
    }
    Vec::new()
}
