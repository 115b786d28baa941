//! `pgpact lint` on schemas with every fault, and with what only looks like one.

mod api;
mod verify;

use std::collections::BTreeSet;
use std::fs;

use pgpact::findings::{all_codes, is_of_advice};
use pgpact::scratch::Platform;
use serde_json::Value;

use crate::support::binary::{Ended, Run};
use crate::support::postgres::Server;
use crate::support::repository;

/// What only a database that is in use has a lot of, whatever is planted.
const NOISE: [&str; 2] = ["lint-index-unused", "lint-graphql-visible"];

fn fixture(name: &str) -> String {
    fs::read_to_string(repository(&format!("fixtures/lint/{name}.sql"))).unwrap()
}

/// What a fixture says under a word, one line each.
fn marked(name: &str, word: &str) -> Vec<String> {
    let (text, start) = (fixture(name), format!("-- {word}: "));
    let lines = text.lines().filter_map(|line| line.strip_prefix(&start));
    lines.map(str::to_owned).collect()
}

/// What is planted in fixtures, as `code class:object`.
fn planted(names: &[&str]) -> BTreeSet<String> {
    names.iter().flat_map(|name| marked(name, "lint")).collect()
}

/// What a report found, as `code class:object`, but for some codes.
fn found(report: &Value, but: &[&str]) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings
        .map(|one| {
            (
                text(&one["code"]),
                text(&one["class"]),
                text(&one["object"]),
            )
        })
        .filter(|(code, _, _)| !but.contains(&code.as_str()))
        .map(|(code, class, object)| format!("{code} {class}:{object}"))
        .collect()
}

fn lint(arguments: &[&str]) -> Ended {
    let mut all = vec!["lint", "--format", "json", "--quiet"];
    all.extend(arguments);
    Run::new(&all).end()
}

/// A server like Supabase's with fixtures in the database `live`.
async fn database(names: &[&str]) -> Server {
    let server = Server::start(Platform::Supabase).await;
    let admin = server.scratch.admin();
    server.create("live", "postgres").await;
    let prelude = "create schema if not exists search; create schema if not exists extensions;
        create extension if not exists postgres_fdw schema search;
        grant usage on foreign data wrapper postgres_fdw to postgres;
        grant all on schema search, extensions to postgres";
    server.run(admin, "live", prelude).await.unwrap();
    for name in names {
        let role = if *name == "broken" { admin } else { "postgres" };
        let run = server.run(role, "live", &fixture(name)).await;
        run.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    server
}

#[test]
fn every_fault_of_a_file_is_found_and_nothing_else() {
    let ended = lint(&["--platform", "supabase", "fixtures/lint/faults.sql"]);
    let report = ended.json();
    assert_eq!(found(&report, &[]), planted(&["faults"]));
    assert_eq!(
        (ended.status, &report["verdict"]),
        (1, &Value::from("broken"))
    );
    let of = |code: &str| {
        let mut findings = report["findings"].as_array().unwrap().iter();
        findings.find(|one| one["code"] == code).unwrap().clone()
    };
    let open = of("lint-policy-per-row-call");
    assert_eq!(open["location"]["file"], "fixtures/lint/faults.sql");
    let sql = open["sql"].as_str().unwrap();
    assert!(sql.contains("((select auth.uid()) = owner)"), "{sql}");
    assert!(
        report["coverage"]["not_compared"]
            .to_string()
            .contains("how far sequences"),
        "{report}"
    );
}

#[test]
fn what_only_looks_like_a_fault_is_none() {
    let ended = lint(&[
        "--platform",
        "supabase",
        "--fail-on",
        "note",
        "fixtures/lint/clean.sql",
    ]);
    let report = ended.json();
    assert_eq!(found(&report, &[]), BTreeSet::new());
    assert_eq!(
        (ended.status, &report["verdict"]),
        (0, &Value::from("holds"))
    );
}

#[tokio::test]
async fn a_database_shows_the_same_and_what_it_counted() {
    let fixtures = ["faults", "counted", "broken"];
    let server = database(&fixtures).await;
    let ended = lint(&[&server.url("postgres", "live")]);
    let report = ended.json();
    let all = found(&report, &[]);
    for planted in planted(&fixtures) {
        assert!(all.contains(&planted), "{planted} is missing of {all:#?}");
    }
    assert!(
        !all.contains("lint-index-unused index:app.full_up_filling"),
        "{all:#?}"
    );
    assert!(
        all.contains("lint-graphql-visible table:public.open_notes"),
        "{all:#?}"
    );
    let mut few = planted(&fixtures);
    few.retain(|line| !NOISE.iter().any(|code| line.starts_with(code)));
    assert_eq!(found(&report, &NOISE), few);
    assert_eq!(ended.status, 1);
    // How far a key has come makes it worse than a note.
    let severity = |object: &str| {
        let mut findings = report["findings"].as_array().unwrap().iter();
        let is = |one: &&Value| one["code"] == "lint-integer-key" && one["object"] == object;
        findings.find(is).unwrap()["severity"].clone()
    };
    assert_eq!(severity("app.orders.id"), "warning");
    assert_eq!(severity("app.narrow.id"), "error");
}

#[tokio::test]
async fn a_database_without_faults_has_none() {
    let server = database(&["clean"]).await;
    let ended = lint(&["--fail-on", "warning", &server.url("postgres", "live")]);
    let report = ended.json();
    assert_eq!(found(&report, &NOISE), BTreeSet::new());
    assert_eq!(ended.status, 0);
}

/// Whoever cannot read rows can read the contract.
#[tokio::test]
async fn a_login_without_rights_is_told_the_same_and_what_it_may_not_see() {
    let server = database(&["faults"]).await;
    let admin = server.scratch.admin();
    server
        .run(admin, "live", "create role reader login")
        .await
        .unwrap();
    let report = lint(&[&server.url("reader", "live")]).json();
    let mut expected = planted(&["faults"]);
    // Buckets are rows.
    expected.retain(|line| !line.starts_with("lint-bucket-listing"));
    assert_eq!(found(&report, &NOISE), expected);
    let gaps = report["coverage"]["not_compared"].to_string();
    assert!(gaps.contains("sequences have come"), "{gaps}");
    assert!(gaps.contains("storage buckets"), "{gaps}");
}

#[test]
fn a_saved_contract_is_told_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("contract.json");
    let saved = saved.to_str().unwrap();
    let file = "fixtures/lint/faults.sql";
    let inventory = [
        "inventory",
        "--platform",
        "supabase",
        "--output",
        saved,
        "-q",
        file,
    ];
    assert_eq!(Run::new(&inventory).end().status, 0);
    let report = lint(&["--platform", "supabase", saved]).json();
    assert_eq!(found(&report, &[]), planted(&["faults"]));
}

