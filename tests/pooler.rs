//! Through pgbouncer: what a connection pooler lets through of a session, and what it does not, makes no difference.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use pgpact::scratch::Platform;
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _};

use crate::support::binary::{Ended, Run};
use crate::support::own::WIDE;
use crate::support::postgres::Server;
use crate::support::repository;

const MIGRATIONS: &str = "fixtures/projects/keyring/supabase/migrations";

/// A pooler before a server, as the user whose server it is.
struct Pooler {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Pooler {
    /// None where there is no pgbouncer on this machine.
    fn start(server: &Server, mode: &str, size: usize) -> Option<Self> {
        let program = [
            "/usr/sbin/pgbouncer",
            "/usr/bin/pgbouncer",
            "/usr/local/bin/pgbouncer",
        ];
        let program = program
            .iter()
            .map(PathBuf::from)
            .find(|path| path.exists())?;
        let socket = server.scratch.socket().unwrap().to_owned();
        let owner = fs::metadata(&socket).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users.txt");
        fs::write(&users, "\"postgres\" \"\"\n").unwrap();
        let settings = folder.path().join("pgbouncer.ini");
        // So many connections for all, and no startup parameter that it does not know.
        let text = format!(
            "[databases]\n* = host={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {}\npool_mode = {mode}\ndefault_pool_size = {size}\nquery_wait_timeout = 60\n",
            socket.display(),
            users.display()
        );
        fs::write(&settings, text).unwrap();
        let mut command = Command::new(program);
        command
            .arg(&settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if owner.uid() != fs::metadata("/proc/self").unwrap().uid() {
            for path in [folder.path(), &users, &settings] {
                std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
            }
            command.uid(owner.uid()).gid(owner.gid());
        }
        let process = command.spawn().unwrap();
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "it never listens"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(Self {
            process,
            port,
            _folder: folder,
        })
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/live", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

async fn run(arguments: &[&str], url: String) -> Ended {
    let run = Run::new(arguments).env("PGPACT_LIVE", url);
    tokio::task::spawn_blocking(move || run.end())
        .await
        .unwrap()
}

/// The same without what is the way's own: address and times.
fn outcome(ended: &Ended) -> Vec<String> {
    let report = ended.json();
    let probes = report["probes"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines: Vec<String> = probes
        .iter()
        .filter(|probe| !text(&probe["object"]).starts_with("postgres://"))
        .map(|probe| {
            let (object, outcome) = (text(&probe["object"]), text(&probe["outcome"]));
            format!("{object} {outcome}")
        })
        .collect();
    lines.extend(ended.findings());
    lines
}

#[expect(clippy::print_stderr, reason = "a test that tries nothing says so")]
async fn makes_no_difference(mode: &str) {
    let server = Server::start(Platform::Supabase).await;
    server.build_keyring("live").await;
    let Some(pooler) = Pooler::start(&server, mode, 2) else {
        eprintln!("SKIPPED: there is no pgbouncer on this machine");
        return;
    };
    let verify = ["verify", "-q", "--format", "json", "--expected", MIGRATIONS];
    let held = run(&verify, pooler.url()).await;
    assert_eq!(held.status, 0, "{}{}", held.stdout, held.stderr);

    let drift = repository("fixtures/projects/keyring/live-thirty.sql");
    let drift = fs::read_to_string(drift).unwrap();
    server.run("postgres", "live", &drift).await.unwrap();
    // Two at once have to share what there is.
    let (one, other) = tokio::join!(run(&verify, pooler.url()), run(&verify, pooler.url()));
    assert_eq!(one.findings().len(), 30, "{}", one.stderr);
    assert_eq!(one.findings(), other.findings());

    let direct = server.url("postgres", "live");
    let inventory = ["inventory", "-q"];
    let (through, beside) = (
        run(&inventory, pooler.url()).await,
        run(&inventory, direct.clone()).await,
    );
    assert_eq!(
        (through.status, beside.status),
        (0, 0),
        "{}",
        through.stderr
    );
    assert_eq!(through.stdout, beside.stdout);

    let smoke = ["smoke", "-q", "--format", "json", "--expected", MIGRATIONS];
    let (through, beside) = (run(&smoke, pooler.url()).await, run(&smoke, direct).await);
    assert_eq!(
        through.status, beside.status,
        "{}{}",
        through.stdout, through.stderr
    );
    assert!(!outcome(&through).is_empty());
    assert_eq!(outcome(&through), outcome(&beside));

    let plan = ["reconcile", "-q", "--expected", MIGRATIONS];
    let plan = run(&plan, pooler.url()).await;
    assert!(
        plan.status <= 1 && plan.stdout.contains("enable row level security"),
        "{}{}",
        plan.stdout,
        plan.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_transaction_mode_makes_no_difference() {
    makes_no_difference("transaction").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_session_mode_makes_no_difference() {
    makes_no_difference("session").await;
}

/// Temporary relations are looked for before all others unless a path says otherwise, and sessions of a pool are everybody's.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_left_in_a_session_is_not_taken_for_a_catalog() {
    let server = Server::start(Platform::Supabase).await;
    server.build_keyring("live").await;
    let Some(pooler) = Pooler::start(&server, "transaction", 2) else {
        eprintln!("SKIPPED: there is no pgbouncer on this machine");
        return;
    };
    let fakes = "begin;
        create temp table pg_policy (like pg_catalog.pg_policy);
        create temp table pg_trigger (like pg_catalog.pg_trigger);
        create temp table pg_class (like pg_catalog.pg_class)";
    let options = PgConnectOptions::from_str(&pooler.url()).unwrap();
    let options = options.statement_cache_capacity(0).extra_float_digits(None);
    // Both sessions of the pool, each for as long as the other's transaction runs.
    let mut connections = Vec::new();
    for _ in 0..2 {
        let mut connection = options.connect().await.unwrap();
        connection.execute(sqlx::raw_sql(fakes)).await.unwrap();
        connections.push(connection);
    }
    for connection in &mut connections {
        connection.execute(sqlx::raw_sql("commit")).await.unwrap();
    }
    let verify = ["verify", "-q", "--format", "json", "--expected", MIGRATIONS];
    let held = run(&verify, pooler.url()).await;
    assert_eq!(held.findings(), Vec::<String>::new(), "{}", held.stderr);
    assert_eq!(held.status, 0);
}

/// A large database is read over two connections, of which a pool may have one only: the second waits for the first to end.
#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_one_is_enough_for_a_large_database() {
    let server = Server::start(Platform::Plain).await;
    server
        .run("postgres", "postgres", "create database live")
        .await
        .unwrap();
    server.run("postgres", "live", WIDE).await.unwrap();
    let Some(pooler) = Pooler::start(&server, "transaction", 1) else {
        eprintln!("SKIPPED: there is no pgbouncer on this machine");
        return;
    };
    let direct = server.url("postgres", "live");
    let inventory =
        |url: String| async move { run(&["inventory", "-q", &url], String::new()).await };
    let (through, beside) = (inventory(pooler.url()).await, inventory(direct).await);
    assert_eq!(through.status, 0, "{}", through.stderr);
    assert_eq!(through.json()["objects"], beside.json()["objects"]);
}
