//! What it says of a live database.

use std::fs;

use pgpact::scratch::Platform;
use serde_json::Value;

use crate::support::binary::Run;
use crate::support::postgres::Server;
use crate::support::reports::assert_fits_schema;
use crate::support::repository;

const MIGRATIONS: &str = "fixtures/projects/keyring/supabase/migrations";

async fn keyring(drift: Option<&str>) -> (Server, String) {
    let server = Server::start(Platform::Supabase).await;
    server.build_keyring("live").await;
    if let Some(drift) = drift {
        let script =
            fs::read_to_string(repository(&format!("fixtures/projects/keyring/{drift}"))).unwrap();
        server.run("postgres", "live", &script).await.unwrap();
    }
    // A login that may do nothing is enough.
    server
        .run(server.scratch.admin(), "live", "create role watcher login")
        .await
        .unwrap();
    let url = server.url("watcher", "live");
    (server, url)
}

fn listed(file: &str) -> Vec<String> {
    let text =
        fs::read_to_string(repository(&format!("fixtures/projects/keyring/{file}"))).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn an_undrifted_database_holds() {
    let (_server, url) = keyring(None).await;
    let ended = Run::new(&["verify", "--expected", MIGRATIONS])
        .env("DATABASE_URL", &url)
        .end();
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("holds  no findings"),
        "{}",
        ended.stdout
    );
}

#[tokio::test]
async fn thirty_drifts_are_listed_and_nothing_else() {
    let (_server, url) = keyring(Some("live-thirty.sql")).await;
    let run = |format: &str| {
        Run::new(&["verify", "--expected", MIGRATIONS, "--format", format])
            .env("PGPACT_LIVE", &url)
            .end()
    };

    let json = run("json");
    assert_eq!(json.status, 1, "{}", json.stderr);
    let expected = listed("live-thirty.findings");
    assert_eq!(expected.len(), 30);
    assert_eq!(json.findings(), expected);
    assert_fits_schema(&json.json());
    for finding in json.json()["findings"].as_array().unwrap() {
        let needs_location = !finding["code"].as_str().unwrap().ends_with("-unexpected")
            && !finding["expected"].is_null();
        assert!(
            !needs_location || finding["location"]["line"].is_u64(),
            "no line for {finding}"
        );
    }

    for format in ["text", "markdown"] {
        let ended = run(format);
        assert_eq!(ended.status, 1);
        let missing: Vec<_> = json.json()["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| !ended.stdout.contains(finding["code"].as_str().unwrap()))
            .cloned()
            .collect();
        assert_eq!(missing, Vec::<Value>::new(), "in {format}");
        assert!(ended.stdout.contains("14 critical"), "{}", ended.stdout);
    }
}

#[tokio::test]
async fn reading_never_writes_and_runs_read_only() {
    let (server, url) = keyring(None).await;
    let folder = server.scratch.socket().unwrap().to_owned();
    let admin = server.scratch.admin();
    // Every statement goes to the server's log, which the test reads.
    server
        .run(
            admin,
            "postgres",
            "alter role watcher set log_statement = 'all'",
        )
        .await
        .unwrap();
    server
        .run(
            admin,
            "postgres",
            "alter role watcher set log_min_messages = 'log'",
        )
        .await
        .unwrap();
    let ended = Run::new(&["verify", "-q", "--expected", MIGRATIONS])
        .env("PGPACT_LIVE", &url)
        .end();
    assert_eq!(ended.status, 0);
    let log = fs::read_to_string(folder.join("log")).unwrap();
    // One message holds many statements; in the log the lines after the first begin with a tab.
    let mut statements: Vec<String> = Vec::new();
    let mut is_in_message = false;
    for line in log.lines() {
        let begin = line.split_once("statement:").map(|(_, text)| text);
        is_in_message = begin.is_some() || is_in_message && line.starts_with('\t');
        if !is_in_message {
            continue;
        }
        let text = begin.unwrap_or(line).trim();
        if begin.is_some() || statements.last().is_some_and(|last| last.ends_with(';')) {
            statements.push(String::new());
        }
        if let Some(last) = statements.last_mut() {
            *last += text;
        }
    }
    assert!(
        statements.len() > 20,
        "only {} statements were logged",
        statements.len()
    );
    let starts = |statement: &str| statement.to_lowercase();
    let known = [
        "begin isolation level repeatable read read only",
        "rollback",
        "select",
        "with",
        "--",
        "set ",
    ];
    let other: Vec<&String> = statements
        .iter()
        .filter(|line| !known.iter().any(|word| starts(line).starts_with(word)))
        .collect();
    assert!(other.is_empty(), "{other:#?}");
}

#[tokio::test]
async fn a_saved_contract_stands_for_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("contract.json");
    let saved = saved.to_str().unwrap();
    let ended = Run::new(&["inventory", MIGRATIONS, "--output", saved]).end();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let ended = Run::new(&["verify", "--expected", saved, "--live", MIGRATIONS]).end();
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    let drift = "fixtures/projects/keyring/live-thirty.sql";
    let ended = Run::new(&[
        "verify",
        "--expected",
        saved,
        "--live",
        MIGRATIONS,
        "--live",
        drift,
        "--format",
        "json",
    ])
    .end();
    assert_eq!(ended.findings(), listed("live-thirty.findings"));
}

