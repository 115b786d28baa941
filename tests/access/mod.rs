//! `pgpact access` on schemas with row-level security as intended, and with one leak planted at a time.

mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::binary::Run;
use crate::support::repository;

/// How many leaks are planted in all: a folder that is not read would pass otherwise.
const LEAKS: usize = 64;

/// Runs `access` on files of one schema.
fn access(schema: &str, files: &[&str], more: &[&str]) -> (i32, Value) {
    let platform = if schema == "plain" {
        "plain"
    } else {
        "supabase"
    };
    let paths: Vec<String> = files
        .iter()
        .map(|file| format!("fixtures/access/{schema}/{file}"))
        .collect();
    let mut arguments = vec![
        "access",
        "--platform",
        platform,
        "--format",
        "json",
        "--quiet",
    ];
    arguments.extend(more);
    arguments.extend(paths.iter().map(String::as_str));
    let ended = Run::new(&arguments).end();
    (ended.status, ended.json())
}

fn leaks(schema: &str) -> Vec<PathBuf> {
    let pattern = repository("fixtures/access")
        .join(schema)
        .join("leaks/*.sql");
    let files = glob::glob(pattern.to_str().unwrap()).unwrap();
    files.map(Result::unwrap).collect()
}

/// The fields of `-- leak: object | actor | operation | what lets it through`.
fn planted(text: &str) -> (String, [String; 4]) {
    let line = text.lines().next().unwrap().strip_prefix("-- ").unwrap();
    let (kind, rest) = line.split_once(": ").unwrap();
    let fields: Vec<String> = rest.split(" | ").map(str::to_owned).collect();
    (kind.to_owned(), fields.try_into().unwrap())
}

/// What is found, one line an object and operation with all actors.
fn summary(report: &Value) -> Vec<String> {
    let mut found: BTreeMap<(String, String, String), BTreeSet<String>> = BTreeMap::new();
    let all = report["findings"].as_array().unwrap().iter();
    for finding in all.filter(|finding| finding["code"] != "access-reveals") {
        let text = |key: &str| finding[key].as_str().unwrap_or("-").to_owned();
        let key = (text("code"), text("object"), text("operation"));
        found.entry(key).or_default().insert(text("actor"));
    }
    let lines = found
        .into_iter()
        .map(|((code, object, operation), actors)| {
            let actors: Vec<String> = actors.into_iter().collect();
            format!("{code} {object} {operation}: {}", actors.join(", "))
        });
    lines.collect()
}

fn as_intended(schema: &str) {
    let (status, report) = access(schema, &["base.sql"], &[]);
    assert_eq!(summary(&report), [""; 0], "{schema}");
    assert_eq!((status, &report["verdict"]), (0, &Value::from("holds")));
}

/// Tries every leak of a schema; each is named with object, actor, operation and what lets it through.
fn each_leak(schema: &str) {
    let mut all = String::new();
    for path in leaks(schema) {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let (kind, [object, actor, operation, culprit]) =
            planted(&fs::read_to_string(&path).unwrap());
        let (status, report) = access(schema, &["base.sql", &format!("leaks/{name}.sql")], &[]);
        let code = match kind.as_str() {
            "leak" => "access-leak",
            "fails" => "access-fails",
            other => panic!("{name}: {other}"),
        };
        let findings = report["findings"].as_array().unwrap().iter();
        let hit = findings.clone().find(|finding| {
            finding["code"] == code
                && finding["object"] == object.as_str()
                && finding["actor"] == actor.as_str()
                && finding["operation"] == operation.as_str()
        });
        let hit = hit.unwrap_or_else(|| panic!("{schema}/{name}: only {:#?}", summary(&report)));
        let message = hit["message"].as_str().unwrap();
        assert!(message.contains(&culprit), "{schema}/{name}: {message}");
        assert_eq!(status, 1, "{schema}/{name}");
        all += &format!("{name}\n  {}\n", summary(&report).join("\n  "));
    }
    insta::assert_snapshot!(format!("leaks_{schema}"), all);
}

#[test]
fn many_leaks_are_planted() {
    let count: usize = ["workspaces", "clinics", "shop", "plain"]
        .iter()
        .map(|schema| leaks(schema).len())
        .sum();
    assert_eq!(count, LEAKS);
}

#[test]
fn nothing_leaks_as_intended() {
    for schema in ["workspaces", "clinics", "shop", "plain"] {
        as_intended(schema);
    }
}

#[test]
fn leaks_between_workspaces_are_named() {
    each_leak("workspaces");
}

#[test]
fn leaks_between_clinics_are_named() {
    each_leak("clinics");
}

#[test]
fn leaks_between_customers_are_named() {
    each_leak("shop");
}

#[test]
fn leaks_without_a_platform_are_named() {
    each_leak("plain");
}

#[test]
fn keys_that_tell_of_hidden_rows_are_noted() {
    let told = |schema: &str| {
        let (_, report) = access(schema, &["base.sql"], &[]);
        let findings = report["findings"].as_array().unwrap().iter();
        let notes = findings.filter(|finding| finding["code"] == "access-reveals");
        let notes = notes.map(|note| {
            assert_eq!(note["severity"], "note");
            note["message"].as_str().unwrap().to_owned()
        });
        notes.collect::<Vec<String>>()
    };
    let workspaces = told("workspaces");
    assert_eq!(workspaces.len(), 1, "{workspaces:?}");
    assert!(workspaces[0].contains("the same slug, by the unique key workspaces_slug_key"));
    let shop = told("shop");
    assert_eq!(shop.len(), 1, "{shop:?}");
    assert!(shop[0].contains(
        "public.addresses exists that policies hide, by the foreign key orders_address_id_fkey"
    ));
    // Keys over the tenant, and rows that policies ask after, tell nothing.
    assert_eq!(told("clinics"), Vec::<String>::new());
}
