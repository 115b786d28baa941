//! SARIF: its schema, GitHub's limits, and what no verdict looks like.

use std::collections::BTreeSet;
use std::fs;

use pgpact::classes::Severity;
use pgpact::error::{Error, ErrorCode};
use pgpact::report::{Failure, Fleet, Target, Verdict, sarif};
use serde_json::Value;

use super::steady;
use crate::support::reports::{broken_in, finding, full, holding, report, side, unknown};
use crate::support::repository;

/// What the log says, held to the schema of the parts of SARIF that we write, in which nothing else is allowed.
pub(crate) fn log(text: &str) -> Value {
    let schema = fs::read_to_string(repository(
        "fixtures/reports/sarif-2.1.0-written.schema.json",
    ));
    let schema: Value = serde_json::from_str(&schema.unwrap()).unwrap();
    let log: Value = serde_json::from_str(text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors = validator.iter_errors(&log);
    let errors: Vec<String> = errors
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    keeps_to_github(&log);
    log
}

/// What GitHub refuses or passes over, beyond the schema.
fn keeps_to_github(log: &Value) {
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), rules.len(), "a rule twice");
    assert!(rules.len() <= 25_000);
    for rule in rules {
        assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
        assert!(rule["helpUri"].as_str().unwrap().starts_with("https://"));
    }
    let results = run["results"].as_array().unwrap();
    assert!(results.len() <= 25_000);
    let mut prints = BTreeSet::new();
    for result in results {
        assert!(ids.contains(result["ruleId"].as_str().unwrap()), "{result}");
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(
            !uri.is_empty()
                && !uri.starts_with('/')
                && uri.split('/').all(|part| part != "..")
                && !uri.contains(':'),
            "{uri}"
        );
        let print = result["partialFingerprints"]["primaryLocationLineHash"].as_str();
        assert!(
            prints.insert(print.unwrap()),
            "two results are one alert: {result}"
        );
    }
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

#[test]
fn a_small_report_reads_well() {
    insta::assert_snapshot!(steady(&sarif(&full())));
    let log = log(&sarif(&full()));
    assert_eq!(results(&log).len(), 4, "what is ignored is no alert");
}

#[test]
fn a_contract_that_holds_has_no_results_and_ran() {
    let log = log(&sarif(&holding()));
    assert_eq!(results(&log).len(), 0);
    assert_eq!(
        log["runs"][0]["invocations"][0]["executionSuccessful"],
        true
    );
}

#[test]
fn no_verdict_is_no_clean_run() {
    let log = log(&sarif(&unknown()));
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 3);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(notification["level"], "error");
    assert_eq!(notification["descriptor"]["id"], "live-unreachable");
    assert_eq!(results(&log)[0]["ruleId"], "live-unreachable");
}

#[test]
fn a_target_without_a_verdict_is_told_beside_the_findings_of_others() {
    let error = Error::new(ErrorCode::LiveRefused, "the password is wrong");
    let mut broken = broken_in(1);
    broken.findings[0].targets = vec!["eu".to_owned()];
    let target = |name: &str, failure: Option<Failure>| Target {
        name: name.to_owned(),
        verdict: match failure {
            Some(_) => Verdict::Unknown,
            None => Verdict::Broken,
        },
        failure,
        live: side(name),
        took: std::time::Duration::ZERO,
    };
    broken.fleet = Some(Fleet {
        targets: vec![target("eu", None), target("us", Some(Failure::of(&error)))],
        shards: BTreeSet::new(),
    });
    let log = log(&sarif(&broken));
    assert_eq!(
        log["runs"][0]["invocations"][0]["executionSuccessful"],
        false
    );
    let told: Vec<&str> = results(&log)
        .iter()
        .map(|result| result["message"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(told[0], "no verdict on us: the password is wrong");
    assert!(told[1].ends_with("\non eu"), "{told:?}");
}

#[test]
fn severities_have_the_levels_of_code_scanning() {
    let all = Severity::WORST_FIRST
        .map(|severity| finding("policy-missing", severity, severity.as_str(), 1));
    let log = log(&sarif(&report(all.to_vec())));
    let levels: Vec<&str> = results(&log)
        .iter()
        .map(|result| result["level"].as_str().unwrap())
        .collect();
    assert_eq!(levels, ["error", "error", "warning", "note"]);
}

#[test]
fn only_what_is_critical_is_a_vulnerability() {
    let log = log(&sarif(&full()));
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    let security = rules
        .iter()
        .filter(|rule| rule["properties"]["security-severity"].is_string())
        .map(|rule| rule["id"].as_str().unwrap());
    let known = pgpact::findings::all_codes();
    for id in security {
        let origin = known.iter().find(|origin| origin.code == id).unwrap();
        assert!(
            origin.severity == Severity::Critical || id == "rls-disabled",
            "{id}"
        );
    }
}

#[test]
fn what_has_no_line_stands_at_the_migrations() {
    let mut lost = finding(
        "table-unexpected",
        Severity::Warning,
        "public.scratchpad",
        1,
    );
    lost.location = None;
    let mut outside = finding("table-missing", Severity::Error, "public.gone", 7);
    outside.location.as_mut().unwrap().file = "/etc/passwd".into();
    let log = log(&sarif(&report(vec![lost, outside])));
    for result in results(&log) {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "supabase/migrations");
    }
}

#[test]
fn an_alert_stays_the_same_when_its_line_moves() {
    let print = |line| {
        let one = finding(
            "policy-missing",
            Severity::Error,
            "public.notes.readable",
            line,
        );
        let log = log(&sarif(&report(vec![one])));
        results(&log)[0]["partialFingerprints"].clone()
    };
    assert_eq!(print(3), print(900));
}

#[test]
fn more_than_github_takes_is_counted() {
    // Each of so many held to the schema would take long, and one is like the other.
    let log: Value = serde_json::from_str(&sarif(&broken_in(25_010))).unwrap();
    assert_eq!(results(&log).len(), 25_000);
    let said = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(said.contains("10 findings are left out"), "{said}");
}

#[test]
fn a_code_of_another_version_is_a_rule_as_well() {
    let new = finding("moon-phase-wrong", Severity::Error, "public.moon", 1);
    let log = log(&sarif(&report(vec![new])));
    assert_eq!(
        log["runs"][0]["tool"]["driver"]["rules"][0]["id"],
        "moon-phase-wrong"
    );
}
