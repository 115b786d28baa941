//! `reconcile` and `diff` end to end: files, proof, applying, interrupted and run again.

use pgpact::contract;
use pgpact::scratch::Platform;

use crate::support::binary::Run;
use crate::support::postgres::Server;
use crate::support::repository;

const MIGRATIONS: &str = "fixtures/projects/keyring/supabase/migrations";

async fn drifted() -> (Server, String) {
    let server = Server::start(Platform::Supabase).await;
    server.build_keyring("keyring").await;
    let drift = std::fs::read_to_string(repository("fixtures/projects/keyring/live-thirty.sql"));
    let drift = drift.unwrap();
    server.run("postgres", "keyring", &drift).await.unwrap();
    let url = server.url("postgres", "keyring");
    (server, url)
}

fn reconcile(url: &str, more: &[&str]) -> crate::support::binary::Ended {
    let mut arguments = vec!["reconcile", "-q", "--expected", MIGRATIONS];
    arguments.extend(more);
    Run::new(&arguments).env("PGPACT_LIVE", url).end()
}

#[tokio::test]
async fn thirty_drifts_are_brought_back_and_what_loses_data_only_when_asked_for() {
    let (server, url) = drifted().await;

    let plan = reconcile(&url, &[]);
    assert_eq!(plan.status, 1, "{}", plan.stderr);
    assert!(
        plan.stdout.contains("Proven on PostgreSQL"),
        "{}",
        plan.stdout
    );
    let withheld = plan.stdout.split("-- Withheld:").nth(1).unwrap();
    assert!(
        withheld.contains("drop table:public.organization_members_backup"),
        "{withheld}"
    );
    assert!(withheld.contains("--allow drop-table"), "{withheld}");
    assert_eq!(
        withheld
            .lines()
            .filter(|line| !line.starts_with("--") && !line.is_empty())
            .count(),
        0
    );

    let refused = reconcile(&url, &["--apply"]);
    assert_eq!(refused.status, 2, "nobody was asked: {}", refused.stdout);

    let applied = reconcile(&url, &["--apply", "--yes"]);
    assert_eq!(applied.status, 1, "{}{}", applied.stdout, applied.stderr);
    assert!(
        applied
            .stdout
            .contains("public.organization_members_backup"),
        "{}",
        applied.stdout
    );
    let backup = server.run(
        "postgres",
        "keyring",
        "select from public.organization_members_backup",
    );
    backup
        .await
        .expect("the table that was withheld is still there");

    let allowed = reconcile(&url, &["--apply", "--yes", "--allow", "drop-table"]);
    assert_eq!(allowed.status, 0, "{}{}", allowed.stdout, allowed.stderr);

    let nothing = reconcile(&url, &[]);
    assert_eq!(nothing.status, 0, "{}", nothing.stderr);
    assert!(
        nothing.stdout.contains("Nothing to do"),
        "{}",
        nothing.stdout
    );
    let verdict = Run::new(&["verify", "-q", "--expected", MIGRATIONS])
        .env("PGPACT_LIVE", &url)
        .end();
    assert_eq!(verdict.status, 0, "{}", verdict.stdout);
}

#[tokio::test]
async fn a_step_that_fails_undoes_the_transaction_and_is_named() {
    let (server, url) = drifted().await;
    // The definitions can be rebuilt, the rows cannot be known there.
    let row = "insert into auth.users (id, email) values (gen_random_uuid(), 'a@example.org');
               alter table public.agent_runs drop constraint if exists agent_runs_tokens_positive;
               insert into public.agent_runs (user_id, model, prompt_tokens, completion_tokens)
               select id, 'small', -1, -1 from auth.users limit 1;";
    server
        .run(server.scratch.admin(), "keyring", row)
        .await
        .unwrap();

    let plan = reconcile(&url, &[]);
    assert!(
        plan.stdout
            .contains("In the way now: 1 row of public.agent_runs"),
        "{}",
        plan.stdout
    );

    let applied = reconcile(&url, &["--apply", "--yes"]);
    assert_eq!(applied.status, 3, "{}{}", applied.stdout, applied.stderr);
    assert!(
        applied.stderr.contains("apply-failed"),
        "{}",
        applied.stderr
    );
    assert!(
        applied.stderr.contains("agent_runs_tokens_positive"),
        "{}",
        applied.stderr
    );

    server
        .run(
            server.scratch.admin(),
            "keyring",
            "delete from public.agent_runs",
        )
        .await
        .unwrap();
    let again = reconcile(&url, &["--apply", "--yes", "--allow", "all"]);
    assert_eq!(again.status, 0, "{}{}", again.stdout, again.stderr);
}

