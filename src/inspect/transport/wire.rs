//! Over a connection: one transaction that is only read, and as many statements in one message as there are. A large
//! database is read over a second connection as well, at the same moment.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Either, Executor as _};

use super::{Cells, Fault, Snapshot};
use crate::inspect::{Connection, PRINTING, asked};
use crate::sql;

/// Everything is local to the transaction: a pooler may give the connection to others after it.
/// Rows come as they lie, also where somebody else is reading them (documentation, `synchronize_seqscans`).
/// Compiling catalog queries, and workers for them, cost a server more than they save, and catalogs are in its memory.
/// Joins by merging are thought of at length and hardly ever taken.
const BEGIN: &str = "\
begin isolation level repeatable read read only;
set local statement_timeout = '120s';
set local lock_timeout = '10s';
set local idle_in_transaction_session_timeout = '300s';
set local jit = off;
set local max_parallel_workers_per_gather = 0;
set local synchronize_seqscans = off;
set local enable_mergejoin = off;
set local random_page_cost = 1;
set local work_mem = '32MB';";

const LIMITS: &str = "set local statement_timeout = '10s'; set local lock_timeout = '2s'; \
set local search_path = pg_catalog, pg_temp;";

/// Whether a second connection is worth what it costs: from some hundred tables on, where the login may ask for it.
const IS_LARGE: &str = "\
pg_catalog.pg_relation_size('pg_catalog.pg_attribute') >= 4194304 \
and pg_catalog.has_function_privilege('pg_catalog.pg_export_snapshot()', 'execute')";

/// Which moment of which server it is, and who asks: behind one address there may be several servers, names of snapshots are each
/// one's own, and a pooled session may still be in somebody else's role.
const MOMENT: &str = "\
pg_catalog.concat_ws(' ', pg_catalog.pg_current_snapshot(), pg_catalog.pg_postmaster_start_time(), pg_catalog.current_database(), current_user, session_user)";

/// How long a second connection may take to be there: a pooler may have none left until this one ends.
const PATIENCE: Duration = Duration::from_secs(3);

/// A connection, and a second one beside it where that is quicker.
#[derive(Debug)]
pub(in crate::inspect) struct Wire {
    connection: PgConnection,
    /// How the second one is made.
    way: Connection,
    beside: Option<PgConnection>,
    is_large: bool,
    /// The places of classes that there is nothing of.
    absent: Vec<usize>,
}

impl Wire {
    pub(super) fn new(connection: PgConnection, way: Connection) -> Self {
        Self {
            connection,
            way,
            beside: None,
            is_large: false,
            absent: Vec::new(),
        }
    }

    pub(super) async fn begin(&mut self, snapshot: Snapshot) -> Result<(), Fault> {
        let text = match snapshot {
            Snapshot::Catalogs => format!("{BEGIN} {PRINTING} select {IS_LARGE}, '';"),
            Snapshot::Contract => {
                format!("{BEGIN} {PRINTING} select {IS_LARGE}, {};", asked::probe())
            }
            Snapshot::Data => format!("{BEGIN} {LIMITS}"),
        };
        let begin = sqlx::raw_sql(AssertSqlSafe(text));
        let answer = self.connection.fetch_optional(begin).await?;
        (self.is_large, self.absent) = match answer {
            Some(row) => {
                let mut cells = Cells::of(row);
                (cells.flag(0)?, asked::absent(&cells.text(1)?))
            }
            None => (false, Vec::new()),
        };
        Ok(())
    }

    /// The places of classes that need not be asked for.
    pub(super) fn absent(&self) -> &[usize] {
        &self.absent
    }

    /// One snapshot does not know what came after it.
    pub(super) async fn end(&mut self) -> Result<bool, Fault> {
        if let Some(mut beside) = self.beside.take() {
            let ended = beside.execute(sqlx::raw_sql("rollback")).await;
            self.beside = ended.is_ok().then_some(beside);
        }
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
        take: impl FnMut(usize, Cells) -> Result<(), E>,
    ) -> Result<(), E> {
        each(&mut self.connection, queries, take).await
    }

