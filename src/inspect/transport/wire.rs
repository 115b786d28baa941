//! Over a connection: one transaction that is only read, and as many statements in one message as there are.

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Either, Executor as _};

use super::{Cells, Fault, Snapshot};

/// Everything is local to the transaction: a pooler may give the connection to others after it.
/// Compiling catalog queries, and workers for them, cost a server more than they save, and catalogs are in its memory.
const BEGIN: &str = "\
begin isolation level repeatable read read only;
set local statement_timeout = '120s';
set local lock_timeout = '10s';
set local idle_in_transaction_session_timeout = '300s';
set local jit = off;
set local max_parallel_workers_per_gather = 0;
set local random_page_cost = 1;
set local work_mem = '32MB';";

const LIMITS: &str = "set local statement_timeout = '10s'; set local lock_timeout = '2s'; \
set local search_path = pg_catalog, pg_temp;";

/// A connection.
#[derive(Debug)]
pub(in crate::inspect) struct Wire {
    connection: PgConnection,
}

impl Wire {
    pub(super) fn new(connection: PgConnection) -> Self {
        Self { connection }
    }

    pub(super) async fn begin(&mut self, snapshot: Snapshot) -> Result<(), Fault> {
        let text = match snapshot {
            Snapshot::Catalogs => format!("{BEGIN} {}", crate::inspect::PRINTING),
            Snapshot::Data => format!("{BEGIN} {LIMITS}"),
        };
        let begin = sqlx::raw_sql(AssertSqlSafe(text));
        self.connection.execute(begin).await?;
        Ok(())
    }

    /// One snapshot does not know what came after it.
    pub(super) async fn end(&mut self) -> Result<bool, Fault> {
        self.connection.execute(sqlx::raw_sql("rollback")).await?;
        Ok(false)
    }

    pub(super) async fn rows(&mut self, query: &str) -> Result<Vec<Cells>, Fault> {
        let query = sqlx::raw_sql(AssertSqlSafe(query.to_owned()));
        let rows = self.connection.fetch_all(query).await?;
        Ok(rows.into_iter().map(Cells::of).collect())
    }

    /// All queries in one message: a far server is waited for once, and it works on while rows are taken in.
    pub(super) async fn each<E: From<Fault>>(
        &mut self,
        queries: &[String],
        mut take: impl FnMut(usize, Cells) -> Result<(), E>,
    ) -> Result<(), E> {
        let text = sqlx::raw_sql(AssertSqlSafe(queries.join(";\n")));
        let mut results = self.connection.fetch_many(text);
        let mut at = 0;
        while let Some(result) = results.try_next().await.map_err(Fault::from)? {
            match result {
                Either::Left(_) => at += 1,
                Either::Right(row) => take(at, Cells::of(row))?,
            }
        }
        Ok(())
    }

    pub(super) async fn close(self) {
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "closing a connection");
        }
    }
}
