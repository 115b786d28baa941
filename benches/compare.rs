//! Comparing two databases: pgpact against `pg_dump --schema-only` of both and against peers, in one run.
//!
//! `cargo bench --bench compare -- [TABLES…]` prints two lines a size: of a database and its copy, and of the same
//! after five changes. Figures are ratios: the machine and its load cancel out. `scripts/peers.sh` fetches the peers;
//! one that is not there is told as not here.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pgpact::scratch::{Choice, Environment, Platform, Scratch};
use sqlx::{AssertSqlSafe, Executor as _};

type Failure = Box<dyn std::error::Error>;

/// How often each is run; the median counts. What takes longer than [`PATIENCE`] is run once.
const RUNS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(15);

/// What changes in the second database: one fact each of a table, a policy, an index, a function, a grant.
const CHANGES: &str = "
    set search_path = public;
    alter table table_1 add column remark text;
    drop policy \"Read own\" on table_2;
    drop index table_3_parent;
    create or replace function table_3_count(who text) returns bigint language sql stable as 'select 3::bigint';
    grant delete on table_4 to bench_reader;";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let sizes: Vec<usize> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![16, 100, 1000]
    } else {
        sizes
    };
    let mut out = std::io::stdout();
    write!(
        out,
        "| tables | two databases | pgpact | peak memory | ÷ 2 × pg_dump | ÷ Supabase CLI | ÷ migra |\n|---|---|---|---|---|---|---|\n"
    )?;
    for size in sizes {
        measure(size, &mut out).await?;
    }
    Ok(())
}

async fn measure(tables: usize, out: &mut impl std::io::Write) -> Result<(), Failure> {
    let environment = Environment {
        platform: Platform::Plain,
        migration_role: "postgres".to_owned(),
        exposes_new_objects: true,
    };
    let choice = Choice {
        bin: std::env::var_os("PGPACT_PG_BIN").map(PathBuf::from),
        ..Choice::default()
    };
    let scratch = Scratch::start(&choice, environment).await?;
    let admin = scratch.admin();
    let limit = Duration::from_secs(20);
    let mut connection = scratch.connection(admin, "postgres").connect(limit).await?;
    // The scratch is set up for short work; the servers that people run are as they come.
    for text in [
        "alter system set jit = on",
        "select pg_reload_conf()",
        "create database one owner postgres",
    ] {
        connection.execute(sqlx::raw_sql(text)).await?;
    }
    let database = |name: &str| scratch.connection(admin, name);
    let mut owner = database("one").connect(limit).await?;
    // The superuser of a scratch looks nothing up but in the catalog.
    let size = format!("set bench.tables = {tables}; set search_path = public");
    owner.execute(sqlx::raw_sql(AssertSqlSafe(size))).await?;
    // One statement at a time: a block that commits stands alone.
    for statement in statements(include_str!("schema.sql")) {
        owner
            .execute(sqlx::raw_sql(AssertSqlSafe(statement)))
            .await?;
    }
    drop(owner);
    connection
        .execute(sqlx::raw_sql(
            "create database two template one owner postgres",
        ))
        .await?;

    let socket = scratch.socket().ok_or("the server is private")?.to_owned();
    let tools = Tools {
        admin,
        socket: &socket,
    };
    tools.line(tables, "the same", out)?;
    let mut two = database("two").connect(limit).await?;
    two.execute(sqlx::raw_sql(CHANGES)).await?;
    drop(two);
    tools.line(tables, "five changes", out)
}

/// The statements of a file, each of which begins where a line begins with a word of SQL.
fn statements(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("--")) {
        let begins = line.starts_with("do ") || line.starts_with("create ");
        if begins || found.is_empty() {
            found.push(String::new());
        }
        if let Some(last) = found.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    found
}

struct Tools<'a> {
    admin: &'a str,
    socket: &'a Path,
}