    /// The same, over both connections where there are two: one begins at the first query, the other at the last.
    pub(super) async fn spread<E: From<Fault>>(
        &mut self,
        queries: &[String],
        take: impl FnMut(usize, Cells) -> Result<(), E>,
    ) -> Result<(), E> {
        self.call().await?;
        let Some(beside) = &mut self.beside else {
            return self.each(queries, take).await;
        };
        let (left, take) = (Mutex::new(0..queries.len()), Mutex::new(take));
        let one = lane(&mut self.connection, queries, || first(&left), &take);
        let other = lane(beside, queries, || last(&left), &take);
        tokio::try_join!(one, other)?;
        Ok(())
    }

    /// Calls the second connection to the moment of the first. Whatever it fails of, the first one does alone.
    async fn call(&mut self) -> Result<(), Fault> {
        if !self.is_large {
            return Ok(());
        }
        let question = format!("select {MOMENT}, pg_catalog.pg_export_snapshot()");
        let told = self.rows(&question).await?;
        let mut told = told.into_iter().next().ok_or(Fault::Cell(0))?;
        let (moment, exported) = (told.text(0)?, told.text(1)?);
        let (known, way) = (self.beside.take(), self.way.clone());
        let come = async move {
            let mut beside = match known {
                Some(known) => known,
                None => way.connect(PATIENCE).await.ok()?,
            };
            let at = format!("set transaction snapshot {};", sql::literal(&exported));
            let begin = BEGIN.replacen(';', &format!("; {at}"), 1);
            let text = format!("{begin} {PRINTING} select {MOMENT};");
            let answer = beside.fetch_one(sqlx::raw_sql(AssertSqlSafe(text))).await;
            let its = Cells::of(answer.ok()?).text(0).ok()?;
            (its == moment).then_some(beside)
        };
        self.beside = tokio::time::timeout(PATIENCE, come).await.ok().flatten();
        tracing::debug!(
            is_there = self.beside.is_some(),
            "called a second connection"
        );
        Ok(())
    }

    pub(super) async fn close(self) {
        for connection in self.beside.into_iter().chain([self.connection]) {
            if let Err(error) = connection.close().await {
                tracing::debug!(%error, "closing a connection");
            }
        }
    }
}

async fn each<E: From<Fault>>(
    connection: &mut PgConnection,
    queries: &[String],
    mut take: impl FnMut(usize, Cells) -> Result<(), E>,
) -> Result<(), E> {
    let text = sqlx::raw_sql(AssertSqlSafe(queries.join(";\n")));
    let mut results = connection.fetch_many(text);
    let mut at = 0;
    while let Some(result) = results.try_next().await.map_err(Fault::from)? {
        match result {
            Either::Left(_) => at += 1,
            Either::Right(row) => take(at, Cells::of(row))?,
        }
    }
    Ok(())
}

/// Asks what is still to be asked, some at a time.
async fn lane<E: From<Fault>>(
    connection: &mut PgConnection,
    queries: &[String],
    next: impl Fn() -> Vec<usize>,
    take: &Mutex<impl FnMut(usize, Cells) -> Result<(), E>>,
) -> Result<(), E> {
    loop {
        let some = next();
        if some.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = some.iter().map(|at| queries[*at].clone()).collect();
        let taken = |place: usize, cells| {
            let mut take = take.lock().unwrap_or_else(PoisonError::into_inner);
            take(some[place], cells)
        };
        each(connection, &texts, taken).await?;
    }
}

/// Takes the first of what is left, fewer at a time as fewer are left, so that both lanes end together.
fn first(left: &Mutex<Range<usize>>) -> Vec<usize> {
    let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
    let middle = left.start + left.len().div_ceil(8);
    let taken = left.start..middle;
    left.start = middle;
    taken.collect()
}

/// Takes the last of what is left, from the end.
fn last(left: &Mutex<Range<usize>>) -> Vec<usize> {
    let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
    let middle = left.end - left.len().div_ceil(8);
    let taken = middle..left.end;
    left.end = middle;
    taken.rev().collect()
}
