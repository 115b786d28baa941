//! Planning and proving five changes: `pgpact reconcile` on a database and a changed copy of it, by the number of tables.
//!
//! `cargo bench --bench reconcile -- [TABLES…]` prints a line a size. Figures are ratios to `pgpact diff` of the same two
//! databases in the same run: what a plan costs beside the comparison, with and without its proof.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pgpact::scratch::{Choice, Environment, Platform, Scratch};
use sqlx::{AssertSqlSafe, Executor as _};

type Failure = Box<dyn std::error::Error>;

/// How often each is run; the median counts.
const RUNS: usize = 3;

/// What changes in the second database, in five tables.
const CHANGES: &str = "
    set search_path = public;
    alter table table_1 add column remark text;
    drop policy \"Read own\" on table_2;
    drop index table_3_parent;
    create or replace function table_3_count(who text) returns bigint language sql stable as 'select 3::bigint';
    grant delete on table_4 to bench_reader;";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let words = std::env::args().filter_map(|word| word.parse().ok());
    let mut sizes: Vec<usize> = words.collect();
    if sizes.is_empty() {
        sizes = vec![100, 1000];
    }
    let mut out = std::io::stdout();
    writeln!(
        out,
        "| tables | pgpact diff | planned | ÷ diff | planned and proven | ÷ diff |\n|---|---|---|---|---|---|"
    )?;
    for size in sizes {
        writeln!(out, "{}", measure(size).await?)?;
    }
    Ok(())
}

async fn measure(tables: usize) -> Result<String, Failure> {
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
    connection
        .execute(sqlx::raw_sql("create database one owner postgres"))
        .await?;
    let mut owner = scratch.connection(admin, "one").connect(limit).await?;
    let size = format!("set bench.tables = {tables}; set search_path = public");
    owner.execute(sqlx::raw_sql(AssertSqlSafe(size))).await?;
    for statement in statements(include_str!("schema.sql")) {
        owner
            .execute(sqlx::raw_sql(AssertSqlSafe(statement)))
            .await?;
    }
    drop(owner);
    let copy = "create database two template one owner postgres";
    connection.execute(sqlx::raw_sql(copy)).await?;
    let mut two = scratch.connection(admin, "two").connect(limit).await?;
    two.execute(sqlx::raw_sql(CHANGES)).await?;
    drop(two);

    let socket = scratch.socket().ok_or("the server is private")?.display();
    let url = |name: &str| format!("postgres://{admin}@localhost/{name}?host={socket}");
    let diff = median(&["diff", "--from", &url("one"), "--to", &url("two")])?;
    let reconcile = |more: &[&str]| {
        let (one, two) = (url("one"), url("two"));
        let mut words = vec!["reconcile", "--expected", &one, "--live", &two];
        words.extend(more);
        median(&words)
    };
    let planned = reconcile(&["--no-proof"])?;
    let proven = reconcile(&[])?;
    let ratio = |time: Duration| time.as_secs_f64() / diff.as_secs_f64();
    Ok(format!(
        "| {tables} | {:.2} s | {:.2} s | {:.2} | {:.2} s | {:.2} |",
        diff.as_secs_f64(),
        planned.as_secs_f64(),
        ratio(planned),
        proven.as_secs_f64(),
        ratio(proven)
    ))
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

fn median(words: &[&str]) -> Result<Duration, Failure> {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let begin = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_pgpact"))
            .args(words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        runs.push(begin.elapsed());
        if !matches!(status.code(), Some(0 | 1)) {
            return Err(format!("pgpact {} ended with {status}", words[0]).into());
        }
    }
    runs.sort();
    Ok(runs[RUNS / 2])
}
