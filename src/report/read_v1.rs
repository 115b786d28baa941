//! Reads a JSON report, version 1, back: what several runs found can be told as one.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{
    AccessChange, Drawn, EffectLine, Failure, Fleet, Proposed, Report, Shard, Side, Target,
    Threshold, Timing, Used, Verdict,
};
use crate::access::Operation;
use crate::classes::Severity;
use crate::contract::{ClassName, Gap, Location, ObjectId};
use crate::error::{Error, ErrorCode, Result};
use crate::findings::{ContractChange, Effect, Finding, Standing, Tried};

#[derive(Deserialize)]
struct ReportV1 {
    schema_version: u32,
    verdict: Verdict,
    #[serde(default)]
    fail_on: Option<String>,
    error: Option<ErrorV1>,
    expected: SideV1,
    live: SideV1,
    targets: Option<Vec<TargetV1>>,
    #[serde(default)]
    shards: Vec<String>,
    findings: Vec<FindingV1>,
    #[serde(default)]
    probes: Vec<Value>,
    usage: Option<Used>,
    change: Option<ChangeV1>,
    coverage: CoverageV1,
    timing_ms: TimingV1,
}

#[derive(Deserialize)]
struct ErrorV1 {
    code: String,
    message: String,
    help: Option<String>,
}

#[derive(Deserialize)]
struct SideV1 {
    source: String,
    server_version: String,
    objects: usize,
    hash: String,
}

#[derive(Deserialize)]
struct TargetV1 {
    name: String,
    verdict: Verdict,
    error: Option<ErrorV1>,
    live: SideV1,
    total_ms: u64,
}

