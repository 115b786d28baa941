//! What the benches share: a server with an application's schema, programs that are timed, medians and ratios.
#![allow(dead_code, reason = "each bench uses its own part of it")]

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pgpact::inspect::Connection;
use pgpact::scratch::{Choice, Environment, Platform, Scratch};
use sqlx::{AssertSqlSafe, Executor as _};

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How often each is run; the median counts. What takes longer than [`PATIENCE`] is run once.
const RUNS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(15);

/// Nobody's number.
const NOBODY: u32 = 65_534;

/// How long a server may take to let us in.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// What changes in a copy: one fact each of a table, a policy, an index, a function, a grant.
pub(crate) const CHANGES: &str = "
    set search_path = public;
    alter table table_1 add column remark text;
    drop policy \"Read own\" on table_2;
    drop index table_3_parent;
    create or replace function table_3_count(who text) returns bigint language sql stable as 'select 3::bigint';
    grant delete on table_4 to bench_reader;";

/// The numbers among the words of the command line, or these.
pub(crate) fn sizes(usual: &[usize]) -> Vec<usize> {
    let words = std::env::args().filter_map(|word| word.parse().ok());
    let sizes: Vec<usize> = words.collect();
    match sizes.is_empty() {
        true => usual.to_vec(),
        false => sizes,
    }
}

/// Prints a table of a heading and a line for each size, as soon as it is there.
pub(crate) async fn print(
    heading: &str,
    usual: &[usize],
    line: impl AsyncFn(usize) -> Result<String, Failure>,
) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    let columns = heading.matches('|').count() - 1;
    writeln!(out, "{heading}\n|{}", "---|".repeat(columns))?;
    for size in sizes(usual) {
        writeln!(out, "{}", line(size).await?)?;
        out.flush()?;
    }
    Ok(())
}

/// A server of our own.
pub(crate) async fn scratch() -> Result<Scratch, Failure> {
    let environment = Environment {
        platform: Platform::Plain,
        migration_role: "postgres".to_owned(),
        exposes_new_objects: true,
    };
    let choice = Choice {
        bin: std::env::var_os("PGPACT_PG_BIN").map(PathBuf::from),
        is_strict: true,
        ..Choice::default()
    };
    Ok(Scratch::start(&choice, environment).await?)
}

/// A server on which databases are made.
pub(crate) struct Databases {
    scratch: Scratch,
}

impl Databases {
    /// A server as people have it: a scratch is set up for short work.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let databases = Self {
            scratch: scratch().await?,
        };
        for text in ["alter system set jit = on", "select pg_reload_conf()"] {
            databases.run("postgres", text).await?;
        }
        Ok(databases)
    }

    /// Who may do everything.
    pub(crate) fn admin(&self) -> &str {
        self.scratch.admin()
    }

    pub(crate) fn socket(&self) -> Result<&Path, Failure> {
        Ok(self.scratch.socket().ok_or("the server is private")?)
    }

    pub(crate) fn connection(&self, database: &str) -> Connection {
        self.scratch.connection(self.admin(), database)
    }

    pub(crate) fn url(&self, scheme: &str, database: &str) -> Result<String, Failure> {
        let (admin, socket) = (self.admin(), self.socket()?.display());
        Ok(format!(
            "{scheme}://{admin}@localhost/{database}?host={socket}"
        ))
    }

    pub(crate) async fn run(&self, database: &str, text: &str) -> Result<(), Failure> {
        let mut connection = self.connection(database).connect(LIMIT).await?;
        let text = sqlx::raw_sql(AssertSqlSafe(text.to_owned()));
        connection.execute(text).await?;
        Ok(())
    }

    /// A database with so many tables of `schema.sql`.
    pub(crate) async fn with_tables(&self, name: &str, tables: usize) -> Result<(), Failure> {
        let create = format!("create database {name} owner postgres");
        self.run("postgres", &create).await?;
        let mut owner = self.connection(name).connect(LIMIT).await?;
        // The superuser of a scratch looks nothing up but in the catalog.
        let size = format!("set bench.tables = {tables}; set search_path = public");
        owner.execute(sqlx::raw_sql(AssertSqlSafe(size))).await?;
        for statement in statements(include_str!("../schema.sql")) {
            let statement = sqlx::raw_sql(AssertSqlSafe(statement));
            owner.execute(statement).await?;
        }
        // As it is wherever autovacuum runs.
        owner.execute(sqlx::raw_sql("vacuum analyze")).await?;
        Ok(())
    }

    /// A database that is another one's copy.
    pub(crate) async fn copy(&self, name: &str, of: &str) -> Result<(), Failure> {
        let create = format!("create database {name} template {of} owner postgres");
        self.run("postgres", &create).await
    }

    /// A client of Postgres that looks at a database.
    pub(crate) fn client(&self, program: &str, database: &str) -> Result<Command, Failure> {
        let mut command = Command::new(program);
        command
            .args(["-U", self.admin(), "-d", database, "-h"])
            .arg(self.socket()?);
        Ok(command)
    }
}

