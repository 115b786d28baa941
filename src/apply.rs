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
    take_lock(&mut connection).await?;
    for setting in SETTINGS {
        send(&mut connection, setting).await.map_err(broken)?;
    }
    let outcome = run(&mut connection, &plan.steps, progress).await;
    // Closing gives the lock back.
    connection.close().await.ok();
    outcome
}

async fn take_lock(connection: &mut PgConnection) -> Result<()> {
    let query = format!("select pg_try_advisory_lock({LOCK})::text");
    let row = connection
        .fetch_one(sqlx::raw_sql(AssertSqlSafe(query)))
        .await
        .map_err(broken)?;
    let taken: String = row.try_get_unchecked(0).map_err(broken)?;
    if taken == "true" {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::ApplyFailed,
        "another run of pgpact is applying a plan to this database",
    )
    .with_help("Wait for its end, then run this again."))
}

async fn run(connection: &mut PgConnection, steps: &[Step], progress: &dyn Progress) -> Result<()> {
    let mut in_transaction = false;
    let mut standing = 0;
    for (index, step) in steps.iter().enumerate() {
        progress.advance(index, steps.len());
        let belongs = step.statement.section == Section::Transaction;
        let change = match (in_transaction, belongs) {
            (false, true) => send(connection, "begin").await,
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
