//! `pgpact action` end to end: the real binary, real Postgres, and a GitHub that checks every request.

use std::collections::BTreeMap;
use std::fs;

use pgpact::scratch::Platform;
use serde_json::Value;

use crate::support::binary::{Ended, Run};
use crate::support::github::{GitHub, HEAD, MERGE};
use crate::support::management::{Management, REFERENCE, TOKEN};
use crate::support::postgres::Server;
use crate::support::repository;

const MIGRATIONS: &str = "fixtures/projects/keyring/supabase/migrations";
const CANARY: &str = "c4n4ry-Pa55%2Fw%40rd";

/// A step of a workflow: event, payload, inputs.
struct Step<'a> {
    github: &'a GitHub,
    variables: BTreeMap<String, String>,
}

impl<'a> Step<'a> {
    fn new(github: &'a GitHub, event: &str, fixture: &str) -> Self {
        let mut variables = github.variables(event);
        let payload = repository(&format!("fixtures/github/events/{fixture}.json"));
        variables.insert(
            "GITHUB_EVENT_PATH".to_owned(),
            payload.display().to_string(),
        );
        variables.insert(
            "GITHUB_WORKSPACE".to_owned(),
            env!("CARGO_MANIFEST_DIR").to_owned(),
        );
        Self { github, variables }
            .with("expected", MIGRATIONS)
            .with("token", "ghs_invented\n")
            .with("check-run", "auto")
            .with("comment", "changes")
            // Changes with a base are in tests/changes.rs.
            .with("base", "none")
    }

    /// An input as the runner hands it over: upper case, dashes kept.
    fn with(mut self, input: &str, value: &str) -> Self {
        self.variables
            .insert(format!("INPUT_{}", input.to_uppercase()), value.to_owned());
        self
    }

    async fn run(self) -> Ended {
        let variables = self.variables;
        let run = tokio::task::spawn_blocking(move || {
            let run = Run::new(&["action"]);
            variables
                .iter()
                .fold(run, |run, (name, value)| run.env(name, value))
                .end()
        });
        let ended = run.await.unwrap();
        assert!(!ended.stdout.contains("ghs_invented") && !ended.stderr.contains("ghs_invented"));
        let _still_there = self.github;
        ended
    }
}

async fn keyring(drift: Option<&str>) -> (Server, String) {
    let server = Server::start(Platform::Supabase).await;
    server.build_keyring("live").await;
    if let Some(drift) = drift {
        let script =
            fs::read_to_string(repository(&format!("fixtures/projects/keyring/{drift}"))).unwrap();
        server.run("postgres", "live", &script).await.unwrap();
    }
    let url = server.url("postgres", "live");
    (server, url)
}

