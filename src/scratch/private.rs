//! A private Postgres server: made, started, and stopped whatever happens.
//!
//! `given.rs` is the other way to a scratch: a database on a server that somebody names.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tempfile::TempDir;

use super::cache::{Progressed, State};
use super::folder::{self, User};
use super::installation::{self, Installation};
use super::limits::{self, Limits, Watch};
use super::{Choice, fetch};
use crate::error::{Error, ErrorCode, Result};

/// Nothing has to survive a crash, nobody connects but us, and messages are matched in English.
const SETTINGS: &[&str] = &[
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "listen_addresses=",
    "autovacuum=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=20",
    "shared_buffers=64MB",
    // Memory in files of the data folder goes with it, even after a kill.
    "dynamic_shared_memory_type=mmap",
    "max_locks_per_transaction=1024",
    // Nobody works in the background: what runs is what we see, and its memory that of one process.
    "max_worker_processes=0",
    "max_logical_replication_workers=0",
    "jit=off",
    "lc_messages=C",
    "track_activities=off",
    "logging_collector=off",
    "log_min_messages=fatal",
    "log_min_error_statement=panic",
];

/// A running server in a folder of its own. Dropping it stops the server and removes the folder.
#[derive(Debug)]
pub(super) struct Private {
    // Order matters: nobody looks after a server that is stopped, and it is stopped before its folder goes.
    watch: Watch,
    server: Server,
    folder: TempDir,
    admin: &'static str,
}

#[derive(Debug)]
struct Server(Child);

impl Private {
    /// Makes and starts a server whose superuser has the given name.
    pub(super) async fn start(choice: &Choice, admin: &'static str) -> Result<Self> {
        let installation = chosen(choice)?;
        let user = User::unprivileged();
        folder::sweep(user);
        let folder = folder::make(user)?;
        initdb(&installation, folder.path(), user, admin, choice.limits).await?;
        Self::run(&installation, folder, user, admin, choice.limits).await
    }

    /// Starts a server on data that is there already; gives what is kept with it.
    pub(super) async fn resume(
        choice: &Choice,
        admin: &'static str,
        state: State,
    ) -> Result<(Self, Progressed)> {
        let installation = chosen(choice)?;
        let user = User::unprivileged();
        folder::sweep(user);
        let folder = folder::make(user)?;
        let progressed = state
            .unpack(&folder.path().join("data"), user)
            .map_err(|source| {
                failed("cannot copy a server of the cache".to_owned()).with_source(source)
            })?;
        let private = Self::run(&installation, folder, user, admin, choice.limits).await?;
        Ok((private, progressed))
    }

    async fn run(
        installation: &Installation,
        folder: TempDir,
        user: Option<User>,
        admin: &'static str,
        limits: Limits,
    ) -> Result<Self> {
        let server = start(installation, folder.path(), user, limits)?;
        let mut private = Self {
            watch: Watch::begin(folder.path(), server.pid(), limits),
            server,
            folder,
            admin,
        };
        private.wait_until_ready().await?;
        Ok(private)
    }

    /// The folder that holds the server's data.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// How to connect as a role.
    pub(super) fn options(&self, role: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.folder.path())
            .port(5432)
            .username(role)
            .database("postgres")
            .ssl_mode(PgSslMode::Disable)
    }

    /// How to connect as superuser, whom nothing that migrations made watches: not an event trigger, the one that fires
    /// on login (since 17) included. What a connection asks for itself goes before what roles and databases say.
    pub(super) fn admin_options(&self) -> PgConnectOptions {
        unwatched(self.options(self.admin))
    }

    /// Why the server was ended for what it took, if it was.
    pub(super) fn why_ended(&self) -> Option<&str> {
        self.watch.reason()
    }

    /// The folder that holds the socket.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let begin = Instant::now();
        loop {
            let options = self.admin_options().disable_statement_logging();
            let Err(refused) = options.connect().await else {
                return Ok(());
            };
            let ended = self.server.0.try_wait().ok().flatten();
            if ended.is_some() || begin.elapsed() > Duration::from_secs(30) {
                let last = last_line(&self.log());
                return Err(failed(format!("the scratch server did not start: {last}"))
                    .with_source(refused));
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

/// A connection of whom no event trigger and no trigger of a table takes notice, but for those that fire always, and
/// that loads no library that a database's settings name.
pub(super) fn unwatched(options: PgConnectOptions) -> PgConnectOptions {
    options.options([
        ("session_replication_role", "replica"),
        ("local_preload_libraries", ""),
    ])
}

impl Server {
    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.0.id()).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.pid();
        for signal in [Signal::QUIT, Signal::KILL] {
            if let Some(pid) = pid {
                kill_process(pid, signal).ok();
            }
            if wait(&mut self.0, Duration::from_secs(2)) {
                return;
            }
        }
    }
}

