//! One transaction in which everything is tried and nothing stays: a savepoint for each probe, a rollback at the end.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

use super::settings::Settings;
use crate::error::{Error, ErrorCode, Result};
use crate::inspect::PRINTING;
use crate::sql::{identifier, literal, quoted};

/// Columns of an answer, as text.
pub(super) type Row = Vec<Option<String>>;

/// A connection inside of a transaction that is never committed.
#[derive(Debug)]
pub(super) struct Session {
    connection: PgConnection,
    label: String,
    extra_search_path: Vec<String>,
}

/// Who tries something, and with which claims.
#[derive(Debug, Clone)]
pub(super) struct Actor<'a> {
    pub(super) role: &'a str,
    pub(super) claims: Map<String, Value>,
}

/// What a statement answered, and how long that took.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) rows: Result<Vec<Row>, Trouble>,
    pub(super) took: Duration,
}

/// Why the database refused a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) state: String,
    pub(super) message: String,
}

impl Trouble {
    /// The role lacks a right (Postgres documentation, appendix A: 42501).
    pub(super) fn is_denied(&self) -> bool {
        self.state == "42501"
    }

    /// The statement ran out of time, or of patience for a lock.
    pub(super) fn is_late(&self) -> bool {
        matches!(self.state.as_str(), "57014" | "55P03")
    }

    /// It would have written.
    pub(super) fn is_write(&self) -> bool {
        self.state == "25006"
    }

    /// A row does not fit: not the fault of who tried it.
    pub(super) fn is_of_data(&self) -> bool {
        self.state.starts_with("22") || self.state.starts_with("23")
    }
}

/// PostgREST takes the role from the claims, so that both are always the same; of equal keys the last holds.
#[derive(Serialize)]
struct Claims<'a> {
    #[serde(flatten)]
    others: &'a Map<String, Value>,
    role: &'a str,
}

impl<'a> Actor<'a> {
    /// Somebody with no claim but its role, as an API key has.
    pub(super) fn of(role: &'a str) -> Self {
        Self {
            role,
            claims: Map::new(),
        }
    }

    fn settings(&self) -> String {
        let claims = Claims {
            others: &self.claims,
            role: self.role,
        };
        let claims = serde_json::to_string(&claims).expect("claims are plain JSON data");
        let text = |name: &str| self.claims.get(name).and_then(Value::as_str);
        let set = |name: &str, value: &str| {
            let (name, value) = (literal(name), literal(value));
            format!("pg_catalog.set_config({name}, {value}, true)")
        };
        // PostgREST sets the first; what it set before version 9 is still read by older policies.
        let settings = [
            set("request.jwt.claims", &claims),
            set("request.jwt.claim.role", self.role),
            set("request.jwt.claim.sub", text("sub").unwrap_or_default()),
            set("request.jwt.claim.email", text("email").unwrap_or_default()),
        ];
        format!(
            "set local role {}; select {}",
            quoted(self.role),
            settings.join(", ")
        )
    }
}

impl Session {
    /// Begins the transaction: read-only unless writes are allowed, and then still for each probe that does not write.
    pub(super) async fn begin(
        mut connection: PgConnection,
        label: String,
        settings: &Settings,
    ) -> Result<Self> {
        let mode = match settings.allows_writes {
            true => "read write",
            false => "read only",
        };
        let begin = format!(
            "begin isolation level read committed {mode}; \
             set local statement_timeout = {}; set local lock_timeout = '2s'; \
             set local idle_in_transaction_session_timeout = '120s'; savepoint pgpact",
            settings.statement_timeout.as_millis()
        );
        let outcome = connection
            .execute(sqlx::raw_sql(AssertSqlSafe(begin)))
            .await;
        outcome.map_err(|error| broken(&label, &error))?;
        Ok(Self {
            connection,
            label,
            extra_search_path: Vec::new(),
        })
    }

    /// What is found without a schema besides that of the request, as PostgREST is configured.
    pub(super) fn extra_search_path(&mut self, schemas: Vec<String>) {
        self.extra_search_path = schemas;
    }

    /// Asks the catalogs as the login.
    pub(super) async fn ask(&mut self, query: &str) -> Result<Vec<Row>> {
        let setup = format!("{} {PRINTING}", self.clean(false));
        self.send(&setup).await?;
        let rows = self.rows(query).await;
        rows.map_err(|error| broken(&self.label, &error))
    }

    /// Tries a statement as the login; nothing of it stays.
    pub(super) async fn try_as_login(&mut self, schema: &str, query: &str) -> Result<Answer> {
        let setup = format!("{} {}", self.clean(false), self.search_path(schema));
        self.attempt(&setup, query).await
    }

