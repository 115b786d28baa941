//! The JSON report, version 1: a fixed point apart from the model. The schema is `docs/report-v1.schema.json`.

use serde::Serialize;
use serde_json::Value;

use super::{AccessChange, EffectLine, Failure, Fleet, Proposed, Report, Side, Used};
use crate::classes::Severity;
use crate::contract::{Gap, Location};
use crate::findings::{Effect, Finding, Standing};
use crate::smoke::{Kind, Outcome, Probe, Way};

#[derive(Serialize)]
struct ReportV1<'a> {
    schema_version: u32,
    tool: Tool,
    verdict: &'static str,
    fail_on: &'static str,
    error: Option<ErrorV1<'a>>,
    expected: SideV1<'a>,
    live: SideV1<'a>,
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<TargetV1<'a>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shards: Vec<String>,
    findings: Vec<FindingV1<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    probes: Vec<ProbeV1<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Used>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangeV1<'a>>,
    coverage: CoverageV1<'a>,
    timing_ms: TimingV1,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct ErrorV1<'a> {
    code: &'static str,
    message: &'a str,
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct TargetV1<'a> {
    name: &'a str,
    verdict: &'static str,
    error: Option<ErrorV1<'a>>,
    live: SideV1<'a>,
    total_ms: u128,
}

#[derive(Serialize)]
struct SideV1<'a> {
    source: &'a str,
    server_version: &'a str,
    objects: usize,
    hash: &'a str,
}

#[derive(Serialize)]
struct Summary {
    critical: usize,
    error: usize,
    warning: usize,
    note: usize,
    ignored: usize,
}

#[derive(Serialize)]
struct FindingV1<'a> {
    code: &'a str,
    severity: Severity,
    class: &'a str,
    object: &'a str,
    group: &'a str,
    fact: Option<&'a str>,
    expected: Option<&'a Value>,
    live: Option<&'a Value>,
    message: &'a str,
    help: &'a str,
    location: Option<&'a Location>,
    sql: Option<&'a str>,
    ignored: Option<IgnoredV1<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<Standing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    targets: &'a [String],
}

#[derive(Serialize)]
struct ProbeV1<'a> {
    probe: Kind,
    way: Way,
    who: Option<&'a str>,
    class: &'a str,
    object: &'a str,
    outcome: Outcome,
    ms: f64,
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct ChangeV1<'a> {
    head: SideV1<'a>,
    contract: Vec<ContractChangeV1<'a>>,
    effects: &'a [EffectLine],
    #[serde(skip_serializing_if = "<[AccessChange]>::is_empty")]
    access: &'a [AccessChange],
}

#[derive(Serialize)]
struct ContractChangeV1<'a> {
    effect: Effect,
    class: &'a str,
    object: &'a str,
    fact: Option<&'a str>,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    message: &'a str,
    location: Option<&'a Location>,
}

#[derive(Serialize)]
struct IgnoredV1<'a> {
    reason: &'a str,
}

#[derive(Serialize)]
struct CoverageV1<'a> {
    classes: Vec<&'a str>,
    not_compared: Vec<&'a Gap>,
}

#[derive(Serialize)]
struct TimingV1 {
    expected: u128,
    live: u128,
    total: u128,
}

/// The report as JSON with a final newline.
pub fn render(report: &Report) -> String {
    let document = ReportV1 {
        schema_version: 1,
        tool: Tool {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        },
        verdict: report.verdict.as_str(),
        fail_on: report.threshold.as_str(),
        error: report.failure.as_ref().map(error),
        expected: side(&report.expected),
        live: side(&report.live),
        summary: Summary {
            critical: report.count(Severity::Critical),
            error: report.count(Severity::Error),
            warning: report.count(Severity::Warning),
            note: report.count(Severity::Note),
            ignored: report.ignored_count(),
        },
        targets: report.fleet.as_ref().map(targets),
        shards: report.fleet.as_ref().map(shards).unwrap_or_default(),
        findings: report.findings.iter().map(finding).collect(),
        probes: report.probes.iter().map(probe).collect(),
        usage: report.used,
        change: report.proposed.as_ref().map(change),
        coverage: CoverageV1 {
            classes: report.classes.iter().map(String::as_str).collect(),
            not_compared: report.not_compared.iter().collect(),
        },
        timing_ms: TimingV1 {
            expected: report.timing.expected.as_millis(),
            live: report.timing.live.as_millis(),
            total: report.timing.total.as_millis(),
        },
    };
    let mut text = serde_json::to_string_pretty(&document).expect("a report is plain JSON data");
    text.push('\n');
    text
}

fn error(failure: &Failure) -> ErrorV1<'_> {
    ErrorV1 {
        code: failure.code.as_str(),
        message: &failure.message,
        help: failure.help.as_deref(),
    }
}

fn targets(fleet: &Fleet) -> Vec<TargetV1<'_>> {
    let targets = fleet.targets.iter().map(|target| TargetV1 {
        name: &target.name,
        verdict: target.verdict.as_str(),
        error: target.failure.as_ref().map(error),
        live: side(&target.live),
        total_ms: target.took.as_millis(),
    });
    targets.collect()
}

fn shards(fleet: &Fleet) -> Vec<String> {
    fleet.shards.iter().map(ToString::to_string).collect()
}

fn side(side: &Side) -> SideV1<'_> {
    SideV1 {
        source: &side.source,
        server_version: &side.server_version,
        objects: side.object_count,
        hash: &side.hash,
    }
}

fn finding(finding: &Finding) -> FindingV1<'_> {
    FindingV1 {
        code: &finding.code,
        severity: finding.severity,
        class: finding.id.class.as_str(),
        object: &finding.id.path,
        group: &finding.group,
        fact: finding.fact.as_deref(),
        expected: finding.expected.as_ref(),
        live: finding.live.as_ref(),
        message: &finding.message,
        help: &finding.help,
        location: finding.location.as_ref(),
        sql: finding.sql.as_deref(),
        ignored: finding
            .ignored
            .as_deref()
            .map(|reason| IgnoredV1 { reason }),
        standing: finding.standing,
        counts: finding.standing.map(|_| finding.is_gating),
        actor: finding.tried.as_ref().map(|tried| tried.actor.as_str()),
        operation: finding.tried.as_ref().map(|tried| tried.operation.as_str()),
        targets: &finding.targets,
    }
}

fn probe(probe: &Probe) -> ProbeV1<'_> {
    ProbeV1 {
        probe: probe.kind,
        way: probe.way,
        who: Some(probe.who.as_str()).filter(|who| !who.is_empty()),
        class: probe.what.class.as_str(),
        object: &probe.what.path,
        outcome: probe.outcome,
        // Microseconds are more than a clock of ours can tell apart.
        ms: (probe.took.as_secs_f64() * 1e6).round() / 1e3,
        why: Some(probe.why.as_str()).filter(|why| !why.is_empty()),
    }
}

fn change(proposed: &Proposed) -> ChangeV1<'_> {
    let contract = proposed.changes.iter().map(|change| ContractChangeV1 {
        effect: change.effect,
        class: change.id.class.as_str(),
        object: &change.id.path,
        fact: change.fact.as_deref(),
        before: change.before.as_ref(),
        after: change.after.as_ref(),
        message: &change.message,
        location: change.location.as_ref(),
    });
    ChangeV1 {
        head: side(&proposed.head),
        contract: contract.collect(),
        effects: &proposed.effects,
        access: &proposed.access,
    }
}
