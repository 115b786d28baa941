//! Trying statements, many in one message, and what came of each.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::{PgConnection, Row as _};

use crate::error::Result;

/// One statement of one actor. Nothing of it lasts.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Probe {
    pub settings: BTreeMap<String, String>,
    /// Statements before it, as ourselves.
    pub before: Vec<String>,
    pub role: String,
    pub path: String,
    pub sql: String,
    /// Whether the statement gives a text, rather than touching rows.
    pub reads: bool,
    /// A question afterwards, as ourselves.
    pub check: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    /// The SQLSTATE, `00000` for none.
    pub state: String,
    pub message: String,
    /// Rows that were touched.
    pub affected: i64,
    /// What the statement gave.
    pub found: Option<String>,
    /// What the question gave.
    pub checked: Option<String>,
}

/// How many go into one message.
const BATCH: usize = 400;

/// A statement that takes longer proves nothing.
const PATIENCE: &str = "set statement_timeout = '20s'";
const PATIENCE_FOR_ONE: &str = "set statement_timeout = '3s'";

/// Tries all of them, in order.
pub(super) async fn attempt(
    connection: &mut PgConnection,
    probes: &[Probe],
) -> Result<Vec<Answer>> {
    let mut answers = Vec::with_capacity(probes.len());
    for batch in probes.chunks(BATCH) {
        match send(connection, batch, PATIENCE).await {
            Ok(given) => answers.extend(given),
            Err(error) if is_late(&error) => {
                // One of them did it; the others are not to suffer.
                for probe in batch {
                    match send(connection, std::slice::from_ref(probe), PATIENCE_FOR_ONE).await {
                        Ok(given) => answers.extend(given),
                        Err(error) if is_late(&error) => answers.push(late()),
                        Err(error) => return Err(super::broken(error)),
                    }
                }
            }
            Err(error) => return Err(super::broken(error)),
        }
    }
    Ok(answers)
}

async fn send(
    connection: &mut PgConnection,
    probes: &[Probe],
    patience: &'static str,
) -> Result<Vec<Answer>, sqlx::Error> {
    sqlx::raw_sql(patience).execute(&mut *connection).await?;
    let text = serde_json::to_string(probes).unwrap_or_default();
    let query = "select * from _pgpact_access.try($1::jsonb)";
    let rows = sqlx::query(query)
        .bind(text)
        .persistent(false)
        .fetch_all(connection)
        .await?;
    let answers = rows.iter().map(|row| {
        Ok(Answer {
            state: row.try_get(0)?,
            message: row.try_get::<Option<String>, _>(1)?.unwrap_or_default(),
            affected: row.try_get::<Option<i64>, _>(3)?.unwrap_or_default(),
            found: row.try_get(4)?,
            checked: row.try_get(5)?,
        })
    });
    answers.collect()
}

fn is_late(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .as_deref()
        == Some("57014")
}

fn late() -> Answer {
    Answer {
        state: "57014".to_owned(),
        message: "it took longer than three seconds".to_owned(),
        ..Answer::default()
    }
}