    /// Tries a statement that only reads as somebody; nothing of it stays.
    pub(super) async fn try_as(
        &mut self,
        actor: &Actor<'_>,
        schema: &str,
        query: &str,
    ) -> Result<Answer> {
        let setup = [
            self.clean(false),
            self.search_path(schema),
            actor.settings(),
        ]
        .concat();
        self.attempt(&setup, query).await
    }

    /// Begins to try several statements as somebody, which may write; [`Self::go_on`] tries the next.
    pub(super) async fn write_as(&mut self, actor: &Actor<'_>, schema: &str) -> Result<()> {
        let setup = [self.clean(true), self.search_path(schema), actor.settings()].concat();
        self.send(&setup).await
    }

    /// Tries the next statement of several: one that fails leaves those before it standing.
    pub(super) async fn step(&mut self, query: &str) -> Result<Answer> {
        self.send("savepoint pgpact_step").await?;
        let answer = self.go_on(query).await?;
        if answer.rows.is_err() {
            self.send("rollback to savepoint pgpact_step").await?;
        }
        Ok(answer)
    }

    /// Tries a statement after those that went before it.
    pub(super) async fn go_on(&mut self, query: &str) -> Result<Answer> {
        let begin = Instant::now();
        let rows = self.rows(query).await;
        let took = begin.elapsed();
        Ok(Answer {
            rows: self.judged(rows)?,
            took,
        })
    }

    /// Takes everything back and ends the connection.
    pub(super) async fn end(mut self) {
        let rollback = self.connection.execute(sqlx::raw_sql("rollback")).await;
        if let Err(error) = rollback {
            tracing::debug!(%error, "ending a transaction, which the server does as well");
        }
        self.connection.close().await.ok();
    }

    /// Takes back what the probe before did. Read-only then holds up to the next savepoint, and nothing that runs
    /// in between can lift it (Postgres documentation, SET TRANSACTION): no sequence can be drawn from.
    fn clean(&self, writes: bool) -> String {
        let mode = match writes {
            true => "",
            false => " set local transaction_read_only = on;",
        };
        format!("rollback to savepoint pgpact;{mode}")
    }

    fn search_path(&self, schema: &str) -> String {
        let schemas = [schema.to_owned()];
        let all = schemas.iter().chain(&self.extra_search_path);
        let all: Vec<String> = all.map(|schema| identifier(schema)).collect();
        format!(" set local search_path = {}; ", all.join(", "))
    }

    async fn attempt(&mut self, setup: &str, query: &str) -> Result<Answer> {
        self.send(setup).await?;
        self.go_on(query).await
    }

    async fn send(&mut self, text: &str) -> Result<()> {
        let text = sqlx::raw_sql(AssertSqlSafe(text.to_owned()));
        let outcome = self.connection.execute(text).await;
        outcome
            .map(|_| ())
            .map_err(|error| broken(&self.label, &error))
    }

    async fn rows(&mut self, query: &str) -> Result<Vec<Row>, sqlx::Error> {
        let query = sqlx::raw_sql(AssertSqlSafe(query.to_owned()));
        let rows = self.connection.fetch_all(query).await?;
        rows.iter().map(texts).collect()
    }

    /// What the database says about a statement is an answer; a connection that breaks is none.
    fn judged(&self, rows: Result<Vec<Row>, sqlx::Error>) -> Result<Result<Vec<Row>, Trouble>> {
        match rows {
            Ok(rows) => Ok(Ok(rows)),
            Err(error) => match trouble(&error) {
                Some(trouble) => Ok(Err(trouble)),
                None => Err(broken(&self.label, &error)),
            },
        }
    }
}

fn texts(row: &PgRow) -> Result<Row, sqlx::Error> {
    (0..row.len())
        .map(|index| row.try_get_unchecked(index))
        .collect()
}

/// What the database said, when it still answers: after 57P01 and its like it does not.
fn trouble(error: &sqlx::Error) -> Option<Trouble> {
    let error = error.as_database_error()?;
    let state = error.code().unwrap_or_default().into_owned();
    let is_end = state.starts_with("08") || state.starts_with("57P");
    (!is_end).then(|| Trouble {
        state,
        message: error.message().to_owned(),
    })
}

pub(super) fn broken(label: &str, error: &sqlx::Error) -> Error {
    let message = match error.as_database_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    };
    Error::new(
        ErrorCode::InspectFailed,
        format!("probing {label} broke off: {message}"),
    )
    .with_help("Nothing was left behind: the server rolls back what is not committed. If the connection broke or timed out, try again.")
}
