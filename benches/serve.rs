//! `pgpact serve` under load: requests for health at a steady rate, against a real Postgres.
//!
//! `cargo bench --bench serve -- [REQUESTS_A_SECOND [SECONDS]]` asks `/admin/health` so often (200 a second for a minute),
//! and says how long answers took and how often the database was asked meanwhile. In the middle third the database
//! stands still: an `ok` that is older than answers are good for would be wrong, and is counted.

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sqlx::{Executor as _, Row as _};

use support::Failure;

const TOKEN: &str = "bench";

/// How long an answer is good for, and how long looking may take: both on top of each other, an `ok` is wrong.
const FRESH: Duration = Duration::from_secs(1);
const SLOW: Duration = Duration::from_millis(500);

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut numbers = std::env::args().filter_map(|word| word.parse::<u32>().ok());
    let rate = numbers.next().unwrap_or(200);
    let seconds = numbers.next().unwrap_or(60);
    let scratch = support::scratch().await?;
    let admin = scratch.admin();
    let mut connection = scratch
        .connection(admin, "postgres")
        .connect(Duration::from_secs(20))
        .await?;
    connection
        .execute(sqlx::raw_sql("create table public.papers (id bigint)"))
        .await?;
    let socket = scratch.socket().ok_or("the server is private")?;
    let live = format!(
        "postgres://{admin}@localhost/postgres?host={}",
        socket.display()
    );
    let folder = tempfile::tempdir()?;
    let (server, address) = start(folder.path(), &live)?;
    wait_until_ready(&address).await?;
    let backend: i32 = sqlx::query("select pg_backend_pid()")
        .fetch_one(&mut connection)
        .await?
        .get(0);
    let load = load(&address, rate, seconds, &postmaster(backend)?).await?;
    drop(server);
    let mut out = std::io::stdout();
    writeln!(
        out,
        "| requests a second | seconds | answers | no answer | median | p99 | database asked | wrong ok |\n|---|---|---|---|---|---|---|---|"
    )?;
    writeln!(
        out,
        "| {rate} | {seconds} | {} | {} | {:.1} ms | {:.1} ms | {} | {} |",
        load.times.len(),
        load.lost,
        at(&load.times, 50),
        at(&load.times, 99),
        load.asked,
        load.wrong
    )?;
    Ok(())
}

/// What came of it; times of answers while the database answered, in milliseconds, sorted.
struct Load {
    times: Vec<f64>,
    lost: usize,
    wrong: usize,
    asked: String,
}

fn at(times: &[f64], percent: usize) -> f64 {
    times
        .get(times.len() * percent / 100)
        .copied()
        .unwrap_or_default()
}

type HttpClient = Client<HttpConnector, Empty<Bytes>>;

async fn load(address: &str, rate: u32, seconds: u32, postmaster: &str) -> Result<Load, Failure> {
    let client: HttpClient = Client::builder(TokioExecutor::new()).build_http();
    let (lost, wrong) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let total = rate * seconds;
    let third = Duration::from_secs(u64::from(seconds)) / 3;
    let begin = Instant::now();
    let mut asked = Vec::new();
    let mut tick = tokio::time::interval(Duration::from_secs(1) / rate);
    let mut is_stopped = false;
    for _ in 0..total {
        tick.tick().await;
        let since = begin.elapsed();
        let stands = since > third && since < 2 * third;
        if stands != is_stopped {
            signal(postmaster, if stands { "-STOP" } else { "-CONT" })?;
            is_stopped = stands;
        }
        // Looking that began before the database stood still may say ok for as long as an answer is good.
        let is_surely_down = stands && since > third + FRESH + 3 * SLOW;
        let (client, address) = (client.clone(), address.to_owned());
        let (lost, wrong) = (lost.clone(), wrong.clone());
        asked.push(tokio::spawn(async move {
            let begin = Instant::now();
            match get(&client, &address, "/admin/health").await {
                Ok((status, _)) => {
                    if is_surely_down && status == 200 {
                        wrong.fetch_add(1, Ordering::Relaxed);
                    }
                    (!stands).then(|| begin.elapsed().as_secs_f64() * 1000.0)
                }
                Err(_) => {
                    lost.fetch_add(1, Ordering::Relaxed);
                    None
                }
            }
        }));
    }
    if is_stopped {
        signal(postmaster, "-CONT")?;
    }
    let mut times = Vec::new();
    for one in asked {
        times.extend(one.await?);
    }
    times.sort_by(f64::total_cmp);
    let (_, metrics) = get(&client, address, "/metrics").await?;
    let asked = metrics
        .lines()
        .find_map(|line| line.strip_prefix("pgpact_health_checks_total "))
        .ok_or("no such number")?
        .to_owned();
    Ok(Load {
        times,
        lost: lost.load(Ordering::Relaxed),
        wrong: wrong.load(Ordering::Relaxed),
        asked,
    })
}

async fn get(client: &HttpClient, address: &str, path: &str) -> Result<(u16, String), Failure> {
    let request = Request::builder()
        .uri(format!("http://{address}{path}"))
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(Empty::new())?;
    let reply = client.request(request).await?;
    let status = reply.status().as_u16();
    let body = reply.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

async fn wait_until_ready(address: &str) -> Result<(), Failure> {
    let client: HttpClient = Client::builder(TokioExecutor::new()).build_http();
    for _ in 0..200 {
        if get(&client, address, "/readyz").await?.0 == 200 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err("it is never ready".into())
}

fn start(folder: &std::path::Path, live: &str) -> Result<(Server, String), Failure> {
    std::fs::write(
        folder.join("contract.sql"),
        "create table public.papers (id bigint);",
    )?;
    std::fs::write(
        folder.join("pgpact.toml"),
        format!(
            "expected = \"contract.sql\"\nplatform = \"plain\"\n[serve]\nevery = \"1h\"\nfresh = \"{}ms\"\nslow = \"{}ms\"\n",
            FRESH.as_millis(),
            SLOW.as_millis()
        ),
    )?;
    let mut process = Command::new(env!("CARGO_BIN_EXE_pgpact"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .current_dir(folder)
        .env("PGPACT_LIVE", live)
        .env("PGPACT_ADMIN_TOKEN", TOKEN)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let log = process.stderr.take().ok_or("no log")?;
    let server = Server(process);
    let mut lines = BufReader::new(log).lines();
    for line in lines.by_ref() {
        if let Some(address) = line?.strip_prefix("pgpact: listening on http://") {
            let address = address.to_owned();
            std::thread::spawn(move || lines.for_each(drop));
            return Ok((server, address));
        }
    }
    Err("it ended".into())
}

fn postmaster(backend: i32) -> Result<String, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{backend}/stat"))?;
    let parent = stat
        .rsplit(')')
        .next()
        .and_then(|rest| rest.split_whitespace().nth(1));
    Ok(parent.ok_or("no parent")?.to_owned())
}

fn signal(pid: &str, name: &str) -> Result<(), Failure> {
    match Command::new("kill").args([name, pid]).status()?.success() {
        true => Ok(()),
        false => Err("the signal was not sent".into()),
    }
}
