//! Reports made by hand.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use pgpact::classes::Severity;
use pgpact::contract::{ClassName, Gap, Location, ObjectId};
use pgpact::error::{Error, ErrorCode};
use pgpact::findings::Finding;
use pgpact::report::{Report, Side, Threshold, Timing};
use serde_json::{Value, json};

use crate::support::repository;

pub(crate) fn side(source: &str) -> Side {
    Side {
        source: source.to_owned(),
        server_version: "17.2".to_owned(),
        object_count: 412,
        hash: "3f9ac0d1e2b45678".to_owned(),
    }
}

pub(crate) fn finding(code: &str, severity: Severity, path: &str, line: u32) -> Finding {
    Finding {
        tried: None,
        code: code.to_owned(),
        severity,
        id: ObjectId::new(ClassName::new("policy"), path),
        ancestors: Vec::new(),
        group: "public.invitations".to_owned(),
        fact: None,
        expected: None,
        live: None,
        message: format!("policy {path} is missing"),
        help: "Put it back as the migration makes it.".to_owned(),
        location: Some(Location {
            file: "supabase/migrations/012_rls.sql".into(),
            line,
        }),
        ignored: None,
        standing: None,
        is_gating: true,
        inside: String::new(),
        sql: None,
        targets: Vec::new(),
    }
}

pub(crate) fn report(findings: Vec<Finding>) -> Report {
    let threshold = Threshold::From(Severity::Error);
    Report {
        verdict: Report::verdict_of(&findings, threshold),
        failure: None,
        expected: side("supabase/migrations"),
        live: side("env:DATABASE_URL"),
        findings,
        threshold,
        classes: BTreeSet::from(["policy".to_owned(), "table".to_owned()]),
        not_compared: BTreeSet::new(),
        probes: Vec::new(),
        used: None,
        proposed: None,
        fleet: None,
        drawn: pgpact::report::Drawn::default(),
        timing: Timing {
            expected: Duration::from_millis(1_200),
            live: Duration::from_millis(300),
            total: Duration::from_millis(1_600),
        },
    }
}

pub(crate) fn holding() -> Report {
    report(Vec::new())
}

pub(crate) fn broken() -> Report {
    report(vec![finding(
        "policy-missing",
        Severity::Error,
        "public.invitations.\"Members can read\"",
        45,
    )])
}

pub(crate) fn warned() -> Report {
    report(vec![finding(
        "table-unexpected",
        Severity::Warning,
        "public.scratchpad",
        3,
    )])
}

pub(crate) fn unknown() -> Report {
    let error = Error::new(
        ErrorCode::LiveUnreachable,
        "no connection to the live database",
    )
    .with_help("Check the host name.");
    let (expected, live) = (side("supabase/migrations"), side("env:DATABASE_URL"));
    Report::unknown(&error, expected, live, Threshold::From(Severity::Error))
}

/// Broken, with that many findings.
pub(crate) fn broken_in(count: u32) -> Report {
    let findings = (1..=count).map(|line| {
        let path = format!("public.invitations.\"rule {line}\"");
        finding("policy-missing", Severity::Error, &path, line)
    });
    report(findings.collect())
}

/// One of everything that a report can show.
pub(crate) fn full() -> Report {
    let mut disabled = finding("rls-disabled", Severity::Critical, "public.invitations", 12);
    disabled.message = "row-level security is off on public.invitations".to_owned();
    disabled.fact = Some("row_security".to_owned());
    (disabled.expected, disabled.live) = (Some(json!(true)), Some(json!(false)));
    let mut missing = finding(
        "policy-missing",
        Severity::Error,
        "public.invitations.\"Members can read\"",
        45,
    );
    missing.expected = Some(json!({
        "command": "select",
        "roles": ["authenticated"],
        "using": "is_member(organization_id)",
    }));
    let mut changed = finding("function-changed", Severity::Error, "public.greet(text)", 3);
    changed.group = "public.greet(text)".to_owned();
    changed.message = "function public.greet(text) has another body".to_owned();
    changed.fact = Some("body".to_owned());
    changed.expected = Some(json!("begin\n  return 'Hello, ' || name;\nend"));
    changed.live = Some(json!(
        "begin\n  -- ``` for now\n  return 'Hi, ' || name;\nend"
    ));
    let mut unexpected = finding(
        "table-unexpected",
        Severity::Warning,
        "public.scratchpad",
        1,
    );
    unexpected.group = "public.scratchpad".to_owned();
    unexpected.message = "table public.scratchpad is in no migration".to_owned();
    unexpected.location = None;
    let mut ignored = finding(
        "table-unexpected",
        Severity::Warning,
        "public.legacy_notes",
        1,
    );
    ignored.location = None;
    ignored.ignored = Some("owned by the BI team until 2027-03".to_owned());
    let mut report = report(vec![disabled, missing, changed, unexpected, ignored]);
    report.not_compared.insert(Gap {
        what: "3 large objects".to_owned(),
        why: "no migration makes them".to_owned(),
    });
    report
}

/// Holds a JSON report to its published schema.
pub(crate) fn assert_fits_schema(report: &Value) {
    let schema = fs::read_to_string(repository("docs/report-v1.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(report)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}
