//! Reading and comparing two databases against `pg_dump --schema-only` of the same two, in one run.
//!
//! `cargo bench --bench compare -- [TABLES…]` prints one line a size. Figures are ratios: the machine
//! and its load cancel out.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pgpact::contract;
use pgpact::inspect::Session;
use pgpact::scratch::{Choice, Environment, Platform, Scratch};
use sqlx::{AssertSqlSafe, Executor as _};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let sizes: Vec<usize> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![100, 1000]
    } else {
        sizes
    };
    let mut text = String::from(
        "| tables | objects a side | 2 × pg_dump | read both and compare | ratio | peak memory |\n|---|---|---|---|---|---|\n",
    );
    for size in sizes {
        text += &measure(size).await?;
    }
    use std::io::Write as _;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// Four columns, four policies, three indexes, a key, a foreign key, a check and a trigger a table.
fn schema(tables: usize) -> String {
    let mut sql = String::from(
        "create function touch() returns trigger language plpgsql as $$ begin new.updated_at = now(); return new; end $$;",
    );
    for number in 0..tables {
        let name = format!("table_{number}");
        let before = number.saturating_sub(1);
        write!(
            sql,
            "create table {name} (id bigint generated always as identity primary key, owner_name text not null default current_user,
               title varchar(80) check (length(title) > 0), parent_id bigint references table_{before}, updated_at timestamptz not null default now());
             alter table {name} enable row level security;
             create policy \"Read own\" on {name} for select using (owner_name = current_user);
             create policy \"Insert own\" on {name} for insert with check (owner_name = current_user);
             create policy \"Update own\" on {name} for update using (owner_name = current_user) with check (owner_name = current_user);
             create policy \"Delete own\" on {name} for delete using (owner_name = current_user and updated_at > now() - interval '1 day');
             create index {name}_owner on {name} (owner_name);
             create index {name}_recent on {name} (updated_at desc) where parent_id is not null;
             create unique index {name}_title on {name} (lower(title), owner_name);
             create trigger touch before update on {name} for each row execute function touch();
             grant select on {name} to public;"
        )
        .expect("writing to a string cannot fail");
    }
    sql
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
    let mut owner = scratch.connection("postgres", "one").connect(limit).await?;
    owner
        .execute(sqlx::raw_sql(AssertSqlSafe(schema(tables))))
        .await?;
    drop(owner);
    connection
        .execute(sqlx::raw_sql(
            "create database two template one owner postgres",
        ))
        .await?;

    let socket = scratch.socket().ok_or("the server is private")?.to_owned();
    let dump = |database: &str| -> Result<(), Failure> {
        let status = Command::new("pg_dump")
            .args(["--schema-only", "-U", admin, "-d", database, "-h"])
            .arg(&socket)
            .stdout(Stdio::null())
            .status()?;
        status
            .success()
            .then_some(())
            .ok_or_else(|| "pg_dump failed".into())
    };
    let mut dumps = Vec::new();
    let mut ours = Vec::new();
    let mut objects = 0;
    for _ in 0..3 {
        let begin = Instant::now();
        dump("one")?;
        dump("two")?;
        dumps.push(begin.elapsed());

        let begin = Instant::now();
        let (one, two) = tokio::try_join!(read(&scratch, "one"), read(&scratch, "two"))?;
        let deltas = contract::fold(contract::diff(&one, &two));
        ours.push(begin.elapsed());
        if !deltas.is_empty() {
            return Err(format!("{} deltas between a database and its copy", deltas.len()).into());
        }
        objects = one.objects.len();
    }
    let (dumps, ours) = (median(dumps), median(ours));
    let ratio = ours.as_secs_f64() / dumps.as_secs_f64();
    Ok(format!(
        "| {tables} | {objects} | {:.2} s | {:.2} s | {ratio:.2} | {} MB |\n",
        dumps.as_secs_f64(),
        ours.as_secs_f64(),
        peak_memory_mb()
    ))
}

async fn read(
    scratch: &Scratch,
    database: &str,
) -> Result<contract::Contract, pgpact::error::Error> {
    let target = scratch.connection(scratch.admin(), database);
    let mut session = Session::open(&target, Duration::from_secs(20)).await?;
    let reading = session.read(None).await?;
    session.close().await;
    Ok(reading.contract)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The most that this process ever held, both contracts included (`VmHWM` of proc(5)).
fn peak_memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or_default();
    let kilobytes: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or(0);
    kilobytes / 1024
}
