//! Faults of the database, and of the way to it.

use std::time::Duration;

use pgpact::inspect::Connection;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};

use super::{Trial, WANTED};
use crate::support::own::OwnServer;
use crate::support::proxy::{Way, way_to};

fn url(user: &str, port: u16) -> String {
    format!("postgres://{user}@127.0.0.1:{port}/postgres?sslmode=disable")
}

async fn connect(user: &str, port: u16) -> PgConnection {
    let target = Connection::parse(&url(user, port).into()).unwrap();
    target.connect(Duration::from_secs(20)).await.unwrap()
}

async fn run(connection: &mut PgConnection, script: &str) {
    let script = sqlx::raw_sql(AssertSqlSafe(script.to_owned()));
    connection.execute(script).await.unwrap();
}

/// A server that holds what is wanted; none where there is no such server on this machine.
async fn database(settings: &[&str]) -> Option<OwnServer> {
    let mut server = OwnServer::new()?;
    let settings: Vec<String> = settings.iter().map(|one| (*one).to_owned()).collect();
    server.start(&settings);
    let mut connection = connect("postgres", server.port).await;
    run(&mut connection, WANTED).await;
    run(&mut connection, "create role reader login").await;
    Some(server)
}

#[test]
fn none_that_listens() {
    let trial = Trial::of("no database listens");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    trial.end(trial.verify(&url("postgres", port)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_killed() {
    let trial = Trial::of("the database is killed while it is read");
    let Some(mut server) = database(&[]).await else {
        return;
    };
    let way = Way {
        rate: Some(5_000),
        ..Way::default()
    };
    let live = url("postgres", way_to(server.port, way));
    let run = trial.verify(&live);
    let running = tokio::task::spawn_blocking(move || {
        let begin = std::time::Instant::now();
        (run.end(), begin.elapsed())
    });
    // Until somebody reads.
    let mut watcher = connect("postgres", server.port).await;
    let reads = "do $$ begin
      for i in 1..1000 loop
        perform pg_stat_clear_snapshot();
        exit when exists (
          select from pg_stat_activity where application_name = 'pgpact' and xact_start is not null and length(query) > 1000
        );
        perform pg_sleep(0.02);
      end loop;
    end $$";
    self::run(&mut watcher, reads).await;
    server.kill();
    let (ended, took) = running.await.unwrap();
    trial.check(&ended, took);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_stopped() {
    let trial = Trial::of("the database is stopped and takes no connection");
    let Some(server) = database(&[]).await else {
        return;
    };
    server.signal("STOP");
    trial.end(
        trial
            .verify(&url("postgres", server.port))
            .arg("--timeout=5"),
    );
    server.signal("CONT");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_stops_while_it_is_read() {
    let trial = Trial::of("the database stops while it is read");
    let Some(server) = database(&[]).await else {
        return;
    };
    let way = Way {
        stalls_after: Some(10_000),
        ..Way::default()
    };
    let live = url("postgres", way_to(server.port, way));
    trial.end(trial.verify(&live).arg("--timeout=8"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_without_a_connection_left() {
    let trial = Trial::of("the database has no connection left");
    let settings = [
        "max_connections=4",
        "superuser_reserved_connections=1",
        "max_wal_senders=0",
    ];
    let Some(server) = database(&settings).await else {
        return;
    };
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(connect("reader", server.port).await);
    }
    let ended = trial.end(trial.verify(&url("reader", server.port)));
    assert!(
        ended.stdout.contains("no connection left"),
        "{}",
        ended.stdout
    );
}

/// The same data, started as a standby of nobody.
async fn standby(settings: &[&str]) -> Option<OwnServer> {
    let mut server = database(&[]).await?;
    server.stop();
    let signal = server.at("data/standby.signal");
    std::fs::write(&signal, "").unwrap();
    server.give(&signal);
    let settings: Vec<String> = settings.iter().map(|one| (*one).to_owned()).collect();
    server.set(&settings);
    Some(server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby() {
    let trial = Trial::of("the database is a standby");
    let Some(mut server) = standby(&["hot_standby=on"]).await else {
        return;
    };
    server.restart();
    trial.end(trial.verify(&url("reader", server.port)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_in_recovery() {
    let trial = Trial::of("the database is in recovery and lets nobody in");
    let Some(mut server) = standby(&["hot_standby=off"]).await else {
        return;
    };
    server.start_only();
    while std::net::TcpStream::connect(("127.0.0.1", server.port)).is_err() {
        std::thread::sleep(Duration::from_millis(50));
    }
    trial.end(trial.verify(&url("reader", server.port)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_late() {
    let trial = Trial::of("each answer of the database is 2 s late");
    let Some(server) = database(&[]).await else {
        return;
    };
    let way = Way {
        delay: Duration::from_secs(2),
        ..Way::default()
    };
    // Much in one message is one answer: what is late is the question, not each of its pieces.
    let live = url(
        "reader",
        way_to(
            server.port,
            Way {
                rate: Some(4_000_000),
                ..way
            },
        ),
    );
    trial.end(trial.verify(&live));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_behind_a_narrow_line() {
    let trial = Trial::of("the database sends 100 KB a second");
    let Some(server) = database(&[]).await else {
        return;
    };
    let way = Way {
        rate: Some(100_000),
        ..Way::default()
    };
    trial.end(trial.verify(&url("reader", way_to(server.port, way))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_breaks_off() {
    let Some(server) = database(&[]).await else {
        return;
    };
    for bytes in [0, 10, 1_000, 5_000, 10_000] {
        let trial =
            Trial::of("the connection breaks off after 0, 10, 1,000, 5,000 or 10,000 bytes");
        let way = Way {
            cut_after: Some(bytes),
            ..Way::default()
        };
        trial.end(trial.verify(&url("reader", way_to(server.port, way))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_that_may_not_be_read() {
    let Some(server) = database(&[]).await else {
        return;
    };
    let mut connection = connect("postgres", server.port).await;
    for catalog in ["pg_policy", "pg_proc", "pg_class"] {
        let trial = Trial::of("the login may not read one of the catalogs");
        run(
            &mut connection,
            &format!("revoke select on pg_catalog.{catalog} from public"),
        )
        .await;
        let ended = trial.end(trial.verify(&url("reader", server.port)));
        assert!(ended.stdout.contains(catalog), "{}", ended.stdout);
        run(
            &mut connection,
            &format!("grant select on pg_catalog.{catalog} to public"),
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_that_is_locked() {
    let trial = Trial::of("somebody holds a lock on a catalog");
    let Some(server) = database(&[]).await else {
        return;
    };
    let mut connection = connect("postgres", server.port).await;
    run(
        &mut connection,
        "begin; lock pg_catalog.pg_policy in access exclusive mode",
    )
    .await;
    trial.end(trial.verify(&url("reader", server.port)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_never_still() {
    let trial = Trial::of("others change and change back the schema all the while");
    let Some(server) = database(&[]).await else {
        return;
    };
    let port = server.port;
    let restless = tokio::spawn(async move {
        let mut connection = connect("postgres", port).await;
        loop {
            run(
                &mut connection,
                "begin; alter table public.people add column extra int; drop policy own on public.people;
                 create table public.passing (id int); alter table public.people drop column extra;
                 create policy own on public.people using (name = current_user); drop table public.passing; commit",
            )
            .await;
            // A dropped column's place is never given back.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let run = trial.verify(&url("reader", server.port));
    let begin = std::time::Instant::now();
    let ended = tokio::task::spawn_blocking(move || run.end())
        .await
        .unwrap();
    restless.abort();
    trial.check(&ended, begin.elapsed());
}