impl Tools<'_> {
    fn line(
        &self,
        tables: usize,
        what: &str,
        out: &mut impl std::io::Write,
    ) -> Result<(), Failure> {
        let ours = median(|| self.ours())?;
        let dumps = median(|| self.dumps())?;
        let mut text = format!(
            "| {tables} | {what} | {:.2} s | {} MB | {} |",
            ours.0.as_secs_f64(),
            ours.1,
            ratio(ours.0, dumps.0)
        );
        for peer in [self.supabase(), self.migra()] {
            let cell = match peer {
                Some(make) => median(|| run(make()).map(|time| (time, 0)))
                    .map_or_else(|error| error.to_string(), |(time, _)| ratio(ours.0, time)),
                None => "not here".to_owned(),
            };
            write!(text, " {cell} |")?;
        }
        writeln!(out, "{text}")?;
        out.flush()?;
        Ok(())
    }

    fn url(&self, scheme: &str, database: &str) -> String {
        let (user, socket) = (self.admin, self.socket.display());
        format!("{scheme}://{user}@localhost/{database}?host={socket}")
    }

    /// The binary as people run it, and the most memory it ever held.
    fn ours(&self) -> Result<(Duration, u64), Failure> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgpact"));
        command.args(["diff", "--from", &self.url("postgres", "one")]);
        command.args(["--to", &self.url("postgres", "two")]);
        let begin = Instant::now();
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut peak = 0;
        let status = loop {
            peak = peak.max(peak_memory_mb(child.id()));
            if let Some(status) = child.try_wait()? {
                break status;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let time = begin.elapsed();
        match status.code() {
            Some(0 | 1) => Ok((time, peak)),
            _ => Err(format!("pgpact ended with {status}").into()),
        }
    }

    fn dumps(&self) -> Result<(Duration, u64), Failure> {
        let dump = |database: &str| {
            let mut command = Command::new("pg_dump");
            command.args(["--schema-only", "-U", self.admin, "-d", database, "-h"]);
            command.arg(self.socket);
            run(command)
        };
        Ok((dump("one")? + dump("two")?, 0))
    }

    fn supabase(&self) -> Option<Box<dyn Fn() -> Command + '_>> {
        let program = peers().join("node_modules/.bin/supabase");
        program.exists().then(|| -> Box<dyn Fn() -> Command> {
            Box::new(move || {
                let mut command = Command::new(&program);
                command.current_dir(std::env::temp_dir());
                command.args(["db", "diff", "--from", &self.url("postgresql", "one")]);
                command.args(["--to", &self.url("postgresql", "two")]);
                command
            })
        })
    }

    fn migra(&self) -> Option<Box<dyn Fn() -> Command + '_>> {
        let program = peers().join("venv/bin/migra");
        program.exists().then(|| -> Box<dyn Fn() -> Command> {
            Box::new(move || {
                let mut command = Command::new(&program);
                command.args(["--unsafe", "--with-privileges"]);
                command.arg(self.url("postgresql", "one"));
                command.arg(self.url("postgresql", "two"));
                command
            })
        })
    }
}

fn peers() -> PathBuf {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    std::env::var_os("PGPACT_PEERS").map_or_else(usual, PathBuf::from)
}

/// How long it took; migra ends with 2 where it found something.
fn run(mut command: Command) -> Result<Duration, Failure> {
    let begin = Instant::now();
    let output = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()?;
    match output.status.code() {
        Some(0 | 2) => Ok(begin.elapsed()),
        _ => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

fn median(run: impl Fn() -> Result<(Duration, u64), Failure>) -> Result<(Duration, u64), Failure> {
    let mut runs = vec![run()?];
    while runs.len() < RUNS && runs[0].0 < PATIENCE {
        runs.push(run()?);
    }
    runs.sort();
    Ok(runs[runs.len() / 2])
}

fn ratio(ours: Duration, theirs: Duration) -> String {
    format!("{:.2}", ours.as_secs_f64() / theirs.as_secs_f64())
}

/// The most that a process ever held (`VmHWM` of proc(5)).
fn peak_memory_mb(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    number.unwrap_or(0_u64) / 1024
}
