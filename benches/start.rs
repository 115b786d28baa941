//! What people wait for whatever is compared: the program's start, a pull request that touches no migration, and a scratch
//! with fifty migrations where nothing is kept yet.
//!
//! `cargo bench --bench start` prints a line each, beside what the same takes without pgpact.

mod support;

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use support::{Failure, median_of, pgpact, ratio};

const FILES: usize = 50;

fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let migrations = folder.path().join("migrations");
    std::fs::create_dir(&migrations)?;
    // Whoever runs a server reads them as well.
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755))?;
    for number in 0..FILES {
        let path = migrations.join(format!("{number:05}_thing.sql"));
        std::fs::write(path, support::migration(number))?;
    }
    commit(folder.path(), "begin")?;
    std::fs::write(folder.path().join("README"), "No migration.\n")?;
    commit(folder.path(), "say something")?;

    let mut out = std::io::stdout();
    writeln!(
        out,
        "| what | time | beside it | ratio |\n|---|---|---|---|"
    )?;
    let run = |words: &[&str]| {
        median_of(|| {
            let mut command = pgpact(words);
            command.current_dir(folder.path());
            Ok(command)
        })
    };
    let mut line = |what: &str, ours: Duration, beside: &str, theirs: Duration| {
        let (time, ratio) = (ours.as_secs_f64() * 1e3, ratio(ours, theirs));
        writeln!(
            out,
            "| {what} | {time:.0} ms | {beside}, {:.0} ms | {ratio} |",
            theirs.as_secs_f64() * 1e3
        )
    };
    let (git, _) = median_of(|| Ok(git(folder.path(), &["diff", "--stat", "HEAD~1"])))?;
    let (version, _) = run(&["--version"])?;
    line(
        "start: `pgpact --version`",
        version,
        "`git diff --stat HEAD~1`",
        git,
    )?;
    let untouched = [
        "verify",
        "--expected=migrations",
        "--base=git:HEAD~1:migrations",
        "--live=postgres://nobody@localhost:1/none",
    ];
    let (untouched, _) = run(&untouched)?;
    line(
        "a pull request that touches no migration",
        untouched,
        "`git diff --stat HEAD~1`",
        git,
    )?;
    let (cold, _) = run(&[
        "inventory",
        "migrations",
        "--platform=plain",
        "--output=all.json",
    ])?;
    let reference = by_hand(&migrations)?;
    line(
        "fifty migrations on a new scratch, read",
        cold,
        "`initdb`, a start, one `psql` of the same files, a stop",
        reference,
    )?;
    Ok(())
}

/// A server made, started, filled and stopped, as a script would.
fn by_hand(migrations: &Path) -> Result<Duration, Failure> {
    let bin = support::programs()?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let script = format!(
        "set -e
        {bin}/initdb -D {data} -A trust -U postgres --no-sync
        {bin}/pg_ctl -D {data} -w -o '-k {folder} -c listen_addresses= -c fsync=off' -l {folder}/log start
        for file in {files}/*.sql; do printf '\\\\i %s\\n' \"$file\"; done | psql -X -q -v ON_ERROR_STOP=1 -h {folder} -U postgres postgres
        {bin}/pg_ctl -D {data} -m immediate stop",
        bin = bin.display(),
        data = data.display(),
        folder = folder.path().display(),
        files = migrations.display()
    );
    Ok(support::timed(support::as_nobody(&script, folder.path())?)?.0)
}

fn git(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args([
            "-c",
            "user.name=Bench",
            "-c",
            "user.email=bench@example.com",
        ])
        .args(words);
    command
}

fn commit(folder: &Path, message: &str) -> Result<(), Failure> {
    for words in [
        &["init", "-q"][..],
        &["add", "."],
        &["commit", "-q", "-m", message],
    ] {
        support::timed(git(folder, words))?;
    }
    Ok(())
}
