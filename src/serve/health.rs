//! How things stand, in components and as a whole.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::board::Seen;
use crate::report::{Report, Verdict};

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nobody asked for it to be looked at.
    Skipped,
    /// As it should be.
    Ok,
    /// It works, and somebody should look.
    Degraded,
    /// It does not work.
    Down,
}

/// One thing that was looked at.
#[derive(Debug, Clone)]
pub struct Component {
    /// What it is called.
    pub name: String,
    /// How it stands.
    pub status: Status,
    /// In one sentence, without secrets.
    pub message: String,
    /// How long looking took; none where nothing was asked just now.
    pub duration: Option<Duration>,
    /// More for programs.
    pub detail: Option<Value>,
}

impl Component {
    pub(super) fn skipped(name: &str, why: &str) -> Self {
        Self {
            name: name.to_owned(),
            status: Status::Skipped,
            message: why.to_owned(),
            duration: None,
            detail: None,
        }
    }
}

/// All of them.
#[derive(Debug, Clone)]
pub struct Health {
    /// By name, in the order they are told.
    pub components: Vec<Component>,
}

impl Health {
    /// The worst of all; what is skipped says nothing.
    pub fn overall(&self) -> Status {
        let worst = self.components.iter().map(|component| component.status);
        worst.max().unwrap_or(Status::Ok).max(Status::Ok)
    }

    /// As `/admin/health` says it.
    pub fn json(&self) -> Value {
        let components: serde_json::Map<String, Value> = self
            .components
            .iter()
            .map(|component| {
                let mut told = json!({
                    "status": component.status,
                    "message": component.message,
                    "duration_ms": component.duration.map(|took| took.as_secs_f64() * 1000.0),
                });
                if let (Some(detail), Some(told)) = (&component.detail, told.as_object_mut()) {
                    told.insert("detail".to_owned(), detail.clone());
                }
                (component.name.clone(), told)
            })
            .collect();
        json!({ "status": self.overall(), "components": components })
    }
}

/// What the last verification says, as components: the verdict, what is missing, the history, and what probes reached.
pub(super) fn of_verification(seen: Option<&Seen>, has_probes: bool) -> Vec<Component> {
    let report = seen.map(|seen| &seen.report);
    let probes = seen.and_then(|seen| seen.probes.as_ref());
    let at = seen.map(|seen| seen.at.to_string()).unwrap_or_default();
    let of = |name: &str, report: Option<&Report>, what: &str, is_of: &dyn Fn(&str) -> bool| {
        let (status, message) = judged(report, what, is_of);
        let codes = report.map(|report| counts(report, is_of));
        Component {
            name: name.to_owned(),
            status,
            message,
            duration: None,
            detail: codes.map(|codes| json!({ "verified_at": at, "codes": codes })),
        }
    };
    vec![
        of("drift", report, "differs from the contract", &|_| true),
        of("required-objects", report, "is missing", &|code| {
            code.ends_with("-missing")
        }),
        of("migration-history", report, "is wrong with it", &|code| {
            code.starts_with("migration-")
        }),
        match has_probes {
            true => of(
                "row-security",
                probes,
                "is reached that should not be",
                &|_| true,
            ),
            false => Component::skipped("row-security", "probes are not configured"),
        },
    ]
}

/// Nothing that was not looked at is fine.
fn judged(report: Option<&Report>, what: &str, is_of: &dyn Fn(&str) -> bool) -> (Status, String) {
    let Some(report) = report else {
        return (Status::Degraded, "not looked at yet".to_owned());
    };
    if report.verdict == Verdict::Unknown {
        let why = report
            .failure
            .as_ref()
            .map(|failure| failure.code.to_string());
        let why = why.unwrap_or_else(|| "see the report".to_owned());
        return (Status::Degraded, format!("nobody could look: {why}"));
    }
    match counts(report, is_of).values().sum::<usize>() {
        0 => (Status::Ok, format!("nothing {what}")),
        1 => (Status::Degraded, "1 finding".to_owned()),
        count => (Status::Degraded, format!("{count} findings")),
    }
}

/// Findings that count, by code.
fn counts(report: &Report, is_of: &dyn Fn(&str) -> bool) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let findings = report.findings.iter();
    for finding in findings.filter(|finding| report.threshold.is_reached_by(finding)) {
        if is_of(&finding.code) {
            *counts.entry(finding.code.clone()).or_default() += 1;
        }
    }
    counts
}
