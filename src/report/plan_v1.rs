//! A plan as JSON, version 1: a fixed point apart from the model.

use serde::Serialize;

use crate::classes::{Risk, Section, Size};
use crate::plan::{ReconcilePlan, Rename, Step, Verb, Withheld};

/// A plan with what is known about it.
#[derive(Debug, Clone, Copy)]
pub struct PlanReport<'a> {
    /// The label of the expected side.
    pub expected: &'a str,
    /// The label of live.
    pub live: &'a str,
    /// The plan.
    pub plan: &'a ReconcilePlan,
    /// Renames that the plan makes.
    pub renamed: &'a [Rename],
    /// Renames that somebody may want.
    pub proposed: &'a [Rename],
    /// Whether it was tried.
    pub is_proven: bool,
    /// What the head of the file says.
    pub notes: &'a [String],
}

#[derive(Serialize)]
struct PlanV1<'a> {
    schema_version: u32,
    expected: &'a str,
    live: &'a str,
    proven: bool,
    notes: &'a [String],
    renames: Vec<RenameV1<'a>>,
    steps: Vec<StepV1<'a>>,
    withheld: Vec<WithheldV1<'a>>,
}

#[derive(Serialize)]
struct RenameV1<'a> {
    from: String,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<PartV1<'a>>,
    planned: bool,
}

/// Something inside of an object that keeps its name.
#[derive(Serialize)]
struct PartV1<'a> {
    noun: &'a str,
    from: &'a str,
    to: &'a str,
}

#[derive(Serialize)]
struct StepV1<'a> {
    object: String,
    verb: &'static str,
    section: &'static str,
    sql: &'a str,
    risk: RiskV1<'a>,
}

#[derive(Serialize)]
struct RiskV1<'a> {
    lock: Option<&'static str>,
    relation: Option<&'a str>,
    rewrites: bool,
    scans: bool,
    loses: Option<&'a str>,
    can_fail: Option<&'a str>,
    size: Option<Size>,
}

#[derive(Serialize)]
struct WithheldV1<'a> {
    object: String,
    verb: &'static str,
    why: &'a str,
    allow: Option<&'a str>,
    sql: Vec<&'a str>,
}

fn rename(rename: &Rename, planned: bool) -> RenameV1<'_> {
    let part = rename.part.as_ref();
    RenameV1 {
        from: rename.from.to_string(),
        to: rename.to.to_string(),
        part: part.map(|(noun, from, to)| PartV1 { noun, from, to }),
        planned,
    }
}

/// The plan as JSON with a final newline.
pub fn render(report: &PlanReport<'_>) -> String {
    let renamed = report.renamed.iter().map(|it| rename(it, true));
    let proposed = report.proposed.iter().map(|it| rename(it, false));
    let document = PlanV1 {
        schema_version: 1,
        expected: report.expected,
        live: report.live,
        proven: report.is_proven,
        notes: report.notes,
        renames: renamed.chain(proposed).collect(),
        steps: report.plan.steps.iter().map(step).collect(),
        withheld: report.plan.withheld.iter().map(withheld).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).expect("a plan is plain JSON data");
    text.push('\n');
    text
}

fn step(step: &Step) -> StepV1<'_> {
    StepV1 {
        object: step.id.to_string(),
        verb: verb(step.verb),
        section: match step.statement.section {
            Section::Before => "before",
            Section::Transaction => "transaction",
            Section::After => "after",
        },
        sql: &step.statement.sql,
        risk: risk(&step.statement.risk),
    }
}

fn risk(risk: &Risk) -> RiskV1<'_> {
    RiskV1 {
        lock: risk.lock.as_ref().map(|(lock, _)| lock.as_str()),
        relation: risk.lock.as_ref().map(|(_, relation)| &**relation),
        rewrites: risk.rewrites,
        scans: risk.scans,
        loses: risk.loses,
        can_fail: risk.can_fail.as_deref(),
        size: risk.size,
    }
}

fn withheld(withheld: &Withheld) -> WithheldV1<'_> {
    WithheldV1 {
        object: withheld.id.to_string(),
        verb: verb(withheld.verb),
        why: &withheld.why,
        allow: withheld.allow,
        sql: withheld
            .statements
            .iter()
            .map(|statement| &*statement.sql)
            .collect(),
    }
}

fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Drop => "drop",
        Verb::Alter => "change",
        Verb::Create => "make",
    }
}