#[derive(Deserialize)]
struct FindingV1 {
    code: String,
    severity: Severity,
    class: String,
    object: String,
    group: Option<String>,
    fact: Option<String>,
    expected: Option<Value>,
    live: Option<Value>,
    message: String,
    help: String,
    location: Option<Location>,
    sql: Option<String>,
    ignored: Option<IgnoredV1>,
    standing: Option<Standing>,
    counts: Option<bool>,
    actor: Option<String>,
    operation: Option<String>,
    #[serde(default)]
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct IgnoredV1 {
    reason: String,
}

#[derive(Deserialize)]
struct ChangeV1 {
    head: SideV1,
    contract: Vec<ContractChangeV1>,
    effects: Vec<EffectLine>,
    #[serde(default)]
    access: Vec<AccessChangeV1>,
}

#[derive(Deserialize)]
struct ContractChangeV1 {
    effect: Effect,
    class: String,
    object: String,
    fact: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
    message: String,
    location: Option<Location>,
}

#[derive(Deserialize)]
struct AccessChangeV1 {
    object: String,
    actor: String,
    operation: Operation,
    wider: bool,
    because: String,
}

#[derive(Deserialize)]
struct CoverageV1 {
    classes: BTreeSet<String>,
    not_compared: BTreeSet<Gap>,
}

#[derive(Deserialize)]
struct TimingV1 {
    expected: u64,
    live: u64,
    total: u64,
}

/// The report that a text is; `name` is what errors call it.
///
/// # Errors
/// When it is no report of this version, or one of probes.
pub fn read(text: &str, name: &str) -> Result<Report> {
    let invalid = |why: String| {
        Error::new(
            ErrorCode::SourceInvalid,
            format!("{name} is no report that can be read: {why}"),
        )
        .with_help("Reports are written with --report json=FILE, or by the action's `report`.")
    };
    let raw: ReportV1 = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
    if raw.schema_version != 1 {
        return Err(invalid(format!(
            "its version is {}, not 1",
            raw.schema_version
        )));
    }
    if !raw.probes.is_empty() {
        return Err(invalid(
            "it tells of probes, not of a comparison".to_owned(),
        ));
    }
    raw.into_report().map_err(invalid)
}

impl ReportV1 {
    fn into_report(self) -> Result<Report, String> {
        let threshold = match self.fail_on.as_deref() {
            Some("never") => Threshold::Never,
            None => Threshold::From(Severity::Error),
            Some(word) => {
                let severity = Severity::WORST_FIRST
                    .into_iter()
                    .find(|severity| severity.as_str() == word);
                Threshold::From(severity.ok_or_else(|| format!("{word:?} is no severity"))?)
            }
        };
        let shards: Result<BTreeSet<Shard>, String> =
            self.shards.iter().map(|shard| shard.parse()).collect();
        let shards = shards?;
        let targets = self
            .targets
            .map(|targets| targets.into_iter().map(TargetV1::into_target).collect());
        let targets: Option<Result<Vec<Target>, String>> = targets;
        let targets = targets.transpose()?;
        let failure = self.error.map(ErrorV1::into_failure).transpose()?;
        if (self.verdict == Verdict::Unknown) != failure.is_some() {
            return Err("its verdict and its error do not go together".to_owned());
        }
        Ok(Report {
            verdict: self.verdict,
            failure,
            expected: self.expected.into_side(),
            live: self.live.into_side(),
            findings: self
                .findings
                .into_iter()
                .map(FindingV1::into_finding)
                .collect(),
            threshold,
            classes: self.coverage.classes,
            not_compared: self.coverage.not_compared,
            probes: Vec::new(),
            used: self.usage,
            proposed: self.change.map(ChangeV1::into_proposed),
            fleet: targets.map(|targets| Fleet { targets, shards }),
            drawn: Drawn::default(),
            timing: Timing {
                expected: Duration::from_millis(self.timing_ms.expected),
                live: Duration::from_millis(self.timing_ms.live),
                total: Duration::from_millis(self.timing_ms.total),
            },
        })
    }
}

impl ErrorV1 {
    fn into_failure(self) -> Result<Failure, String> {
        let code = ErrorCode::named(&self.code)
            .ok_or_else(|| format!("{:?} is no code of an error", self.code))?;
        Ok(Failure {
            code,
            message: self.message,
            help: self.help,
        })
    }
}

impl SideV1 {
    fn into_side(self) -> Side {
        Side {
            source: self.source,
            server_version: self.server_version,
            object_count: self.objects,
            hash: self.hash,
        }
    }
}

impl TargetV1 {
    fn into_target(self) -> Result<Target, String> {
        Ok(Target {
            name: self.name,
            verdict: self.verdict,
            failure: self.error.map(ErrorV1::into_failure).transpose()?,
            live: self.live.into_side(),
            took: Duration::from_millis(self.total_ms),
        })
    }
}

impl FindingV1 {
    fn into_finding(self) -> Finding {
        let tried = self.actor.zip(self.operation);
        // Of a fact, null is a value.
        let value =
            |value: Option<Value>| value.or_else(|| self.fact.as_ref().map(|_| Value::Null));
        let (expected, live) = (value(self.expected), value(self.live));
        Finding {
            group: self.group.unwrap_or_else(|| self.object.clone()),
            id: ObjectId::new(ClassName::new(&self.class), self.object),
            code: self.code,
            severity: self.severity,
            ancestors: Vec::new(),
            fact: self.fact,
            expected,
            live,
            message: self.message,
            help: self.help,
            location: self.location,
            ignored: self.ignored.map(|ignored| ignored.reason),
            standing: self.standing,
            is_gating: self.counts.unwrap_or(true),
            tried: tried.map(|(actor, operation)| Tried { actor, operation }),
            inside: String::new(),
            sql: self.sql,
            targets: self.targets,
        }
    }
}

impl ChangeV1 {
    fn into_proposed(self) -> Proposed {
        let changes = self.contract.into_iter().map(|change| ContractChange {
            effect: change.effect,
            group: change.object.clone(),
            id: ObjectId::new(ClassName::new(&change.class), change.object),
            fact: change.fact,
            before: change.before,
            after: change.after,
            message: change.message,
            location: change.location,
        });
        let access = self.access.into_iter().map(|change| AccessChange {
            object: change.object,
            actor: change.actor,
            operation: change.operation.as_str(),
            is_wider: change.wider,
            what: change.operation.in_words(),
            because: change.because,
        });
        Proposed {
            head: self.head.into_side(),
            changes: changes.collect(),
            effects: self.effects,
            access: access.collect(),
        }
    }
}
