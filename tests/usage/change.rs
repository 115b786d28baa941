//! A change of the contract under code that stays: what it breaks is its own.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::binary::{Ended, Run};

const BASE: &str =
    "create table public.notes (id bigint primary key, title text not null, body text);\n";

/// A folder with migrations as they were, as they are to be, and code that uses them.
fn project(change: &str, code: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for side in ["before", "after"] {
        let migrations = folder.path().join(side);
        fs::create_dir(&migrations).unwrap();
        fs::write(migrations.join("20260101000000_notes.sql"), BASE).unwrap();
    }
    fs::write(
        folder.path().join("after/20260102000000_change.sql"),
        change,
    )
    .unwrap();
    fs::write(folder.path().join("app.ts"), code).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> (Ended, Value) {
    let mut all = vec!["--platform", "supabase", "--format", "json", "--quiet"];
    all.splice(0..0, arguments.iter().copied());
    let ended = Run::new(&all).within(folder).end();
    let report = ended.json();
    (ended, report)
}

const CODE: &str = "import { supabase } from './client';\n\
    await supabase.from('notes').select('id, title');\n\
    await supabase.from('notes').select('id, subject');\n\
    await supabase.from('papers').select('id');\n";

/// Line, code and severity of what is told of code.
fn told(report: &Value) -> Vec<(u64, String, String)> {
    let all = report["findings"].as_array().unwrap().iter();
    let of_code = all.filter(|one| one["class"] == "usage");
    let mut told: Vec<(u64, String, String)> = of_code
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            (
                one["location"]["line"].as_u64().unwrap(),
                text("code"),
                text("severity"),
            )
        })
        .collect();
    told.sort();
    told
}

fn line(line: u64, code: &str, severity: &str) -> (u64, String, String) {
    (line, code.to_owned(), severity.to_owned())
}

#[test]
fn what_a_change_breaks_is_critical_and_what_was_broken_is_not() {
    let folder = project("alter table public.notes rename title to subject;\n", CODE);
    let arguments = ["usage", "--expected", "after", "--base", "before", "app.ts"];
    let (ended, report) = run(folder.path(), &arguments);
    assert_eq!(ended.status, 1);
    assert_eq!(
        told(&report),
        [
            line(2, "usage-column-missing", "critical"),
            line(4, "usage-table-missing", "error"),
        ]
    );
    let message = report["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("the change takes it away"), "{message}");
}

#[test]
fn verify_says_it_besides_where_it_is_asked_for() {
    let folder = project("alter table public.notes drop column title;\n", CODE);
    let sides = [
        "verify",
        "--expected",
        "after",
        "--base",
        "before",
        "--live",
        "before",
    ];
    let (_, without) = run(folder.path(), &sides);
    assert!(told(&without).is_empty());
    assert!(without["usage"].is_null());
    let (ended, with) = run(
        folder.path(),
        &[&sides[..], &["--usage", "app.ts"]].concat(),
    );
    assert_eq!(ended.status, 1);
    assert_eq!(
        told(&with),
        [
            line(2, "usage-column-missing", "critical"),
            line(3, "usage-column-missing", "error"),
            line(4, "usage-table-missing", "error"),
        ]
    );
    assert_eq!(with["usage"]["uses"], 2);
}

#[test]
fn what_live_does_not_have_yet_is_told_apart_from_what_is_nowhere() {
    let folder = project("alter table public.notes add subject text;\n", CODE);
    let arguments = ["usage", "--expected", "after", "--live", "before", "app.ts"];
    let (_, report) = run(folder.path(), &arguments);
    assert_eq!(
        told(&report),
        [
            line(3, "usage-not-live-yet", "warning"),
            line(4, "usage-table-missing", "error"),
        ]
    );
    let nowhere = report["findings"].as_array().unwrap().iter();
    let nowhere = nowhere.filter(|one| one["code"] == "usage-table-missing");
    for one in nowhere {
        assert!(
            one["message"]
                .as_str()
                .unwrap()
                .contains("live is no different"),
            "{one}"
        );
    }
}

#[test]
fn a_pull_request_is_told_what_live_does_not_have_yet() {
    let folder = project("alter table public.notes add subject text;\n", CODE);
    // The second has no migration of its own: what it uses was merged and is not on live yet.
    for base in ["before", "after"] {
        let sides = [
            "verify",
            "--expected",
            "after",
            "--base",
            base,
            "--live",
            "before",
            "--usage",
            "app.ts",
        ];
        let (_, report) = run(folder.path(), &sides);
        assert_eq!(
            told(&report),
            [
                line(3, "usage-not-live-yet", "warning"),
                line(4, "usage-table-missing", "error"),
            ],
            "against {base}"
        );
    }
}
