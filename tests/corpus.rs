//! The corpus: two schemas a case, on real Postgres, compared in both directions.
//!
//! `fixtures/corpus/<class>/<case>/{before,after}.sql`; what was found is in `findings.snap` beside them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use pgpact::classes::Class;
use pgpact::contract::{Change, Contract};
use pgpact::scratch::Platform;

use crate::support::postgres::{Server, compare, deltas, spelled};
use crate::support::repository;

/// Roles belong to the server: cases share them.
const ROLES: &str =
    "create role alice; create role bob; create role app_owner; grant app_owner to postgres;
    create role anon; create role authenticated; create role service_role bypassrls;";

fn cases() -> Vec<PathBuf> {
    let pattern = repository("fixtures/corpus/*/*/before.sql");
    let found = glob::glob(pattern.to_str().unwrap()).unwrap();
    found
        .map(|path| path.unwrap().parent().unwrap().to_owned())
        .collect()
}

async fn build(server: &Server, case: &Path, file: &str) -> Contract {
    let script = std::fs::read_to_string(case.join(file)).unwrap();
    server.create("corpus", "template1").await;
    let run = server.run("postgres", "corpus", &script).await;
    run.unwrap_or_else(|error| panic!("{}/{file}: {error}", case.display()));
    let contract = server.read("corpus").await;
    server.drop("corpus").await;
    contract
}

/// What was found, as it stands in the snapshot.
fn listing(expected: &Contract, live: &Contract) -> String {
    let mut text = String::new();
    for finding in compare(expected, live) {
        writeln!(text, "{}", spelled(&finding)).unwrap();
        if finding.fact.is_some() {
            writeln!(text, "  expected {}", finding.expected.unwrap()).unwrap();
            writeln!(text, "  live     {}", finding.live.unwrap()).unwrap();
        }
    }
    text
}

#[tokio::test]
async fn every_case_is_seen_both_ways_and_equal_sides_are_silent() {
    let server = Server::start(Platform::Plain).await;
    server
        .run(server.scratch.admin(), "postgres", ROLES)
        .await
        .unwrap();
    let cases = cases();
    assert!(cases.len() >= 60, "only {} cases were found", cases.len());
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    let mut silent = Vec::new();
    for case in &cases {
        let before = build(&server, case, "before.sql").await;
        let again = build(&server, case, "before.sql").await;
        let after = build(&server, case, "after.sql").await;
        assert_eq!(
            listing(&before, &again),
            "",
            "{}: equal sides are silent",
            case.display()
        );
        let (there, back) = (listing(&before, &after), listing(&after, &before));
        if there.is_empty() || back.is_empty() {
            silent.push(case.display().to_string());
        }
        for delta in deltas(&before, &after) {
            let what = match delta.change {
                Change::Missing => "missing",
                Change::Unexpected => "unexpected",
                Change::Changed { fact, .. } => fact,
            };
            seen.insert((delta.id.class.to_string(), what.to_owned()));
        }
        insta::with_settings!({
            snapshot_path => case,
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!("findings", format!("{there}--- the other way\n{back}"));
        });
    }
    assert_eq!(silent, Vec::<String>::new(), "a case nobody sees");
    let facts = Class::ALL
        .iter()
        .flat_map(|class| class.facts.iter().map(|fact| (class.name, fact.name)));
    let kinds = Class::ALL
        .iter()
        .flat_map(|class| [(class.name, "missing"), (class.name, "unexpected")]);
    let untried: Vec<_> = facts
        .chain(kinds)
        .filter(|(class, what)| !seen.contains(&((*class).to_owned(), (*what).to_owned())))
        .collect();
    assert_eq!(untried, [], "facts without a case");
}
