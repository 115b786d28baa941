//! The report as SARIF 2.1.0, as GitHub's code scanning takes it.
//!
//! Its limits are GitHub's: what is over them makes it refuse the file as a whole, so the worst findings come first and
//! the rest is counted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::annotations::{self, Level};
use super::markdown::Limit;
use super::place::{home, in_repository, url_path};
use super::visible::{visible, visible_line};
use super::{Failure, Report, Verdict};
use crate::classes::Severity;
use crate::contract::Location;
use crate::findings::{Finding, known_code};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Results of a run: GitHub refuses a file with more.
const MOST_RESULTS: usize = 25_000;
/// Notes of what was not compared; a page of the tool's status is no archive.
const MOST_NOTES: usize = 200;
/// Descriptions of rules.
const DESCRIPTION: Limit = Limit::Utf16(1_000);
/// A message is read beside a line.
const MESSAGE: Limit = Limit::Utf16(4_000);

/// The report as a SARIF log with a final newline.
pub fn render(report: &Report) -> String {
    let named = report.named();
    let failures = report.failures();
    let left_out = (named.len() + failures.len()).saturating_sub(MOST_RESULTS);
    let failed = failures
        .iter()
        .map(|(target, failure)| failed(report, *target, failure));
    let found = named
        .iter()
        .map(|(name, finding)| found(report, name, finding));
    let results: Vec<Value> = failed.chain(found).take(MOST_RESULTS).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules(report, &failures),
            }},
            "invocations": [{
                "executionSuccessful": failures.is_empty() && report.verdict != Verdict::Unknown,
                "exitCode": report.exit_status(),
                "toolExecutionNotifications": notifications(report, &failures, left_out),
            }],
            "results": results,
            "properties": {
                "verdict": report.verdict.as_str(),
                "expected": visible_line(&report.expected.source),
                "live": visible_line(&report.live.source),
                "ignored": report.ignored_count(),
            },
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).expect("a log is plain JSON data");
    text.push('\n');
    text
}

/// The codes that the report uses, with what they mean.
fn rules(report: &Report, failures: &[(Option<&str>, &Failure)]) -> Vec<Value> {
    let mut worst: BTreeMap<&str, Severity> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.counts()) {
        let severity = worst.entry(&finding.code).or_insert(finding.severity);
        *severity = (*severity).max(finding.severity);
    }
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    for (_, failure) in failures {
        let code = failure.code.as_str();
        let help = "There is no verdict: nobody could look. The message says why.";
        rules.insert(code, rule(code, "No verdict", help, help, Severity::Error));
    }
    for (code, severity) in worst {
        let (meaning, help) = match known_code(code) {
            Some(origin) => (origin.meaning.clone(), origin.help.clone()),
            // A report of another version may have codes of its own.
            None => (visible_line(code), "See the message.".to_owned()),
        };
        let short = meaning
            .split_once(". ")
            .map_or(&*meaning, |(first, _)| first);
        let short = short.trim_end_matches('.').to_owned();
        rules.insert(code, rule(code, &short, &meaning, &help, severity));
    }
    rules.into_values().collect()
}

fn rule(code: &str, short: &str, full: &str, help: &str, worst: Severity) -> Value {
    let usual = known_code(code).map_or(worst, |origin| origin.severity);
    // GitHub shows a rule with a security severity as a vulnerability and takes its own words from the number.
    let properties = match usual.max(worst) {
        Severity::Critical => json!({
            "tags": ["security", "database"],
            "security-severity": "9.5",
            "precision": "very-high",
            "problem.severity": "error",
        }),
        severity => json!({
            "tags": ["database"],
            "precision": "very-high",
            "problem.severity": match severity {
                Severity::Critical | Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "recommendation",
            },
        }),
    };
    let (code, help) = (visible_line(code), DESCRIPTION.cut(help));
    let page = format!("{}/blob/main/docs/codes.md", env!("CARGO_PKG_REPOSITORY"));
    json!({
        "id": code,
        "name": pascal(&code),
        "shortDescription": { "text": DESCRIPTION.cut(short) },
        "fullDescription": { "text": DESCRIPTION.cut(full) },
        "help": { "text": help, "markdown": format!("{}\n\n[About this code]({page}#{})", help.replace('<', "&lt;"), url_path(&code)) },
        "helpUri": format!("{page}#{}", url_path(&code)),
        "defaultConfiguration": { "level": level(usual) },
        "properties": properties,
    })
}

