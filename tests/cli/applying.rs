//! `reconcile --apply` where it is cut off, shares a server, or goes through a pooler.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pgpact::scratch::Platform;

use crate::support::drifted::Drifted;
use crate::support::postgres::Server;

const WANTED: &str = "
create table people (id bigint primary key, email text);
create index people_email_idx on people (email);
create table orders (id bigint primary key, person_id bigint references people);";

const LIVE: &str = "
create table people (id bigint primary key);
insert into people select generate_series(1, 100);";

const APPLY: &[&str] = &[
    "reconcile",
    "-q",
    "--expected",
    "wanted.sql",
    "--apply",
    "--yes",
];

/// Kills an apply once it waits for a blocker, and ends the statement that waits.
async fn killed_behind(drifted: &Drifted, blocker: &str) {
    let mut other = drifted.server.connect("postgres", "shop").await;
    Server::execute(&mut other, blocker).await.unwrap();
    let mut child = drifted.start(APPLY).spawn();
    let mut tries = 0;
    while !drifted
        .says("select exists (select from pg_locks where not granted)")
        .await
    {
        tries += 1;
        let ended = child.try_wait();
        assert!(tries < 1200 && matches!(ended, Ok(None)), "{ended:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // On Unix this is SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    let end = "select pg_terminate_backend(pid) from pg_locks where not granted";
    let admin = drifted.server.scratch.admin();
    drifted.server.run(admin, "shop", end).await.unwrap();
    Server::execute(&mut other, "rollback").await.unwrap();
}

#[tokio::test]
async fn killed_in_the_middle_and_run_again_it_ends_the_same() {
    let drifted = Drifted::new(WANTED, LIVE).await;
    let blocker = "begin; lock table public.people in access share mode";
    killed_behind(&drifted, blocker).await;
    assert!(
        drifted
            .says("select to_regclass('public.orders') is null")
            .await
    );

    // Whoever builds an index concurrently waits for everybody who may see the table without it.
    let blocker = "begin isolation level repeatable read; select count(*) from pg_class";
    killed_behind(&drifted, blocker).await;
    assert!(
        drifted
            .says("select to_regclass('public.orders') is not null")
            .await
    );
    let is_left = "select not indisvalid from pg_index where indexrelid = to_regclass('public.people_email_idx')";
    assert!(drifted.says(is_left).await, "the index is half-built");

    let again = drifted.run(APPLY);
    assert_eq!(again.status, 0, "{}{}", again.stdout, again.stderr);
    assert!(!drifted.says(is_left).await);
    assert!(
        drifted
            .says("select count(*) = 100 from public.people")
            .await
    );
}

#[tokio::test]
async fn the_file_builds_an_index_that_was_left_half_built() {
    let drifted = Drifted::new(WANTED, LIVE).await;
    let plan = drifted.reconcile(&[]);
    assert_eq!(plan.status, 0, "{}", plan.stderr);
    let left = "alter table people add column email text; create index people_email_idx on people (email);";
    drifted.server.run("postgres", "shop", left).await.unwrap();
    let invalid = "update pg_index set indisvalid = false where indexrelid = 'public.people_email_idx'::regclass";
    let admin = drifted.server.scratch.admin();
    drifted.server.run(admin, "shop", invalid).await.unwrap();
    let file = drifted.folder.path().join("plan.sql");
    std::fs::write(&file, &plan.stdout).unwrap();
    let psql = Command::new("/usr/lib/postgresql/15/bin/psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"])
        .args([file.to_str().unwrap(), &drifted.url()])
        .status();
    assert!(psql.unwrap().success());
    let nothing = drifted.reconcile(&[]);
    assert!(
        nothing.stdout.contains("Nothing to do"),
        "{}",
        nothing.stdout
    );
}

#[tokio::test]
async fn a_named_server_does_for_the_scratch() {
    let drifted = Drifted::new(WANTED, LIVE).await;
    let other = Server::start(Platform::Plain).await;
    let scratch = other.url(other.scratch.admin(), "postgres");
    let databases = "select datname from pg_database where datname like 'pgpact%'";
    let applied = drifted.run(&[APPLY, &["--scratch", &scratch]].concat());
    assert_eq!(applied.status, 0, "{}{}", applied.stdout, applied.stderr);
    let left = format!("do $$ begin assert not exists ({databases}); end $$");
    other.run("postgres", "postgres", &left).await.unwrap();
}

/// A pooler that gives the server's connections to others after each transaction.
struct Pooler {
    child: Child,
    folder: tempfile::TempDir,
}

impl Pooler {
    fn start(server: &Server) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"];
        let program = program.into_iter().find(|path| Path::new(path).exists())?;
        let folder = tempfile::Builder::new()
            .prefix("pool")
            .tempdir_in("/tmp")
            .unwrap();
        let path = folder.path().to_str().unwrap().to_owned();
        let socket = server.scratch.socket().unwrap().display();
        let settings = format!(
            "[databases]\n* = host={socket} user=postgres\n[pgbouncer]\nunix_socket_dir = {path}\nlisten_port = 6432\nauth_type = any\npool_mode = transaction\n"
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).unwrap();
        let mut command = Command::new(program);
        // It refuses to be root.
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        if is_root {
            let chown = Command::new("chown")
                .args(["-R", "postgres", &path])
                .status();
            assert!(chown.unwrap().success());
            command.args(["-u", "postgres"]);
        }
        let child = command
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pooler = Self { child, folder };
        for _ in 0..100 {
            if pooler.folder.path().join(".s.PGSQL.6432").exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(pooler)
    }

    fn url(&self) -> String {
        let path = self.folder.path().to_str().unwrap().replace('/', "%2F");
        format!("postgres://postgres@{path}:6432/shop")
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test]
async fn through_a_pooler_nothing_outlasts_the_transaction() {
    let drifted = Drifted::new(WANTED, LIVE).await;
    let Some(pooler) = Pooler::start(&drifted.server) else {
        eprintln!("SKIPPED: there is no pgbouncer on this machine");
        return;
    };
    let apply = |drifted: &Drifted| drifted.start(APPLY).env("PGPACT_LIVE", pooler.url()).end();
    let refused = apply(&drifted);
    assert_eq!(refused.status, 3, "{}{}", refused.stdout, refused.stderr);
    assert!(
        refused.stderr.contains("direct connection"),
        "{}",
        refused.stderr
    );
    assert!(
        drifted
            .says("select to_regclass('public.orders') is null")
            .await
    );

    let wanted = WANTED.replace("create index people_email_idx on people (email);", "");
    std::fs::write(drifted.folder.path().join("wanted.sql"), wanted).unwrap();
    let applied = apply(&drifted);
    assert_eq!(applied.status, 0, "{}{}", applied.stdout, applied.stderr);
    assert!(
        drifted
            .says("select not exists (select from pg_locks where locktype = 'advisory')")
            .await
    );
    let mut pooled = pgpact::inspect::Connection::parse(&pooler.url().into())
        .unwrap()
        .connect(Duration::from_secs(10))
        .await
        .unwrap();
    let path = "do $$ begin assert current_setting('search_path') like '%public%', current_setting('search_path'); end $$";
    Server::execute(&mut pooled, path).await.unwrap();
}
