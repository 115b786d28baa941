//! Replaying a long history: pgpact against one `psql` that runs the same files, in one run on one server.
//!
//! `cargo bench --bench replay -- [FILES…]` writes that many migrations of ten statements each and prints a line a size.
//! Figures are ratios: the machine and its load cancel out.

mod support;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use pgpact::progress::Progress;
use pgpact::scratch::{Atomicity, MigrationFile};
use sqlx::Executor as _;
use support::{Failure, migration, scratch, sizes};

/// How often each is run; the median counts.
const RUNS: usize = 3;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut out = std::io::stdout();
    writeln!(
        out,
        "| migrations | statements | psql | replay ÷ psql | with reading ÷ psql | warm verdict ÷ reading live twice |\n|---|---|---|---|---|---|"
    )?;
    for size in sizes(&[50, 500]) {
        let files: Vec<String> = (0..size).map(migration).collect();
        let mut ours = Vec::new();
        let mut theirs = Vec::new();
        for _ in 0..RUNS {
            ours.push(replay(&files).await?);
            theirs.push(psql(&files).await?);
        }
        let (theirs, mut warm): (Vec<_>, Vec<_>) = theirs.into_iter().unzip();
        let psql = median(theirs);
        warm.sort_by(f64::total_cmp);
        let (replayed, read): (Vec<_>, Vec<_>) = ours.into_iter().unzip();
        writeln!(
            out,
            "| {size} | {} | {psql:.2} s | {:.2} | {:.2} | {:.2} |",
            size * 10,
            median(replayed) / psql,
            median(read) / psql,
            warm[RUNS / 2]
        )?;
        out.flush()?;
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// When the last file was done.
#[derive(Default)]
struct Watch(Mutex<Option<Instant>>);

impl Progress for Watch {
    fn advance(&self, done: usize, total: usize) {
        if done == total {
            *self.0.lock().expect("nobody panics with it") = Some(Instant::now());
        }
    }
}

/// How long the replay took, and with the reading of what it built.
async fn replay(files: &[String]) -> Result<(Duration, Duration), Failure> {
    let scratch = scratch().await?;
    let file = |(number, text): (usize, &String)| MigrationFile {
        path: format!("{number}.sql").into(),
        text: text.clone(),
    };
    let files = files.iter().enumerate().map(file).collect();
    let begin = Instant::now();
    let watch = Watch::default();
    scratch
        .elaborate(&[(files, Atomicity::File)], false, &watch)
        .await?;
    let all = begin.elapsed();
    let end = watch
        .0
        .lock()
        .map_err(|error| error.to_string())?
        .ok_or("no file was replayed")?;
    Ok((end - begin, all))
}

/// How long psql took for the files; and how long a verdict with a warm cache took for what it built, as a ratio to
/// reading that twice.
async fn psql(files: &[String]) -> Result<(Duration, f64), Failure> {
    let scratch = scratch().await?;
    let admin = scratch.admin();
    let mut connection = scratch
        .connection(admin, "postgres")
        .connect(Duration::from_secs(20))
        .await?;
    connection
        .execute(sqlx::raw_sql("create database peer owner postgres"))
        .await?;
    let folder = tempfile::tempdir()?;
    let socket = scratch.socket().ok_or("the server is private")?;
    let mut command = command(socket, "postgres");
    for (number, text) in files.iter().enumerate() {
        let path = folder.path().join(format!("{number:05}_thing.sql"));
        std::fs::write(&path, text)?;
        command.arg("-f").arg(path);
    }
    let begin = Instant::now();
    let output = command.output()?;
    let time = begin.elapsed();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok((time, warm(folder.path(), socket, admin)?))
}

fn warm(folder: &Path, socket: &Path, admin: &str) -> Result<f64, Failure> {
    let live = format!(
        "postgres://{admin}@localhost/peer?host={}",
        socket.display()
    );
    let run = |arguments: &[&str]| -> Result<f64, Failure> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgpact"));
        command.args(arguments).args(["-q", "--platform", "plain"]);
        command.current_dir(folder);
        let begin = Instant::now();
        let output = command.output()?;
        let time = begin.elapsed().as_secs_f64();
        match output.status.code() {
            Some(0 | 1) => Ok(time),
            _ => Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into()),
        }
    };
    let cache = folder.join(".cache");
    let cache = cache.display().to_string();
    let verify = [
        "verify",
        "--expected",
        ".",
        "--live",
        &live,
        "--no-history",
        "--cache",
        &cache,
    ];
    run(&verify)?;
    let verdict = run(&verify)?.min(run(&verify)?);
    let reading = run(&["inventory", &live])?.min(run(&["inventory", &live])?);
    Ok(verdict / (2.0 * reading))
}

fn command(socket: &Path, admin: &str) -> Command {
    let mut command = Command::new("psql");
    command
        .args([
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            "peer",
            "-U",
            admin,
            "-h",
        ])
        .arg(socket)
        .env("PGOPTIONS", "-c search_path=public")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}