/// Names of rules are words without signs between them.
fn pascal(code: &str) -> String {
    let words = code.split('-').filter_map(|word| {
        let mut letters = word.chars();
        let first = letters.next()?;
        Some(first.to_uppercase().chain(letters).collect::<String>())
    });
    words.collect()
}

fn found(report: &Report, name: &str, finding: &Finding) -> Value {
    let mut message = annotations::message(finding);
    if let Some(fleet) = &report.fleet {
        message = format!("{message}\n{}", visible_line(&fleet.place(finding)));
    }
    let class = visible_line(finding.id.class.as_str());
    let object = visible_line(&finding.id.path);
    json!({
        "ruleId": visible_line(&finding.code),
        "level": level(finding.severity),
        "message": { "text": spoken(&message) },
        "locations": [{
            "physicalLocation": place(report, finding.location.as_ref()),
            "logicalLocations": [{ "fullyQualifiedName": object, "kind": class }],
        }],
        "partialFingerprints": fingerprints(name),
        "properties": {
            "severity": finding.severity,
            "class": class,
            "object": object,
            "fact": finding.fact.as_deref().map(visible_line),
            "targets": finding.targets.iter().map(|name| visible_line(name)).collect::<Vec<_>>(),
        },
    })
}

/// No verdict is a result as well: who counts results must not find none.
fn failed(report: &Report, target: Option<&str>, failure: &Failure) -> Value {
    json!({
        "ruleId": failure.code.as_str(),
        "level": "error",
        "message": { "text": spoken(&told(target, failure)) },
        "locations": [{ "physicalLocation": place(report, None) }],
        "partialFingerprints": fingerprints(&format!("{}:{}", failure.code, target.unwrap_or_default())),
    })
}

fn told(target: Option<&str>, failure: &Failure) -> String {
    let on = target.map(|name| format!(" on {}", visible_line(name)));
    let mut told = format!(
        "no verdict{}: {}",
        on.unwrap_or_default(),
        visible(&failure.message)
    );
    if let Some(help) = &failure.help {
        told.push('\n');
        told.push_str(&visible_line(help));
    }
    told
}

/// GitHub goes by the first alone; without it two findings of one line would be one.
fn fingerprints(name: &str) -> Value {
    let hash = &blake3::hash(name.as_bytes()).to_hex()[..16];
    json!({ "primaryLocationLineHash": format!("{hash}:1"), "pgpact/v1": hash })
}

fn place(report: &Report, location: Option<&Location>) -> Value {
    let known = location.and_then(|at| Some((in_repository(&at.file)?, at.line)));
    let (file, line) = known.unwrap_or_else(|| (home(report), 1));
    json!({
        "artifactLocation": { "uri": url_path(file) },
        "region": { "startLine": line.max(1) },
    })
}

fn notifications(
    report: &Report,
    failures: &[(Option<&str>, &Failure)],
    left_out: usize,
) -> Vec<Value> {
    let notify =
        |level: &str, text: &str| json!({ "level": level, "message": { "text": spoken(text) } });
    let mut notifications: Vec<Value> = failures
        .iter()
        .map(|(target, failure)| {
            let mut notification = notify("error", &told(*target, failure));
            notification["descriptor"] = json!({ "id": failure.code.as_str() });
            notification
        })
        .collect();
    if report.verdict == Verdict::Unknown && failures.is_empty() {
        notifications.push(notify("error", "no verdict"));
    }
    if left_out > 0 {
        notifications.push(notify(
            "warning",
            &format!("{left_out} findings are left out: a file may have {MOST_RESULTS} results"),
        ));
    }
    let title = report.open_title().to_lowercase();
    let gaps = report.not_compared.iter().take(MOST_NOTES);
    notifications.extend(gaps.map(|gap| {
        let text = format!(
            "{title}: {}: {}",
            visible_line(&gap.what),
            visible_line(&gap.why)
        );
        notify("note", &text)
    }));
    if let Some(more @ 1..) = report.not_compared.len().checked_sub(MOST_NOTES) {
        notifications.push(notify("note", &format!("{more} more things were {title}")));
    }
    notifications
}

/// A message in which names of strangers make no link: `[text](target)` would be one.
fn spoken(text: &str) -> String {
    MESSAGE.cut(&text.replace("](", "] (")).to_owned()
}

fn level(severity: Severity) -> &'static str {
    match annotations::level_of(severity) {
        Level::Failure => "error",
        Level::Warning => "warning",
        Level::Notice => "note",
    }
}
