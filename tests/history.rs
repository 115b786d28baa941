//! Which migrations a database has, read from the tables that migration tools keep.

use std::time::Duration;

use pgpact::inspect::{Content, Histories, Session};
use pgpact::scratch::Platform;

use crate::support::postgres::Server;

async fn histories(server: &Server, role: &str, database: &str) -> Histories {
    let target = server.scratch.connection(role, database);
    let mut session = Session::open(&target, Duration::from_secs(10))
        .await
        .unwrap();
    let histories = session.histories().await.unwrap();
    session.close().await;
    histories
}

/// One line an entry.
fn told(histories: &Histories) -> String {
    let mut lines = Vec::new();
    for recorded in &histories.recorded {
        let up_to = recorded.up_to.as_deref().unwrap_or("-");
        lines.push(format!(
            "{} {} {up_to}",
            recorded.tool.name(),
            recorded.table
        ));
        for entry in &recorded.entries {
            let content = match &entry.content {
                Content::Statements(statements) => format!("{statements:?}"),
                Content::Checksum(checksum) => checksum.clone(),
                Content::Nothing => "-".to_owned(),
            };
            let name = entry.name.as_deref().unwrap_or("-");
            let state = if entry.has_failed {
                "failed"
            } else {
                "applied"
            };
            lines.push(format!(
                "  {} | {name} | {content} | {state}",
                entry.version
            ));
        }
    }
    lines.extend(
        histories
            .hidden
            .iter()
            .map(|hidden| format!("{}: {}", hidden.gap.what, hidden.gap.why)),
    );
    lines.join("\n")
}

const SUPABASE: &str = "
    create schema supabase_migrations;
    create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
    insert into supabase_migrations.schema_migrations values
      ('20250102000000', array['create table b ()', E'select \\'x\\' -- y'], 'b'),
      ('20250101000000', null, null);";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn supabases_history_is_read_with_its_statements() {
    let server = Server::start(Platform::Plain).await;
    server.create("kept", "template1").await;
    server.run("postgres", "kept", SUPABASE).await.unwrap();
    insta::assert_snapshot!(told(&histories(&server, "postgres", "kept").await), @"");

    // Before there were names and statements.
    server.create("old", "template1").await;
    let old = "
        create schema supabase_migrations;
        create table supabase_migrations.schema_migrations (version text primary key);
        insert into supabase_migrations.schema_migrations values ('20220101000000');";
    server.run("postgres", "old", old).await.unwrap();
    insta::assert_snapshot!(told(&histories(&server, "postgres", "old").await), @"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_that_may_not_be_read_says_what_would_help() {
    let server = Server::start(Platform::Plain).await;
    server.create("hidden", "template1").await;
    server.run("postgres", "hidden", SUPABASE).await.unwrap();
    let script = "
        create role watcher login;
        create table public._sqlx_migrations (version bigint primary key, description text not null,
          installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null,
          execution_time bigint not null);
        alter table public._sqlx_migrations enable row level security;
        grant select on public._sqlx_migrations to watcher;";
    server
        .run(server.scratch.admin(), "hidden", script)
        .await
        .unwrap();
    let found = histories(&server, "watcher", "hidden").await;
    assert_eq!(found.recorded, []);
    insta::assert_snapshot!(told(&found), @"");
}
