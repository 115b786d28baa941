//! Advice as a part of `verify`: on what the repository declares, and on what a change brings.

use std::collections::BTreeSet;

use serde_json::Value;

use super::found;
use crate::changes::{commit, git, write};
use crate::support::binary::{Ended, Run};

const OLD: &str = "create table public.old (id bigint generated always as identity primary key);";
const NEW: &str = "create table public.new (id bigint generated always as identity primary key);";

/// Runs `verify` in a repository whose last commit has one migration, and whose folder has another one besides.
fn verify(config: &str, more: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q", "-b", "main"]);
    write(at, "pgpact.toml", config);
    write(at, "db/migrations/001_old.sql", OLD);
    commit(at);
    write(at, "db/migrations/002_new.sql", NEW);
    let mut arguments = vec!["verify", "-q", "--platform", "supabase", "--format", "json"];
    arguments.extend(more);
    Run::new(&arguments).within(at).end()
}

/// What was committed.
const BASE: &str = "git:HEAD:db/migrations";
const SAME: [&str; 4] = ["--expected", BASE, "--live", BASE];

fn lines(report: &Value) -> BTreeSet<String> {
    found(report, &["ignore-unused", "change-widens-access"])
}

#[test]
fn verify_lints_when_it_is_asked_to() {
    let open = BTreeSet::from(["lint-rls-disabled table:public.old".to_owned()]);
    let without = verify("", &SAME);
    assert_eq!(
        (without.status, lines(&without.json())),
        (0, BTreeSet::new())
    );
    let asked = verify("", &[&SAME[..], &["--lint"]].concat());
    assert_eq!((asked.status, lines(&asked.json())), (1, open.clone()));
    let configured = verify("[lint]\nverify = true\n", &SAME);
    assert_eq!((configured.status, lines(&configured.json())), (1, open));
    let never = verify(
        "[lint]\nverify = true\n",
        &[&SAME[..], &["--lint=never"]].concat(),
    );
    assert_eq!(never.status, 0);
}

#[test]
fn an_ignore_of_advice_is_no_business_of_a_comparison_alone() {
    let ignore = "[[ignore]]\ncode = \"lint-rls-disabled\"\nreason = \"known\"\n";
    let without = verify(ignore, &SAME);
    assert_eq!(without.json()["findings"].as_array().unwrap().len(), 0);
    let asked = verify(ignore, &[&SAME[..], &["--lint"]].concat());
    let report = asked.json();
    assert_eq!(
        (asked.status, &report["summary"]["ignored"]),
        (0, &Value::from(1))
    );
}

#[test]
fn a_change_is_told_what_it_brings_alone() {
    let head = "db/migrations";
    let change = ["--base", BASE, "--expected", head, "--live", BASE, "--lint"];
    let ended = verify("", &change);
    let report = ended.json();
    let brought = BTreeSet::from(["lint-rls-disabled table:public.new".to_owned()]);
    assert_eq!((ended.status, lines(&report)), (1, brought), "{report:#}");
    let gaps = report["coverage"]["not_compared"].to_string();
    assert!(gaps.contains("1 piece of advice"), "{gaps}");
}
