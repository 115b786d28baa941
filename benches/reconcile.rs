//! Planning and proving five changes: `pgpact reconcile` on a database and a changed copy of it, by the number of tables.
//!
//! `cargo bench --bench reconcile -- [TABLES…]` prints a line a size. Figures are ratios to `pgpact diff` of the same two
//! databases in the same run: what a plan costs beside the comparison, with and without its proof.

mod support;

use support::{CHANGES, Databases, Failure, median_of, pgpact, ratio};

const HEADING: &str =
    "| tables | pgpact diff | planned | ÷ diff | planned and proven | ÷ diff | peak memory |";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    support::print(HEADING, &[100, 1000], line).await
}

async fn line(tables: usize) -> Result<String, Failure> {
    let databases = Databases::start().await?;
    databases.with_tables("one", tables).await?;
    databases.copy("two", "one").await?;
    databases.run("two", CHANGES).await?;
    let (one, two) = (
        databases.url("postgres", "one")?,
        databases.url("postgres", "two")?,
    );
    let run = |words: &[&str]| median_of(|| Ok(pgpact(words)));
    let (diff, _) = run(&["diff", "--from", &one, "--to", &two])?;
    let reconcile = [
        "reconcile",
        "--expected",
        &one,
        "--live",
        &two,
        "--timeout=3600",
    ];
    let (planned, _) = run(&[&reconcile[..], &["--no-proof"]].concat())?;
    let (proven, peak) = run(&reconcile)?;
    Ok(format!(
        "| {tables} | {:.2} s | {:.2} s | {} | {:.2} s | {} | {peak} MB |",
        diff.as_secs_f64(),
        planned.as_secs_f64(),
        ratio(planned, diff),
        proven.as_secs_f64(),
        ratio(proven, diff)
    ))
}