/// The statements of a file, each of which begins where a line begins with a word of SQL: a block that commits stands alone.
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

/// The binary as people run it.
pub(crate) fn pgpact(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgpact"));
    command.args(words);
    command
}

/// Migrations of ten statements each, every one with a table that refers to an earlier one.
pub(crate) fn migration(number: usize) -> String {
    include_str!("../migration.sql")
        .replace("{number}", &number.to_string())
        .replace("{parent}", &(number / 2).to_string())
}

/// The folder of a server's programs.
pub(crate) fn programs() -> Result<PathBuf, Failure> {
    if let Some(folder) = std::env::var_os("PGPACT_PG_BIN") {
        return Ok(folder.into());
    }
    let found = glob::glob("/usr/lib/postgresql/*/bin")?.flatten().last();
    Ok(found.ok_or("no server's programs in /usr/lib/postgresql; name them with PGPACT_PG_BIN")?)
}

/// A script under a user whom Postgres does not refuse, and who owns a folder.
pub(crate) fn as_nobody(script: &str, folder: &Path) -> Result<Command, Failure> {
    let is_root = std::fs::metadata("/proc/self")?.uid() == 0;
    if !is_root {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        return Ok(command);
    }
    chown(folder, Some(NOBODY), Some(NOBODY))?;
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .args(["sh", "-c", script]);
    Ok(command)
}

/// How long a program took, and the most memory that it ever held, in MB; pgpact ends with 1, and migra with 2, where it
/// found something.
pub(crate) fn timed(mut command: Command) -> Result<(Duration, u64), Failure> {
    let said = tempfile::tempfile()?;
    command
        .stdout(Stdio::null())
        .stderr(Stdio::from(said.try_clone()?));
    let begin = Instant::now();
    let mut child = command.spawn()?;
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
        Some(0..=2) => Ok((time, peak)),
        _ => {
            let mut said = said;
            std::io::Seek::rewind(&mut said)?;
            Err(format!("it ended with {status}: {}", std::io::read_to_string(said)?).into())
        }
    }
}

/// The median of several runs.
pub(crate) fn median<T: Ord + Copy>(
    mut run: impl FnMut() -> Result<(Duration, T), Failure>,
) -> Result<(Duration, T), Failure> {
    let mut runs = vec![run()?];
    while runs.len() < RUNS && runs[0].0 < PATIENCE {
        runs.push(run()?);
    }
    runs.sort();
    Ok(runs[runs.len() / 2])
}

/// The median of several runs of a program.
pub(crate) fn median_of(
    make: impl Fn() -> Result<Command, Failure>,
) -> Result<(Duration, u64), Failure> {
    median(|| timed(make()?))
}

pub(crate) fn ratio(ours: Duration, theirs: Duration) -> String {
    format!("{:.2}", ours.as_secs_f64() / theirs.as_secs_f64())
}

/// The most that a process ever held (`VmHWM` of proc(5)).
fn peak_memory_mb(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    number.unwrap_or(0_u64) / 1024
}