/// A running `initdb`. Dropping it waits for its end, long on a busy machine: killed, it leaves shared memory behind.
struct Initdb(Child);

impl Drop for Initdb {
    fn drop(&mut self) {
        if wait(&mut self.0, Duration::from_secs(60)) {
            return;
        }
        // It leads a group, in which the servers are that it starts.
        let group = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            kill_process_group(group, Signal::KILL).ok();
        }
        wait(&mut self.0, Duration::from_secs(2));
    }
}

async fn initdb(
    installation: &Installation,
    folder: &Path,
    user: Option<User>,
    admin: &str,
    limits: Limits,
) -> Result<()> {
    let cannot = |source| failed("cannot run initdb".to_owned()).with_source(source);
    let log = folder.join("initdb.log");
    let mut command = command(&installation.bin.join("initdb"), folder, user, limits);
    command
        .arg("--pgdata")
        .arg(folder.join("data"))
        .args(["--username", admin, "--auth", "trust"])
        .args(["--encoding", "UTF8", "--locale", "C"])
        .arg("--no-sync")
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).map_err(cannot)?);
    let mut running = Initdb(command.spawn().map_err(cannot)?);
    let status = loop {
        match running.0.try_wait().map_err(cannot)? {
            Some(status) => break status,
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    if status.success() {
        return Ok(());
    }
    Err(failed(format!("initdb failed: {}", last_line(&log))))
}

/// Waits for a process to end; true when it did in time.
fn wait(child: &mut Child, limit: Duration) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < limit {
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

fn last_line(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or("no message").to_owned()
}

fn start(
    installation: &Installation,
    folder: &Path,
    user: Option<User>,
    limits: Limits,
) -> Result<Server> {
    let cannot = |source| failed("cannot start the scratch server".to_owned()).with_source(source);
    let log = std::fs::File::create(folder.join("log")).map_err(cannot)?;
    let mut command = command(&installation.bin.join("postgres"), folder, user, limits);
    command
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder);
    for setting in SETTINGS {
        command.arg("-c").arg(setting);
    }
    command.stdout(Stdio::null()).stderr(log);
    command.spawn().map(Server).map_err(cannot)
}

/// A program that sees nothing of our environment, in a group of its own so that Ctrl-C reaches us first.
fn command(program: &Path, folder: &Path, user: Option<User>, limits: Limits) -> Command {
    use std::os::unix::process::CommandExt as _;

    let mut command = limits::command(program.as_os_str(), limits);
    command
        .env_clear()
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .env("PATH", "/usr/bin:/bin")
        .current_dir(folder)
        .stdin(Stdio::null())
        .process_group(0);
    // An installation outside the system's folders finds its libraries this way.
    if let Some(libraries) = std::env::var_os("LD_LIBRARY_PATH") {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn chosen(choice: &Choice) -> Result<Installation> {
    installation::choose(choice).ok_or_else(|| not_found(choice))
}

fn not_found(choice: &Choice) -> Error {
    match &choice.bin {
        Some(bin) => Error::new(
            ErrorCode::ScratchUnavailable,
            format!("{} holds no Postgres server", bin.display()),
        )
        .with_help("PGPACT_PG_BIN names the folder that holds initdb and postgres."),
        None => Error::new(
            ErrorCode::ScratchUnavailable,
            "no Postgres server was found on this machine",
        )
        .with_help(fetch::advice(choice.major)),
    }
}

fn failed(message: String) -> Error {
    Error::new(ErrorCode::ScratchFailed, message)
}
