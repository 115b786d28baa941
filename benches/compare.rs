//! Comparing two databases: pgpact against `pg_dump --schema-only` of both and against peers, in one run.
//!
//! `cargo bench --bench compare -- [TABLES…]` prints two lines a size: of a database and its copy, and of the same
//! after five changes. Figures are ratios: the machine and its load cancel out. `scripts/peers.sh` fetches the peers;
//! one that is not there is told as not here.

mod support;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{CHANGES, Databases, Failure, median, median_of, pgpact, ratio, sizes, timed};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut out = std::io::stdout();
    writeln!(
        out,
        "| tables | two databases | pgpact | peak memory | ÷ 2 × pg_dump | ÷ Supabase CLI | ÷ migra |\n|---|---|---|---|---|---|---|"
    )?;
    for tables in sizes(&[16, 100, 1000]) {
        let databases = Databases::start().await?;
        databases.with_tables("one", tables).await?;
        databases.copy("two", "one").await?;
        writeln!(out, "{}", line(&databases, tables, "the same")?)?;
        databases.run("two", CHANGES).await?;
        writeln!(out, "{}", line(&databases, tables, "five changes")?)?;
        out.flush()?;
    }
    Ok(())
}

fn line(databases: &Databases, tables: usize, what: &str) -> Result<String, Failure> {
    let (one, two) = (
        databases.url("postgres", "one")?,
        databases.url("postgres", "two")?,
    );
    let (ours, peak) = median_of(|| Ok(pgpact(&["diff", "--from", &one, "--to", &two])))?;
    let dumps = median(|| {
        let mut all = std::time::Duration::ZERO;
        for database in ["one", "two"] {
            let mut command = databases.client("pg_dump", database)?;
            command.arg("--schema-only");
            all += timed(command)?.0;
        }
        Ok((all, 0))
    })?;
    let mut cells = vec![
        tables.to_string(),
        what.to_owned(),
        format!("{:.2} s", ours.as_secs_f64()),
        format!("{peak} MB"),
        ratio(ours, dumps.0),
    ];
    let (one, two) = (
        databases.url("postgresql", "one")?,
        databases.url("postgresql", "two")?,
    );
    for (program, words) in [
        (
            "node_modules/.bin/supabase",
            &["db", "diff", "--from", &one, "--to", &two][..],
        ),
        (
            "venv/bin/migra",
            &["--unsafe", "--with-privileges", &one, &two],
        ),
    ] {
        let program = peers().join(program);
        cells.push(match program.exists() {
            true => median_of(|| Ok(peer(&program, words)))
                .map_or_else(|error| error.to_string(), |(time, _)| ratio(ours, time)),
            false => "not here".to_owned(),
        });
    }
    Ok(format!("| {} |", cells.join(" | ")))
}

fn peer(program: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(std::env::temp_dir()).args(words);
    command
}

fn peers() -> PathBuf {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    std::env::var_os("PGPACT_PEERS").map_or_else(usual, PathBuf::from)
}
