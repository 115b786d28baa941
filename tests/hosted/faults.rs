//! What the Management API may answer besides: each is told apart, none is a verdict.

use std::time::Instant;

use wiremock::ResponseTemplate;

use super::{MIGRATIONS, Project};
use crate::support::binary::{Ended, Run};
use crate::support::management::{REFERENCE, TOKEN, says};

/// Code, message and help of why there is no verdict.
fn refused(ended: &Ended) -> (String, String) {
    assert_eq!(ended.status, 3, "{}{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert_eq!(report["verdict"], "unknown");
    assert!(!ended.stdout.contains(TOKEN) && !ended.stderr.contains(TOKEN));
    let error = &report["error"];
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    let said = format!("{} / {}", text("message"), text("help"));
    (text("code"), said)
}

fn again(answer: &ResponseTemplate, times: usize) -> Vec<ResponseTemplate> {
    std::iter::repeat_n(answer.clone(), times).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_says_what_it_is_and_what_to_do() {
    let project = Project::new().await;
    let slow =
        "Failed to run sql query: ERROR:  57014: canceling statement due to statement timeout";
    let broken = "Failed to run sql query: ERROR:  42501: permission denied for schema x";
    let cases = [
        (
            says(401, "Unauthorized"),
            "live-refused",
            ["did not take the access token", "SUPABASE_ACCESS_TOKEN"],
        ),
        (
            says(403, "Forbidden resource"),
            "live-refused",
            ["may not read the database", "database:read"],
        ),
        (
            ResponseTemplate::new(404),
            "live-refused",
            ["shows no supabase:", "reference"],
        ),
        (
            says(400, slow),
            "inspect-failed",
            ["in the time", "connection string"],
        ),
        (says(400, broken), "inspect-failed", ["42501", "report it"]),
        (
            ResponseTemplate::new(200).set_body_string("<html>"),
            "inspect-failed",
            ["does not know", "PGPACT_SUPABASE_API"],
        ),
        (
            ResponseTemplate::new(302).insert_header("location", "https://example.com"),
            "inspect-failed",
            ["status 302", "PGPACT_SUPABASE_API"],
        ),
    ];
    for (answer, code, words) in cases {
        project.api.answer_instead(vec![answer]);
        let (found, said) = refused(&project.verify().await);
        assert_eq!(found, code, "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
    project.api.answer_instead(Vec::new());
    project.api.refuse_above(100);
    let (code, said) = refused(&project.verify().await);
    assert_eq!(code, "inspect-failed", "{said}");
    assert!(said.contains("that large"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_rate_are_waited_for_and_not_for_ever() {
    let project = Project::new().await;
    let soon = ResponseTemplate::new(429).insert_header("retry-after", "1");
    project.api.answer_instead(again(&soon, 2));
    let begin = Instant::now();
    let held = project.verify().await;
    assert_eq!(held.status, 0, "{}{}", held.stdout, held.stderr);
    assert!(begin.elapsed().as_secs() >= 2);
    let late = ResponseTemplate::new(429).insert_header("x-ratelimit-reset", "3600");
    project.api.answer_instead(again(&late, 9));
    let begin = Instant::now();
    let arguments = [
        "verify",
        "-q",
        "--format",
        "json",
        "--timeout",
        "5",
        "--expected",
        MIGRATIONS,
    ];
    let live = format!("supabase:{REFERENCE}");
    let ended = project
        .run(project.start(&arguments).env("PGPACT_LIVE", live))
        .await;
    let (code, said) = refused(&ended);
    assert_eq!(code, "timed-out", "{said}");
    assert!(begin.elapsed().as_secs() < 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_project_is_told_from_one_that_does_not_answer() {
    let project = Project::new().await;
    let lost = says(
        544,
        "Failed to run sql query: Connection terminated due to connection timeout",
    );
    for (status, word) in [
        ("INACTIVE", "paused"),
        ("RESTORING", "being started"),
        ("REMOVED", "being removed"),
    ] {
        project.api.set_status(status);
        project.api.answer_instead(again(&lost, 1));
        let (code, said) = refused(&project.verify().await);
        assert_eq!(code, "live-unreachable");
        assert!(said.contains(word), "{said}");
    }
    project.api.set_status("ACTIVE_HEALTHY");
    project.api.answer_instead(again(&lost, 2));
    assert_eq!(project.verify().await.status, 0, "it was tried again");
    project.api.answer_instead(again(&lost, 9));
    let (code, said) = refused(&project.verify().await);
    assert_eq!(code, "live-unreachable");
    assert!(
        said.contains("does not answer the Management API"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_before_the_catalogs_is_refused() {
    let project = Project::new().await;
    let admin = project.server.scratch.admin();
    let path = "alter role supabase_read_only_user set search_path = public, pg_catalog";
    project.server.run(admin, "live", path).await.unwrap();
    let (code, said) = refused(&project.verify().await);
    assert_eq!(code, "inspect-failed");
    assert!(said.contains("search_path begins with public"), "{said}");
}

#[test]
fn a_missing_token_and_a_wrong_reference_are_wrong_usage_or_no_verdict() {
    let run = |live: &str| {
        let arguments = ["verify", "-q", "--format", "json", "--expected", MIGRATIONS];
        Run::new(&arguments).env("PGPACT_LIVE", live).end()
    };
    let ended = run(&format!("supabase:{REFERENCE}"));
    assert_eq!(ended.status, 2, "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("SUPABASE_ACCESS_TOKEN"),
        "{}",
        ended.stdout
    );
    let ended = run("supabase:https://x.supabase.co");
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("supabase:abcdef"), "{}", ended.stderr);
    // Nobody listens there.
    let nowhere = Run::new(&["verify", "-q", "--format", "json", "--expected", MIGRATIONS])
        .env("PGPACT_LIVE", format!("supabase:{REFERENCE}"))
        .env("SUPABASE_ACCESS_TOKEN", TOKEN)
        .env("PGPACT_SUPABASE_API", "http://127.0.0.1:1")
        .end();
    let (code, said) = refused(&nowhere);
    assert_eq!(code, "live-unreachable");
    assert!(said.contains("no way to the Management API"), "{said}");
}
