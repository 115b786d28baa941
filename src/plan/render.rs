//! A plan as the SQL file that people read, review and run.

use std::fmt::Write as _;

use super::{ReconcilePlan, Step, Withheld};
use crate::classes::{Risk, Section};

/// What the head of the file says.
#[derive(Debug, Clone, Default)]
pub struct Heading {
    /// Lines about where the plan comes from and what was proven.
    pub lines: Vec<String>,
    /// Whether the file is run in a transaction of a tool: it begins and ends none.
    pub is_migration: bool,
}

/// What every run of the file begins with: a lock that is not to be had must not hold up everybody.
pub const SETTINGS: &[&str] = &[
    "set search_path = pg_catalog",
    "set check_function_bodies = off",
    "set lock_timeout = '5s'",
    "set statement_timeout = '15min'",
];

/// Writes a plan as SQL that can be run by any client, twice if need be.
pub fn render(plan: &ReconcilePlan, heading: &Heading) -> String {
    let mut text = String::new();
    for line in &heading.lines {
        comment(&mut text, line);
    }
    if !plan.steps.is_empty() {
        comment(
            &mut text,
            "When a lock cannot be had within 5 s the run stops and the transaction is undone: run the file again.",
        );
        text.push('\n');
        for setting in SETTINGS {
            writeln!(text, "{setting};").expect("a string takes all");
        }
    }
    for section in [Section::Before, Section::Transaction, Section::After] {
        let steps: Vec<&Step> = plan
            .steps
            .iter()
            .filter(|step| step.statement.section == section)
            .collect();
        write_section(&mut text, section, &steps, heading.is_migration);
    }
    if !plan.steps.is_empty() {
        text.push_str("\nreset lock_timeout;\nreset statement_timeout;\nreset check_function_bodies;\nreset search_path;\n");
    }
    write_withheld(&mut text, &plan.withheld);
    text
}

fn write_section(text: &mut String, section: Section, steps: &[&Step], is_migration: bool) {
    if steps.is_empty() {
        return;
    }
    text.push('\n');
    match section {
        Section::Before if is_migration => comment(
            text,
            "Committed values alone can be used: where the rest needs these, they belong in a migration before this one.",
        ),
        Section::Before => comment(
            text,
            "On their own, before the transaction: committed values alone can be used.",
        ),
        Section::Transaction if is_migration => {}
        Section::Transaction => text.push_str("begin;\n"),
        Section::After => comment(
            text,
            "On their own, after the transaction: these take long and block nobody.",
        ),
    }
    let mut rest = steps;
    while let [first, ..] = rest {
        let count = rest
            .iter()
            .take_while(|step| joins(first, step))
            .count()
            .max(1);
        let (group, others) = rest.split_at(count);
        write_group(text, group);
        rest = others;
    }
    if section == Section::Transaction && !is_migration {
        text.push_str("\ncommit;\n");
    }
}

/// Whether a step is another action of the same `alter table` without a risk of its own to tell.
fn joins(first: &Step, step: &Step) -> bool {
    match (&first.statement.mergeable, &step.statement.mergeable) {
        (Some((head, _)), Some((other, _))) => {
            head == other && risk_line(&step.statement.risk) == risk_line(&first.statement.risk)
        }
        _ => false,
    }
}

fn write_group(text: &mut String, group: &[&Step]) {
    text.push('\n');
    if let Some(line) = risk_line(&group[0].statement.risk) {
        comment(text, &line);
    }
    match group {
        [only] => text.push_str(&only.statement.sql),
        _ => {
            let mergeable = |step: &&Step| step.statement.mergeable.clone().unwrap_or_default();
            let actions: Vec<String> = group.iter().map(|step| mergeable(step).1).collect();
            let head = mergeable(&group[0]).0;
            write!(text, "{head}\n  {}", actions.join(",\n  ")).expect("a string takes all");
        }
    }
    text.push_str(";\n");
}

fn risk_line(risk: &Risk) -> Option<String> {
    let mut parts = Vec::new();
    if let Some((lock, relation)) = &risk.lock {
        parts.push(format!("{} on {relation}", lock.as_str()));
    }
    if risk.rewrites {
        parts.push("writes the table anew".to_owned());
    }
    if risk.scans {
        parts.push("reads every row".to_owned());
    }
    if let Some(size) = risk.size {
        parts.push(super::size::told(size));
    }
    if risk.loses.is_some() {
        parts.push("loses data".to_owned());
    }
    if let Some(why) = &risk.can_fail {
        parts.push(format!("fails {why}"));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn write_withheld(text: &mut String, withheld: &[Withheld]) {
    if withheld.is_empty() {
        return;
    }
    text.push('\n');
    comment(text, "Withheld:");
    for one in withheld {
        comment(text, &format!("{} {}: {}", verb(one), one.id, one.why));
        for statement in &one.statements {
            comment(text, &format!("    {};", statement.sql));
        }
    }
}

fn verb(withheld: &Withheld) -> &'static str {
    match withheld.verb {
        super::Verb::Drop => "drop",
        super::Verb::Alter => "change",
        super::Verb::Create => "make",
    }
}

/// Every line of a text as a comment: names come from a database and may hold line breaks.
fn comment(text: &mut String, body: &str) {
    for line in body.split(['\n', '\r']) {
        writeln!(text, "-- {line}").expect("a string takes all");
    }
}
