//! Applies a plan to live: on a connection of its own, under a lock, up to the first failure.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

use crate::classes::Section;
use crate::error::{Error, ErrorCode, Result};
use crate::inspect::Connection;
use crate::plan::{ReconcilePlan, SETTINGS, Step};
use crate::progress::Progress;

/// The advisory lock that two runs of this tool would both want: "pgpact" as a number.
const LOCK: i64 = 0x7067_7061_6374;

/// Runs all steps. An error says which step failed and which ones stand.
pub async fn apply(
    target: &Connection,
    plan: &ReconcilePlan,
    progress: &dyn Progress,
) -> Result<()> {
    let mut connection = target.connect(Duration::from_secs(20)).await?;
    let before = backend(&mut connection).await?;
    let mut lock = target.connect(Duration::from_secs(20)).await?;
    take_lock(&mut lock).await?;
    let is_pooled = is_pooled(&mut connection, &mut lock, before).await?;
    let outcome = match is_pooled {
        true => in_one_transaction(&mut connection, plan, progress).await,
        false => in_session(&mut connection, plan, progress).await,
    };
    connection.close().await.ok();
    // The lock goes with its transaction, also when we are killed.
    lock.close().await.ok();
    outcome
}

/// On a connection of our own: settings hold until its end.
async fn in_session(
    connection: &mut PgConnection,
    plan: &ReconcilePlan,
    progress: &dyn Progress,
) -> Result<()> {
    for setting in SETTINGS {
        send(connection, setting).await.map_err(broken)?;
    }
    run(connection, &plan.steps, &[], progress).await
}

/// Through a pooler that gives the connection to others after each transaction: nothing may outlast one.
async fn in_one_transaction(
    connection: &mut PgConnection,
    plan: &ReconcilePlan,
    progress: &dyn Progress,
) -> Result<()> {
    let is_outside = |step: &&Step| step.statement.section != Section::Transaction;
    let outside = plan.steps.iter().filter(is_outside).count();
    if outside > 0 {
        return Err(Error::new(
            ErrorCode::ApplyFailed,
            format!("{outside} steps have to run outside of a transaction, and live is reached through a connection pooler in transaction mode; nothing was changed"),
        )
        .with_help("Use the direct connection, or the pooler in session mode (Supabase: port 5432 instead of 6543)."));
    }
    let settings: Vec<String> = SETTINGS
        .iter()
        .map(|setting| setting.replacen("set ", "set local ", 1))
        .collect();
    run(connection, &plan.steps, &settings, progress).await
}

/// Takes the lock in a transaction that stays open beside the plan's own.
async fn take_lock(lock: &mut PgConnection) -> Result<()> {
    send(
        lock,
        "begin; set local idle_in_transaction_session_timeout = 0",
    )
    .await
    .map_err(broken)?;
    let query = format!("select pg_try_advisory_xact_lock({LOCK})::text");
    if answer(lock, query).await? == "true" {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::ApplyFailed,
        "another run of pgpact is applying a plan to this database",
    )
    .with_help("Wait for its end, then run this again."))
}

/// Whether somebody between us and the server gives our connection to others after each transaction: then
/// the open transaction of the lock sits where we were, or we are moved about.
async fn is_pooled(
    connection: &mut PgConnection,
    lock: &mut PgConnection,
    before: String,
) -> Result<bool> {
    let after = backend(connection).await?;
    Ok(before != after || backend(lock).await? == before)
}

/// The process of the server that answers.
async fn backend(connection: &mut PgConnection) -> Result<String> {
    answer(connection, "select pg_backend_pid()::text".to_owned()).await
}

async fn answer(connection: &mut PgConnection, query: String) -> Result<String> {
    let row = connection
        .fetch_one(sqlx::raw_sql(AssertSqlSafe(query)))
        .await
        .map_err(broken)?;
    row.try_get_unchecked(0).map_err(broken)
}

/// Runs steps up to the first that fails; `local` is said at the begin of the transaction.
async fn run(
    connection: &mut PgConnection,
    steps: &[Step],
    local: &[String],
    progress: &dyn Progress,
) -> Result<()> {
    let begin = format!("begin; {}", local.join("; "));
    let mut in_transaction = false;
    let mut standing = 0;
    for (index, step) in steps.iter().enumerate() {
        progress.advance(index, steps.len());
        let belongs = step.statement.section == Section::Transaction;
        let change = match (in_transaction, belongs) {
            (false, true) => send(connection, &begin).await,
            (true, false) => send(connection, "commit").await,
            _ => Ok(()),
        };
        if in_transaction && !belongs {
            standing = index;
        }
        in_transaction = belongs;
        let outcome = match change {
            Ok(()) => send(connection, &step.statement.sql).await,
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            if in_transaction {
                send(connection, "rollback").await.ok();
            }
            return Err(stopped(&error, step, standing, steps.len()));
        }
        if !in_transaction {
            standing = index + 1;
        }
    }
    if in_transaction && let Err(error) = send(connection, "commit").await {
        let last = steps.last().expect("a transaction has a step");
        return Err(stopped(&error, last, standing, steps.len()));
    }
    Ok(())
}

fn stopped(error: &sqlx::Error, step: &Step, standing: usize, count: usize) -> Error {
    let said = error
        .as_database_error()
        .map_or_else(|| error.to_string(), |error| error.message().to_owned());
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    let help = match code.as_deref() {
        // lock_not_available, query_canceled
        Some("55P03" | "57014") => {
            "Somebody holds a lock, or the step takes longer than allowed: run it again when it is quieter."
        }
        _ => "Repair what stands in the way and run it again: steps that stand are not done twice.",
    };
    let stand = match standing {
        0 => "nothing was changed".to_owned(),
        standing => {
            format!("the first {standing} of {count} steps stand, the rest was undone or not begun")
        }
    };
    Error::new(
        ErrorCode::ApplyFailed,
        format!("the step for {} failed: {said}; {stand}", step.id),
    )
    .with_help(help)
}

async fn send(connection: &mut PgConnection, text: &str) -> Result<(), sqlx::Error> {
    let query = sqlx::raw_sql(AssertSqlSafe(text.to_owned()));
    connection.execute(query).await.map(|_| ())
}

fn broken(error: sqlx::Error) -> Error {
    Error::new(
        ErrorCode::ApplyFailed,
        "the live database did not let the plan begin",
    )
    .with_source(error)
}
