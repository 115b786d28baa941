//! A large database is read over two connections: at one moment, and as it is over one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use crate::support::binary::{Ended, Run};
use crate::support::own::{OwnServer, WIDE};

/// What has parents, and is in classes of all sorts; `one` may connect once only.
const OBJECTS: &str = "
create role one login connection limit 1;
create role many login;
create table public.parent (id int primary key, name text default 'x' check (name <> ''));
create table public.child (id int generated always as identity, parent int references public.parent) partition by list (id);
create table public.child_one partition of public.child for values in (1);
create index child_parent on public.child (parent);
create view public.names as select name from public.parent;
create materialized view public.counts as select count(*) from public.parent;
create policy own on public.parent using (name = current_user);
create function public.touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touch before update on public.parent for each row execute function public.touch();
comment on trigger touch on public.parent is 'of a child';
comment on column public.parent.name is 'of a column';
comment on constraint parent_pkey on public.parent is 'of a key';
grant select (name) on public.parent to many;
grant select on public.names to public;
create statistics public.both on id, name from public.parent;
create extension citext;
";

const SECOND: &str = "set transaction snapshot";

async fn large() -> Option<OwnServer> {
    let mut server = OwnServer::new()?;
    server.start_logging(&[]);
    run(&server, &format!("{WIDE} {OBJECTS}")).await;
    Some(server)
}

async fn run(server: &OwnServer, script: &str) {
    let mut connection = server.connect("postgres").await;
    let script = sqlx::raw_sql(AssertSqlSafe(script.to_owned()));
    connection.execute(script).await.unwrap();
}

fn url(server: &OwnServer, user: &str) -> String {
    format!("postgres://{user}@127.0.0.1:{}/postgres", server.port)
}

async fn pgpact(arguments: &[&str], folder: &std::path::Path) -> Ended {
    let run = Run::new(arguments).within(folder);
    let ended = tokio::task::spawn_blocking(move || run.end())
        .await
        .unwrap();
    assert!((0..=1).contains(&ended.status), "{}", ended.stderr);
    ended
}

/// The next transaction that writes gets this number.
async fn next_writer(server: &OwnServer) -> String {
    let mut connection = server.connect("postgres").await;
    let query = "select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text";
    let row = connection.fetch_one(sqlx::raw_sql(query)).await.unwrap();
    row.try_get_unchecked(0).unwrap()
}

/// Occurrences in the log, once all that was said before is in it.
async fn logged(server: &OwnServer, text: &str) -> usize {
    static MARKS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let mark = format!("select 'mark {}'", MARKS.fetch_add(1, Ordering::SeqCst));
    run(server, &mark).await;
    let begin = std::time::Instant::now();
    while !server.log().contains(&mark) {
        assert!(begin.elapsed().as_secs() < 60, "the mark never comes");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    server.log().matches(text).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_connections_read_what_one_reads() {
    let Some(server) = large().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let one = pgpact(&["inventory", "-q", &url(&server, "one")], folder.path()).await;
    assert_eq!(logged(&server, SECOND).await, 0);
    let before = next_writer(&server).await;
    let many = pgpact(&["inventory", "-q", &url(&server, "many")], folder.path()).await;
    assert_eq!(logged(&server, SECOND).await, 1);
    assert_eq!(next_writer(&server).await, before);
    let (one, many) = (one.json(), many.json());
    assert!(one["objects"].as_array().unwrap().len() > 45_000);
    assert_eq!(one["objects"], many["objects"]);
    assert_eq!(one["coverage"], many["coverage"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_connections_see_one_moment() {
    let Some(server) = large().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Arc::new(server);
    run(
        &server,
        "create view public.number as select 0 as number; comment on view public.number is '0'",
    )
    .await;
    let is_over = Arc::new(AtomicBool::new(false));
    let (busy, over) = (server.clone(), is_over.clone());
    let writer = tokio::spawn(async move {
        let mut connection = busy.connect("postgres").await;
        let mut number = 0;
        while !over.load(Ordering::SeqCst) {
            number = (number + 1) % 10_000;
            let script = format!(
                "begin;
                 alter table public.parent alter column id set statistics {number};
                 comment on view public.number is '{number}';
                 create or replace function public.number() returns int language sql as 'select {number}';
                 commit"
            );
            connection
                .execute(sqlx::raw_sql(AssertSqlSafe(script)))
                .await
                .unwrap();
        }
    });
    for _ in 0..4 {
        let read = pgpact(&["inventory", "-q", &url(&server, "many")], folder.path())
            .await
            .json();
        let numbers = numbers(&read);
        assert_eq!(numbers.len(), 3, "{numbers:?}");
        assert!(
            numbers.iter().all(|number| number == &numbers[0]),
            "{numbers:?}"
        );
    }
    is_over.store(true, Ordering::SeqCst);
    writer.await.unwrap();
    assert_eq!(logged(&server, SECOND).await, 4);
}

/// What the writer wrote of one transaction, as it stands in three classes.
fn numbers(read: &Value) -> Vec<String> {
    let objects = read["objects"].as_array().unwrap();
    let fact = |object: &Value| {
        let (id, facts) = (object["id"].as_str()?, &object["facts"]);
        match id {
            "column:public.parent.id" => Some(facts["statistics"].to_string()),
            "comment:public.number" => Some(facts["text"].as_str()?.to_owned()),
            "function:public.number()" => Some(
                facts["body"]
                    .as_str()?
                    .trim_start_matches("select ")
                    .to_owned(),
            ),
            _ => None,
        }
    };
    objects.iter().filter_map(fact).collect()
}

/// Both connections hash, and what comes of it does not depend on who hashed what.
#[tokio::test(flavor = "multi_thread")]
async fn what_two_connections_hashed_is_known_again() {
    let Some(server) = large().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let live = url(&server, "many");
    pgpact(&["inventory", "-q", "-o", "all.json", &live], folder.path()).await;
    let verify = [
        "verify",
        "-q",
        "--expected=all.json",
        "--platform=plain",
        "--cache=cache",
        "--live",
        &live,
    ];
    pgpact(&verify, folder.path()).await;
    let (seconds, deparsed) = (
        logged(&server, SECOND).await,
        logged(&server, "pg_get_expr").await,
    );
    for _ in 0..5 {
        pgpact(&verify, folder.path()).await;
    }
    assert_eq!(logged(&server, SECOND).await, seconds + 5);
    assert_eq!(logged(&server, "pg_get_expr").await, deparsed);
}
