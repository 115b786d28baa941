//! Reading one database: pgpact against the rows of its catalogs as they are, against a dozen queries that have Postgres
//! print every definition, and against `pg_dump --schema-only`; and looking whether anything changed since.
//!
//! `cargo bench --bench read -- [TABLES…]` prints a line a size.

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use pgpact::contract::{self, Contract};
use pgpact::inspect::Session;
use support::{Databases, Failure, LIMIT, median_of, pgpact, ratio};

const HEADING: &str = "| tables | catalog rows in psql | twelve queries ÷ rows | pg_dump ÷ rows | pgpact reads ÷ rows | ÷ twelve queries | ÷ pg_dump | comparing | warm verify ÷ rows | pg_dump ÷ warm verify |";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    support::print(HEADING, &[16, 1000], line).await
}

async fn line(tables: usize) -> Result<String, Failure> {
    let databases = Databases::start().await?;
    databases.with_tables("one", tables).await?;
    let script = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("benches")
            .join(name);
        median_of(|| {
            let mut command = databases.client("psql", "one")?;
            command
                .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"])
                .arg(&path);
            Ok(command)
        })
    };
    let (rows, _) = script("rows.sql")?;
    let (queries, _) = script("queries.sql")?;
    let (dump, _) = median_of(|| {
        let mut command = databases.client("pg_dump", "one")?;
        command.arg("--schema-only");
        Ok(command)
    })?;
    let (reading, contract) = reading(&databases).await?;
    let (_, other) = self::reading(&databases).await?;
    let comparing = comparing(&contract, &other)?;
    drop((contract, other));
    let warm = warm(&databases)?;
    Ok(format!(
        "| {tables} | {:.2} s | {} | {} | {} | {} | {} | {:.1} ms | {} | {} |",
        rows.as_secs_f64(),
        ratio(queries, rows),
        ratio(dump, rows),
        ratio(reading, rows),
        ratio(reading, queries),
        ratio(reading, dump),
        comparing.as_secs_f64() * 1e3,
        ratio(warm, rows),
        ratio(dump, warm)
    ))
}

/// The best of three readings: connecting included, no contract of an earlier one to share with.
async fn reading(databases: &Databases) -> Result<(Duration, Contract), Failure> {
    let mut best: Option<(Duration, Contract)> = None;
    for _ in 0..3 {
        let before = best.take().map(|(time, _)| time);
        let begin = Instant::now();
        let mut session = Session::open(&databases.connection("one"), LIMIT).await?;
        let contract = session.read(None).await?.contract;
        let time = begin.elapsed();
        best = Some((before.map_or(time, |before| before.min(time)), contract));
    }
    best.ok_or_else(|| "nothing was read".into())
}

/// Two contracts of the same, no objects of which are the same in memory.
fn comparing(one: &Contract, other: &Contract) -> Result<Duration, Failure> {
    let other = contract::from_json(&contract::to_json(other))?;
    let begin = Instant::now();
    let deltas = contract::fold(contract::diff(one, &other));
    let time = begin.elapsed();
    match deltas.is_empty() {
        true => Ok(time),
        false => Err(format!("{} differences to itself", deltas.len()).into()),
    }
}

/// From start to exit, where an earlier run kept what it came to.
fn warm(databases: &Databases) -> Result<Duration, Failure> {
    let folder = tempfile::tempdir()?;
    let (saved, cache) = (
        folder.path().join("saved.json"),
        folder.path().join("cache"),
    );
    let (saved, cache) = (saved.display().to_string(), cache.display().to_string());
    let live = databases.url("postgres", "one")?;
    let save = ["inventory", &live, "--platform=plain", "--output", &saved];
    support::timed(pgpact(&save))?;
    let verify = [
        "verify",
        "--platform=plain",
        "--expected",
        &saved,
        "--live",
        &live,
        "--cache",
        &cache,
    ];
    support::timed(pgpact(&verify))?;
    Ok(median_of(|| Ok(pgpact(&verify)))?.0)
}