#[tokio::test]
async fn ignores_and_severities_of_the_configuration_count() {
    let folder = tempfile::tempdir().unwrap();
    let path = |file: &str| {
        repository(&format!("fixtures/projects/keyring/{file}"))
            .display()
            .to_string()
    };
    let config = format!(
        "expected = {:?}\nlive = [{:?}, {:?}]\n\
         [[ignore]]\nobject = \"table:public.vibe_configs\"\nreason = \"moves to another database\"\n\
         [[ignore]]\ncode = \"index-invalid\"\nreason = \"nothing is\"\n\
         [severity]\ngrant-widened = \"note\"\n",
        path("supabase/migrations"),
        path("supabase/migrations"),
        path("live-thirty.sql"),
    );
    fs::write(folder.path().join("pgpact.toml"), config).unwrap();
    let ended = Run::new(&["verify", "--format", "json"])
        .within(folder.path())
        .end();
    let report = ended.json();
    assert_eq!(report["summary"]["ignored"], 1, "{report}");
    let of = |code: &str| -> Vec<&Value> {
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["code"] == code)
            .collect()
    };
    assert_eq!(
        of("rls-disabled")[0]["ignored"]["reason"],
        "moves to another database"
    );
    assert!(
        of("grant-widened")
            .iter()
            .all(|finding| finding["severity"] == "note")
    );
    assert_eq!(of("ignore-unused")[0]["location"]["line"], 6);
}

#[tokio::test]
async fn a_plain_project_is_held_to_whoever_owns_its_database() {
    let server = Server::start(Platform::Plain).await;
    let admin = server.scratch.admin();
    server
        .run(
            admin,
            "postgres",
            "create role shop login; create role reporting",
        )
        .await
        .unwrap();
    server
        .run(admin, "postgres", "create database shop owner shop")
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let script = "create table orders (id bigserial primary key, total numeric(10,2) not null check (total >= 0));\n\
                  create table customers (id bigserial primary key); create table refunds (id bigserial primary key);\n\
                  grant select on orders to reporting;\n";
    fs::write(folder.path().join("1_orders.sql"), script).unwrap();
    server.run("shop", "shop", script).await.unwrap();
    let migrations = folder.path().to_str().unwrap();
    let url = server.url("shop", "shop");
    let ended = Run::new(&["verify", "--expected", migrations])
        .env("PGPACT_LIVE", &url)
        .end();
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    server
        .run(
            admin,
            "shop",
            "alter table public.orders owner to postgres; grant update on public.orders to reporting",
        )
        .await
        .unwrap();
    let ended = Run::new(&["verify", "--format", "json", "--expected", migrations])
        .env("PGPACT_LIVE", &url)
        .end();
    assert_eq!(
        ended.findings(),
        [
            "critical grant-widened grant:public.orders to reporting privileges",
            "error owner-changed owner:public.orders owner"
        ]
    );
}

#[tokio::test]
async fn grants_that_the_changed_default_explains_are_one_warning() {
    let folder = tempfile::tempdir().unwrap();
    let migrations = folder.path().join("supabase/migrations");
    fs::create_dir_all(&migrations).unwrap();
    let (older, newer) = (
        "create table older (id int primary key);",
        "create table newer (id int primary key);",
    );
    fs::write(migrations.join("1_older.sql"), older).unwrap();
    fs::write(migrations.join("2_newer.sql"), newer).unwrap();
    let server = Server::start(Platform::Supabase).await;
    server.create("live", "postgres").await;
    server.run("postgres", "live", older).await.unwrap();
    let closing =
        fs::read_to_string(repository("src/scratch/platform/supabase/unexposed.sql")).unwrap();
    server
        .run(server.scratch.admin(), "live", &closing)
        .await
        .unwrap();
    server.run("postgres", "live", newer).await.unwrap();
    let verify = || {
        let run = Run::new(&[
            "verify",
            "--format",
            "json",
            "--expected",
            "supabase/migrations",
        ]);
        run.within(folder.path())
            .env("PGPACT_LIVE", server.url("postgres", "live"))
            .end()
    };
    let ended = verify();
    assert_eq!(ended.status, 0, "{}", ended.stdout);
    assert_eq!(
        ended.findings(),
        ["warning exposure-unknown configuration:supabase/config.toml:1 -"]
    );

    // What neither default explains is drift all the same.
    server
        .run(
            "postgres",
            "live",
            "grant select on newer to anon; revoke insert on newer from anon",
        )
        .await
        .unwrap();
    server
        .run("postgres", "live", "grant update on older to public")
        .await
        .unwrap();
    let findings = verify().findings();
    assert!(
        findings.contains(&"critical grant-widened grant:public.older to PUBLIC -".to_owned()),
        "{findings:?}"
    );
    assert!(
        findings
            .contains(&"critical grant-widened grant:public.newer to anon privileges".to_owned()),
        "{findings:?}"
    );

    // Once the project says what holds, every grant counts.
    fs::write(
        folder.path().join("supabase/config.toml"),
        "[api]\nauto_expose_new_tables = false\n",
    )
    .unwrap();
    let ended = verify();
    assert_eq!(ended.status, 1);
    assert!(
        ended.stdout.contains("public.older to anon"),
        "{}",
        ended.stdout
    );
}

/// Live's owner may be called what our own superuser is called.
#[tokio::test]
async fn an_owner_of_any_name_holds() {
    let server = Server::start(Platform::Plain).await;
    let owner = server.scratch.admin();
    server
        .run(
            owner,
            "postgres",
            &format!("create database owned owner {owner}"),
        )
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let table = "create table public.t (id int primary key); create function public.f() returns int language sql return 1;";
    fs::write(folder.path().join("schema.sql"), table).unwrap();
    server.run(owner, "owned", table).await.unwrap();
    let ended = Run::new(&["verify", "--expected", "schema.sql", "--platform", "plain"])
        .within(folder.path())
        .env("PGPACT_LIVE", server.url(owner, "owned"))
        .end();
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
}