fn listed() -> Vec<String> {
    let text =
        fs::read_to_string(repository("fixtures/projects/keyring/live-thirty.findings")).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn conclusion(github: &GitHub) -> (String, String) {
    let state = github.state();
    assert_eq!(state.check_runs.len(), 1, "{:#?}", state.check_runs);
    let text = |name: &str| {
        state.check_runs[0][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    (text("head_sha"), text("conclusion"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drifted_database_is_reported_everywhere_on_a_pull_request() {
    let (_server, url) = keyring(Some("live-thirty.sql")).await;
    let github = GitHub::start().await;
    let step = || Step::new(&github, "pull_request", "pull_request").with("live", &url);
    let ended = step().run().await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(conclusion(&github), (HEAD.to_owned(), "failure".to_owned()));
    let annotations: Vec<Value> = github
        .state()
        .requests
        .iter()
        .filter_map(|(_, _, body)| body["output"]["annotations"].as_array().cloned())
        .flatten()
        .collect();
    let located = listed()
        .iter()
        .filter(|line| !line.contains("-unexpected ") && !line.ends_with("to anon -"))
        .count();
    assert_eq!(annotations.len(), located);
    assert!(
        annotations
            .iter()
            .all(|annotation| annotation["path"].as_str().unwrap().starts_with(MIGRATIONS))
    );
    let body = github.state().comments[0]["body"]
        .as_str()
        .unwrap()
        .to_owned();
    let summary = github.summary();
    for text in [&body, &summary] {
        let first = text.lines().find(|line| line.starts_with('#')).unwrap();
        assert!(
            first.contains("broken") && first.contains("14 critical"),
            "{first}"
        );
        let lost: Vec<String> = listed()
            .into_iter()
            .filter(|line| !text.contains(line.split(' ').nth(1).unwrap()))
            .collect();
        assert_eq!(lost, Vec::<String>::new());
    }
    let outputs = github.outputs();
    assert_eq!(outputs["verdict"], "broken");
    assert_eq!(outputs["findings"], "30");
    assert_eq!(outputs["critical"], "14");
    assert!(outputs["check-run-url"].starts_with("https://"));

    // Nothing changed: the comment is not touched, and no second one is made.
    let ended = step().run().await;
    assert_eq!(ended.status, 1);
    assert_eq!(github.state().comments.len(), 1);
    assert_eq!(github.count("PATCH", "/comments/"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_database_is_green_and_quiet() {
    let (_server, url) = keyring(None).await;
    let github = GitHub::start().await;
    for (event, fixture, sha) in [
        ("pull_request", "pull_request", HEAD),
        ("push", "push", MERGE),
    ] {
        github.state().check_runs.clear();
        let ended = Step::new(&github, event, fixture)
            .with("database-url", &url)
            .run()
            .await;
        assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
        assert_eq!(conclusion(&github), (sha.to_owned(), "success".to_owned()));
    }
    assert_eq!(github.state().comments.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_keeps_one_issue_and_closes_it() {
    let (server, url) = keyring(Some("live-rls-disabled.sql")).await;
    let github = GitHub::start().await;
    let step = || Step::new(&github, "schedule", "schedule").with("live", &url);
    assert_eq!(step().run().await.status, 1);
    assert_eq!(step().run().await.status, 1);
    assert_eq!(github.state().issues.len(), 1);
    assert_eq!(github.state().issues[0]["state"], "open");
    server.run("postgres", "live", "do $$ declare t regclass; begin
        for t in select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and not relrowsecurity
            and relname not in ('prompt_atoms', 'template_versions') loop
          execute format('alter table %s enable row level security', t); end loop; end $$").await.unwrap();
    let ended = step().run().await;
    assert_eq!(ended.status, 0, "{}", ended.stdout);
    assert_eq!(github.state().issues[0]["state"], "closed");
    assert_eq!(github.state().comments.len(), 0);
    assert!(
        github
            .state()
            .check_runs
            .iter()
            .all(|run| run["head_sha"] == MERGE)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_looked_at_is_red_and_shows_no_secret() {
    let github = GitHub::start().await;
    let url = format!("postgres://u:{CANARY}@127.0.0.1:1/x");
    let ended = Step::new(&github, "push", "push")
        .with("live", &url)
        .run()
        .await;
    assert_eq!(ended.status, 3);
    assert_eq!(conclusion(&github).1, "failure");
    assert_eq!(github.outputs()["verdict"], "unknown");
    // The runner is told what to hide; apart from that the secret is nowhere.
    let (masks, rest): (Vec<&str>, Vec<&str>) = ended
        .stdout
        .lines()
        .partition(|line| line.starts_with("::add-mask::"));
    assert!(
        masks.iter().any(|line| line.contains("c4n4ry-Pa55/w@rd")),
        "{masks:?}"
    );
    assert!(!rest.join("\n").contains("c4n4ry") && !ended.stderr.contains("c4n4ry"));
    let sent = github
        .state()
        .requests
        .iter()
        .map(|(_, _, body)| body.to_string())
        .collect::<String>();
    assert!(!sent.contains("c4n4ry") && !github.summary().contains("c4n4ry"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_read_through_the_management_api_with_a_masked_token() {
    let (server, _) = keyring(Some("live-thirty.sql")).await;
    let reader = server.scratch.connection("supabase_read_only_user", "live");
    let api = Management::start(reader.clone(), reader).await;
    let github = GitHub::start().await;
    let live = format!("supabase:{REFERENCE}");
    let step = |event: &str, fixture: &str| {
        let mut step = Step::new(&github, event, fixture).with("live", &live);
        let address = ("PGPACT_SUPABASE_API".to_owned(), api.url());
        step.variables.extend([address]);
        step
    };
    let ended = step("push", "push")
        .with("supabase-access-token", TOKEN)
        .run()
        .await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(github.outputs()["findings"], "30");
    let (masks, rest): (Vec<&str>, Vec<&str>) = ended
        .stdout
        .lines()
        .partition(|line| line.starts_with("::add-mask::"));
    assert_eq!(masks, [format!("::add-mask::{TOKEN}")]);
    assert!(!rest.join("\n").contains(TOKEN) && !ended.stderr.contains(TOKEN));
    let sent = format!("{:?}{}", github.state().requests, github.summary());
    assert!(!sent.contains(TOKEN) && sent.contains(&live));

    let ended = step("push", "push")
        .with("supabase-access-token", "")
        .run()
        .await;
    assert_eq!(ended.status, 2, "{}{}", ended.stdout, ended.stderr);
    // A fork's run gets no token, as it gets no connection string.
    let ended = step("pull_request", "pull_request_fork").run().await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(
        github.summary().contains("the live database"),
        "{}",
        github.summary()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_secret_is_red_unless_the_event_gets_none() {
    let github = GitHub::start().await;
    let ended = Step::new(&github, "push", "push").run().await;
    assert_eq!(ended.status, 2, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(conclusion(&github).1, "failure");

    let github = GitHub::start().await;
    let ended = Step::new(&github, "pull_request", "pull_request_fork")
        .run()
        .await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(
        github.summary().contains("the live database"),
        "{}",
        github.summary()
    );
    assert_eq!(github.state().comments.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_input_is_red_and_says_so() {
    let github = GitHub::start().await;
    let ended = Step::new(&github, "push", "push")
        .with("fail-on", "sometimes")
        .with("live", MIGRATIONS)
        .run()
        .await;
    assert_eq!(ended.status, 2, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(conclusion(&github).1, "failure");
    assert!(
        github.summary().contains("sometimes"),
        "{}",
        github.summary()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_not_risked_for_a_foreign_head() {
    let github = GitHub::start().await;
    let ended = Step::new(&github, "pull_request_target", "pull_request_fork")
        .with("live", MIGRATIONS)
        .run()
        .await;
    assert_eq!(ended.status, 2, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("event-refused"), "{}", ended.stderr);
    assert_eq!(github.state().requests.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_queue_gets_its_check_and_no_comment() {
    let github = GitHub::start().await;
    let ended = Step::new(&github, "merge_group", "merge_group")
        .with("live", MIGRATIONS)
        .with(
            "report",
            "json=target/merge-group.json\nsarif=target/merge-group.sarif\nhtml=target/merge-group.html",
        )
        .run()
        .await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(conclusion(&github).1, "success");
    assert_eq!(github.state().comments.len(), 0);
    assert_eq!(github.outputs()["report"], "target/merge-group.json");
    let written = |name: &str| fs::read_to_string(repository(&format!("target/{name}"))).unwrap();
    assert!(written("merge-group.sarif").contains("\"executionSuccessful\": true"));
    assert!(written("merge-group.html").contains("<h1>Database contract: holds</h1>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn code_is_held_to_the_contract_where_an_input_names_it() {
    let github = GitHub::start().await;
    let ended = Step::new(&github, "pull_request", "pull_request")
        .with("live", MIGRATIONS)
        .with("usage", "fixtures/usage/keyring")
        .run()
        .await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(conclusion(&github).1, "failure");
    let state = github.state();
    let annotations = state.check_runs[0]["output"]["annotations"]
        .as_array()
        .unwrap();
    assert_eq!(annotations.len(), 1, "{annotations:#?}");
    assert_eq!(annotations[0]["path"], "fixtures/usage/keyring/library.ts");
    assert_eq!(annotations[0]["start_line"], 6);
    let comment = state.comments[0]["body"].as_str().unwrap();
    assert!(comment.contains("usage-table-missing"), "{comment}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_says_cancelled() {
    let github = GitHub::start().await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/x", silent.local_addr().unwrap());
    let step = Step::new(&github, "push", "push").with("live", &url);
    let run = step
        .variables
        .iter()
        .fold(Run::new(&["action"]), |run, (name, value)| {
            run.env(name, value)
        });
    let mut child = run.spawn();
    while github.state().check_runs.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let killed = std::process::Command::new("kill")
        .args(["-s", "INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap())
        .await
        .unwrap();
    assert_eq!(status.code(), Some(130));
    assert_eq!(conclusion(&github).1, "cancelled");
}
