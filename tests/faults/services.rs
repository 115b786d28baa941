//! Faults of the services that pgpact asks and tells: Supabase's Management API, GitHub, the runner's environment.

use std::time::{Duration, Instant};

use super::Trial;
use crate::support::binary::Run;
use crate::support::management::{REFERENCE, TOKEN};
use crate::support::proxy::{Answer, service};
use crate::support::repository;

const JSON: &str = "application/json";

fn hosted(trial: &Trial, answer: Answer) -> Run {
    trial
        .verify(&format!("supabase:{REFERENCE}"))
        .env("PGPACT_SUPABASE_API", service(answer))
        .env("SUPABASE_ACCESS_TOKEN", TOKEN)
}

#[test]
fn an_api_that_fails() {
    let trial = Trial::of("the Management API answers 500");
    let answer = Answer::new("500 Internal Server Error", JSON, "{\"message\": \"oops\"}");
    trial.end(hosted(&trial, answer));
}

#[test]
fn an_api_that_answers_a_page() {
    let trial = Trial::of("the Management API answers a page of HTML");
    let page = "<!doctype html><script>alert(1)</script>::set-output name=a::b";
    trial.end(hosted(&trial, Answer::new("200 OK", "text/html", page)));
}

#[test]
fn an_api_that_breaks_off() {
    let trial = Trial::of("the Management API sends half of its JSON");
    let mut answer = Answer::new(
        "201 Created",
        JSON,
        "[{\"moment\": \"1:1:\", \"path\": \"pg_catalog\"}]",
    );
    answer.sent /= 2;
    trial.end(hosted(&trial, answer));
}

#[test]
fn an_api_that_takes_its_time() {
    let trial = Trial::of("the Management API sends nothing for a long time");
    let mut answer = Answer::new("201 Created", JSON, &" ".repeat(1_000_000));
    answer.rate = Some(20);
    trial.end(hosted(&trial, answer).arg("--timeout=5"));
}

/// What the action says of itself on a runner whose GitHub answers like that.
fn step(answer: Answer) -> (i32, String, Duration) {
    let trial = Trial::of("TMPDIR does not exist");
    let outputs = trial.folder.path().join("output");
    let begin = Instant::now();
    let ended = trial
        .start(&["action"])
        .env("GITHUB_API_URL", service(answer))
        .env("GITHUB_REPOSITORY", "acme/orchard")
        .env("GITHUB_SHA", "9a3e6d1f08c24b75e1a9d3c6b508f7e2d4c19a60")
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env(
            "GITHUB_EVENT_PATH",
            repository("fixtures/github/events/pull_request.json"),
        )
        .env("GITHUB_WORKSPACE", trial.folder.path())
        .env("GITHUB_OUTPUT", &outputs)
        .env("INPUT_TOKEN", "ghs_invented")
        .env("INPUT_EXPECTED", "wanted.sql")
        .env("INPUT_LIVE", "wanted.sql")
        .env("INPUT_BASE", "none")
        .env("INPUT_COMMENT", "always")
        .end();
    let took = begin.elapsed();
    trial.tidy();
    let written = std::fs::read_to_string(outputs).unwrap_or_default();
    assert!(
        written.contains("holds"),
        "{written}{}{}",
        ended.stdout,
        ended.stderr
    );
    assert!(!ended.stdout.contains("ghs_invented") && !ended.stderr.contains("ghs_invented"));
    (ended.status, ended.stdout, took)
}

/// What it breaks off or delays is in `tests/github/retry.rs`. GitHub is told what came of it; it has no say in what comes of it.
#[test]
fn a_github_that_answers_badly_changes_no_verdict() {
    for answer in [
        Answer::new("404 Not Found", JSON, "{\"message\": \"Not Found\"}"),
        Answer::new("200 OK", "text/html", "<html>::error::x</html>"),
    ] {
        let what = format!("{} {}", answer.status, answer.kind);
        let (status, stdout, took) = step(answer);
        assert_eq!(status, 0, "{what}: {stdout}");
        assert!(took < Duration::from_secs(90), "{what} took {took:?}");
    }
}

/// Whatever a runner does not say ends in a message, never in a panic.
#[test]
fn an_environment_that_says_little() {
    let trial = Trial::of("TMPDIR does not exist");
    let missing = trial.folder.path().join("missing.json");
    let half = trial.folder.path().join("half.json");
    std::fs::write(
        &half,
        "{\"pull_request\": {\"number\": 7, \"head\": {\"sha\": ",
    )
    .unwrap();
    let none: &[(&str, &str)] = &[];
    for variables in [
        none,
        &[
            ("INPUT_EXPECTED", "wanted.sql"),
            ("INPUT_LIVE", "wanted.sql"),
        ],
        &[("GITHUB_EVENT_NAME", "pull_request")],
        &[
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", missing.to_str().unwrap()),
        ],
        &[
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", half.to_str().unwrap()),
        ],
        &[
            ("GITHUB_OUTPUT", "/nowhere/output"),
            ("GITHUB_STEP_SUMMARY", "/nowhere/summary"),
            ("INPUT_EXPECTED", "wanted.sql"),
            ("INPUT_LIVE", "wanted.sql"),
        ],
    ] {
        let run = variables
            .iter()
            .fold(trial.start(&["action"]), |run, (name, value)| {
                run.env(name, value)
            });
        let ended = run.end();
        assert!((0..=3).contains(&ended.status), "{variables:?}");
        let said = ended.stdout.clone() + &ended.stderr;
        assert!(!said.contains("panicked"), "{said}");
        assert!(!said.trim().is_empty(), "{variables:?}");
        // Nothing that was verified, nothing that holds.
        let is_given = variables.iter().any(|(name, _)| *name == "INPUT_LIVE");
        assert!(is_given || ended.status != 0, "{variables:?}: {said}");
        trial.tidy();
    }
}