#[test]
fn every_code_has_a_case_and_something_that_comes_near() {
    let files = ["faults", "counted", "broken", "clean"];
    let words = |word: &str| -> BTreeSet<String> {
        let lines = files.iter().flat_map(|name| marked(name, word));
        let words: Vec<String> = lines.collect();
        words
            .iter()
            .flat_map(|line| line.split(' '))
            .filter(|code| is_of_advice(code))
            .map(str::to_owned)
            .collect()
    };
    let codes = all_codes().into_iter().map(|origin| origin.code);
    let mut codes: BTreeSet<String> = codes.filter(|code| is_of_advice(code)).collect();
    assert!(codes.len() > 30, "only {} codes", codes.len());
    // What pg_graphql shows is planted with each table: see the test on a database.
    codes.remove("lint-graphql-visible");
    assert_eq!(words("lint"), codes);
    assert_eq!(words("near"), codes);
}

#[test]
fn the_page_tells_of_every_code() {
    let page = fs::read_to_string(repository("docs/lint.md")).unwrap();
    for origin in all_codes()
        .iter()
        .filter(|origin| is_of_advice(&origin.code))
    {
        let row = format!("`{}` | {}", origin.code, origin.severity);
        assert!(page.contains(&row), "docs/lint.md has no row of {row}");
    }
}

#[test]
fn the_report_is_read_by_people_and_is_as_its_schema_says() {
    let ended = lint(&["--platform", "supabase", "fixtures/lint/faults.sql"]);
    let schema = fs::read_to_string(repository("docs/report-v1.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&ended.json())
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let arguments = [
        "lint",
        "-q",
        "--platform",
        "supabase",
        "fixtures/lint/faults.sql",
    ];
    let text = Run::new(&arguments).end().stdout;
    assert!(
        text.contains("alter table public.open_notes enable row level security;"),
        "{text}"
    );
    assert!(text.contains("Not looked at"), "{text}");
    let markdown = Run::new(&arguments)
        .env("PGPACT_FORMAT", "markdown")
        .end()
        .stdout;
    let fenced = "```sql\nalter table public.open_notes enable row level security;\n```";
    assert!(markdown.contains(fenced), "{markdown}");
}

#[test]
fn ignores_and_severities_hold_and_an_ignore_that_matches_nothing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let faults = repository("fixtures/lint/faults.sql");
    let text = "[severity]\nlint-serial = \"critical\"\n\
        [[ignore]]\ncode = \"lint-rls-disabled\"\nreason = \"behind a gateway\"\n\
        [[ignore]]\nobject = \"table:app.nothing\"\ncode = \"lint-table-without-primary-key\"\nreason = \"x\"\n\
        [[ignore]]\nobject = \"table:app.legacy_*\"\nreason = \"of the comparison\"\n";
    fs::write(folder.path().join("pgpact.toml"), text).unwrap();
    let arguments = [
        "lint",
        "-q",
        "--platform",
        "supabase",
        faults.to_str().unwrap(),
    ];
    let run = Run::new(&arguments)
        .env("PGPACT_FORMAT", "json")
        .within(folder.path());
    let report = run.end().json();
    let all = report["findings"].as_array().unwrap();
    let of = |code: &str| all.iter().find(|one| one["code"] == code).unwrap();
    assert_eq!(of("lint-serial")["severity"], "critical");
    assert_eq!(
        of("lint-rls-disabled")["ignored"]["reason"],
        "behind a gateway"
    );
    let unused: Vec<&Value> = all
        .iter()
        .filter(|one| one["code"] == "ignore-unused")
        .collect();
    assert_eq!(unused.len(), 1, "{unused:?}");
    assert_eq!(unused[0]["location"]["line"], 6);
}

#[test]
fn who_cannot_look_gives_no_verdict() {
    let ended = lint(&["postgres://u@127.0.0.1:1/x"]);
    assert_eq!(
        (ended.status, &ended.json()["verdict"]),
        (3, &Value::from("unknown"))
    );
    assert_eq!(lint(&["no-such-folder"]).status, 2);
    let nothing = lint(&["--schema", "nowhere", "fixtures/lint/clean.sql"]);
    assert_eq!(nothing.status, 2, "{}", nothing.stdout);
}
