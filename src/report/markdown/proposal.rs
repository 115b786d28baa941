//! What the pull request says that brings a database back.

use super::escape::{code, text};
use super::put;
use crate::plan::{ReconcilePlan, Step, Verb};

/// Steps and withheld ones that are listed; the file has all.
const MOST_LINES: usize = 100;

/// What becomes of an object, in a word.
fn word(verb: Verb) -> &'static str {
    match verb {
        Verb::Drop => "dropped",
        Verb::Alter => "changed",
        Verb::Create => "made",
    }
}

/// The title and the text of a pull request whose file is this plan.
pub fn proposal(plan: &ReconcilePlan, expected: &str, live: &str) -> (String, String) {
    let count = match plan.steps.len() {
        1 => "1 step brings".to_owned(),
        count => format!("{count} steps bring"),
    };
    let title = format!("Bring the database back: {count} it to what the repository declares");
    let mut body = String::new();
    let out = &mut body;
    put(
        out,
        &format!(
            "**The database has drifted: {count} {} to what {} declares.**\n",
            code(live),
            code(expected)
        ),
    );
    put(
        out,
        "The file was applied to a copy of the database's definitions, twice, and what came out was compared: it ends in \
         the contract, and a second run changes nothing. On a database that has not drifted it does nothing.\n\n\
         - **Right so?** Merge it and deploy it like any migration.\n\
         - **Was the change on the database meant?** Close this, and declare the change in a migration of its own.\n",
    );
    put(out, "| object | becomes | lock |\n|---|---|---|");
    for step in plan.steps.iter().take(MOST_LINES) {
        put(
            out,
            &format!(
                "| {} | {} | {} |",
                code(&step.id.to_string()),
                word(step.verb),
                lock(step)
            ),
        );
    }
    if plan.steps.len() > MOST_LINES {
        put(
            out,
            &format!("| and {} more | | |", plan.steps.len() - MOST_LINES),
        );
    }
    put_withheld(out, plan);
    (title, body)
}

fn put_withheld(out: &mut String, plan: &ReconcilePlan) {
    if plan.withheld.is_empty() {
        return;
    }
    put(
        out,
        "\n<details><summary>Not in it: what loses data or nobody can undo, for a person to decide</summary>\n",
    );
    put(out, "| object | would be | why not |\n|---|---|---|");
    for one in plan.withheld.iter().take(MOST_LINES) {
        let object = code(&one.id.to_string());
        let line = format!("| {object} | {} | {} |", word(one.verb), text(&one.why));
        put(out, &line);
    }
    put(out, "\n</details>");
}

fn lock(step: &Step) -> String {
    let risk = &step.statement.risk;
    let Some((lock, relation)) = &risk.lock else {
        return "none".to_owned();
    };
    let what = match (risk.rewrites, risk.scans) {
        (true, _) => ", writes all of it anew",
        (false, true) => ", reads all of it",
        (false, false) => "",
    };
    format!("{} on {}{what}", lock.as_str(), code(relation))
}