#[tokio::test]
async fn a_directory_gets_a_file_by_its_own_convention() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("001_first.sql", "create table notes (id int primary key);");
    let path = folder.path().to_str().unwrap().to_owned();
    std::fs::write(folder.path().join("live.json"), "{}").unwrap();
    std::fs::remove_file(folder.path().join("live.json")).unwrap();
    let live = tempfile::NamedTempFile::with_suffix(".sql").unwrap();
    std::fs::write(live.path(), "select 1;").unwrap();
    let live = live.path().to_str().unwrap().to_owned();
    let ended = Run::new(&[
        "reconcile",
        "-q",
        "--expected",
        &path,
        "--live",
        &live,
        "--output",
        &path,
    ])
    .end();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let written = std::fs::read_to_string(folder.path().join("002_reconcile.sql")).unwrap();
    assert!(
        written.contains("create table if not exists public.notes"),
        "{written}"
    );
}

#[tokio::test]
async fn the_whole_contract_is_one_file_for_an_empty_and_for_a_half_built_database() {
    let server = Server::start(Platform::Supabase).await;
    server.build_keyring("keyring").await;
    let url = server.url("postgres", "keyring");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("full.sql");
    let ended = reconcile(&url, &["--full", "--output", file.to_str().unwrap()]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("applied to an empty database"), "{text}");
    assert!(
        text.contains("Proven on a copy of live's definitions too"),
        "{text}"
    );

    // A database that lacks a column, a policy and a function.
    let halved = "drop function if exists public.whois(uuid);
                  alter table public.organizations drop column website_url cascade;
                  drop policy \"Users can read own usage\" on public.template_usage_analytics;";
    server.run("postgres", "keyring", halved).await.unwrap();
    server
        .run("postgres", "keyring", &without_comments(&text))
        .await
        .unwrap();
    let verdict = Run::new(&["verify", "-q", "--expected", MIGRATIONS])
        .env("PGPACT_LIVE", &url)
        .end();
    assert_eq!(verdict.status, 0, "{}", verdict.stdout);
}

/// What a driver that sends the file as one message takes: nothing of it builds concurrently.
fn without_comments(text: &str) -> String {
    text.lines()
        .filter(|line| !line.starts_with("--"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn stopped_after_any_statement_and_run_again_it_ends_the_same() {
    let (server, url) = drifted().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.sql");
    reconcile(
        &url,
        &["--allow", "all", "--output", file.to_str().unwrap()],
    );
    let text = without_comments(&std::fs::read_to_string(&file).unwrap());
    let statements = pg_query::split_with_scanner(&text).unwrap();
    let alone: Vec<&str> = statements
        .into_iter()
        .filter(|statement| !["begin", "commit"].contains(&statement.trim()))
        .collect();
    assert!(alone.len() > 40, "only {} statements", alone.len());
    server.create("straight", "keyring").await;
    run_all(&server, "straight", &alone).await;
    let wanted = server.read("straight").await;
    let url = server.url(server.scratch.admin(), "straight");
    let verdict = Run::new(&["verify", "-q", "--expected", MIGRATIONS])
        .env("PGPACT_LIVE", &url)
        .end();
    assert_eq!(verdict.status, 0, "{}", verdict.stdout);
    for stop in 1..alone.len() {
        let database = format!("stopped_{stop}");
        server.create(&database, "keyring").await;
        run_all(&server, &database, &alone[..stop]).await;
        run_all(&server, &database, &alone).await;
        let after = server.read(&database).await;
        let left = contract::diff(&wanted, &after);
        assert!(left.is_empty(), "stopped after {stop}: {left:?}");
        server.drop(&database).await;
    }
}

async fn run_all(server: &Server, database: &str, statements: &[&str]) {
    let mut connection = server.connect("postgres", database).await;
    for statement in statements {
        let run = Server::execute(&mut connection, statement).await;
        run.unwrap_or_else(|error| panic!("{database}: {error}\n{statement}"));
    }
    sqlx::Connection::close(connection).await.unwrap();
}

#[test]
fn any_two_sources_are_compared() {
    let drift = "fixtures/projects/keyring/live-rls-disabled.sql";
    let ended = Run::new(&[
        "diff", "-q", "--from", MIGRATIONS, "--from", drift, "--to", MIGRATIONS, "--format", "json",
    ])
    .end();
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    assert_eq!(ended.json()["findings"][0]["code"], "rls-disabled");
    let same = Run::new(&["diff", "-q", "--from", MIGRATIONS, "--to", MIGRATIONS]).end();
    assert_eq!(same.status, 0, "{}", same.stdout);
}
