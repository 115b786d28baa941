//! A private Postgres server: made, started, and stopped whatever happens.
//!
//! `given.rs` is the other way to a scratch: a database on a server that somebody names.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tempfile::TempDir;

use super::cache::{Progressed, State};
use super::folder::{self, User};
use super::installation::{self, Installation};
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
    // Order matters: the server is stopped before its folder goes.
    server: Server,
    folder: TempDir,
    admin: &'static str,
}

#[derive(Debug)]
struct Server(Child);

impl Private {
    /// Makes and starts a server whose superuser has the given name.
    pub(super) async fn start(
        bin: Option<&Path>,
        wanted_major: Option<u32>,
        admin: &'static str,
    ) -> Result<Self> {
        let installation = installation::choose(bin, wanted_major).ok_or_else(|| not_found(bin))?;
        let user = User::unprivileged();
        folder::sweep(user);
        let folder = folder::make(user)?;
        initdb(&installation, folder.path(), user, admin).await?;
        Self::run(&installation, folder, user, admin).await
    }

    /// Starts a server on data that is there already; gives what is kept with it.
    pub(super) async fn resume(
        bin: Option<&Path>,
        wanted_major: Option<u32>,
        admin: &'static str,
        state: State,
    ) -> Result<(Self, Progressed)> {
        let installation = installation::choose(bin, wanted_major).ok_or_else(|| not_found(bin))?;
        let user = User::unprivileged();
        folder::sweep(user);
        let folder = folder::make(user)?;
        let progressed = state
            .unpack(&folder.path().join("data"), user)
            .map_err(|source| {
                failed("cannot copy a server of the cache".to_owned()).with_source(source)
            })?;
        let private = Self::run(&installation, folder, user, admin).await?;
        Ok((private, progressed))
    }

    async fn run(
        installation: &Installation,
        folder: TempDir,
        user: Option<User>,
        admin: &'static str,
    ) -> Result<Self> {
        let server = start(installation, folder.path(), user)?;
        let mut private = Self {
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

    /// The folder that holds the socket.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The superuser's name.
    pub(super) fn admin(&self) -> &'static str {
        self.admin
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let begin = Instant::now();
        loop {
            let options = self.options(self.admin).disable_statement_logging();
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

impl Drop for Server {
    fn drop(&mut self) {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
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

/// A running `initdb`. Dropping it waits for its end: killed, it leaves shared memory behind.
struct Initdb(Child);

impl Drop for Initdb {
    fn drop(&mut self) {
        wait(&mut self.0, Duration::from_secs(10));
    }
}

async fn initdb(
    installation: &Installation,
    folder: &Path,
    user: Option<User>,
    admin: &str,
) -> Result<()> {
    let cannot = |source| failed("cannot run initdb".to_owned()).with_source(source);
    let log = folder.join("initdb.log");
    let mut command = command(&installation.bin.join("initdb"), folder, user);
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

fn start(installation: &Installation, folder: &Path, user: Option<User>) -> Result<Server> {
    let cannot = |source| failed("cannot start the scratch server".to_owned()).with_source(source);
    let log = std::fs::File::create(folder.join("log")).map_err(cannot)?;
    let mut command = command(&installation.bin.join("postgres"), folder, user);
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
fn command(program: &Path, folder: &Path, user: Option<User>) -> Command {
    use std::os::unix::process::CommandExt as _;

    let mut command = Command::new(program);
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

fn not_found(bin: Option<&Path>) -> Error {
    match bin {
        Some(bin) => Error::new(
            ErrorCode::ScratchUnavailable,
            format!("{} holds no Postgres server", bin.display()),
        )
        .with_help("PGPACT_PG_BIN names the folder that holds initdb and postgres."),
        None => Error::new(
            ErrorCode::ScratchUnavailable,
            "no Postgres server was found on this machine",
        )
        .with_help(INSTALL),
    }
}

/// The one package to install, where we know its name.
const INSTALL: &str = if cfg!(target_os = "macos") {
    "Install one: brew install postgresql@17. Or name a server with --scratch URL, or a folder with PGPACT_PG_BIN."
} else {
    "Install one: apt-get install postgresql (Debian, Ubuntu), dnf install postgresql-server (Fedora). Or name a server with --scratch URL, or a folder with PGPACT_PG_BIN."
};

fn failed(message: String) -> Error {
    Error::new(ErrorCode::ScratchFailed, message)
}
