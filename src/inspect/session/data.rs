//! What a plan asks about the data: within seconds, each question in a read-only snapshot of its own.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::super::history::{self, Histories};
use super::{BEGIN, Session, read_failed};
use crate::error::Result;
use crate::sql;

const LIMITS: &str = "set local statement_timeout = '10s'; set local lock_timeout = '2s'; \
set local search_path = pg_catalog";

/// How far rows are counted; one more stands for any number above it.
pub const COUNTED: u64 = 100_000;

impl Session {
    /// How many rows a query returns, up to one more than [`COUNTED`].
    pub async fn count(&mut self, query: &str) -> Result<u64> {
        let limit = COUNTED + 1;
        let query = format!("select count(*) from (select from ({query}) x limit {limit}) y");
        let rows = self.answer(query).await?;
        Ok(number(rows.first(), 0).unwrap_or_default())
    }

    /// The text of the first row that a query returns.
    pub async fn example(&mut self, query: &str) -> Result<Option<String>> {
        let rows = self.answer(format!("{query} limit 1")).await?;
        let text = rows
            .first()
            .map(|row| row.try_get_unchecked::<String, _>(0));
        Ok(text.and_then(std::result::Result::ok))
    }

    /// Bytes of relations and the rows that the planner believes in, with all partitions, by quoted name.
    pub async fn sizes(&mut self, names: &[&str]) -> Result<BTreeMap<String, (u64, Option<u64>)>> {
        let names: Vec<String> = names.iter().map(|name| sql::literal(name)).collect();
        let rows = self.answer(format!(
            "select n.name,
              sum(pg_total_relation_size(c.oid))::int8,
              case when bool_or(c.reltuples < 0) then null else sum(c.reltuples)::int8 end
            from unnest(array[{}]::text[]) n (name)
            -- Only what has partitions has a tree.
            left join lateral pg_partition_tree(to_regclass(n.name)) p on true
            join pg_class c on c.oid = coalesce(p.relid, to_regclass(n.name))
            where p.isleaf is not false
            group by n.name",
            names.join(", ")
        ));
        let rows = rows.await?;
        let size = |row: &PgRow| {
            let name: String = row.try_get_unchecked(0).ok()?;
            Some((name, (number(Some(row), 1)?, number(Some(row), 2))))
        };
        Ok(rows.iter().filter_map(size).collect())
    }

    /// Which migrations history tables say the database has.
    pub async fn histories(&mut self) -> Result<Histories> {
        let read = async {
            self.connection.execute(sqlx::raw_sql(BEGIN)).await?;
            self.connection.execute(sqlx::raw_sql(LIMITS)).await?;
            history::read::histories(&mut self.connection).await
        }
        .await;
        let ended = self.connection.execute(sqlx::raw_sql("rollback")).await;
        ended.map_err(|error| read_failed(&self.label, error))?;
        read.map_err(|error| read_failed(&self.label, error))
    }

    /// What shows that a deploy is under way, in words; nothing when nothing does.
    pub async fn deploy(&mut self, histories: &Histories) -> Result<Option<String>> {
        let rows = self.answer(history::deploy::LOCKS.to_owned()).await?;
        let text =
            |row: &PgRow, at: usize| row.try_get_unchecked::<String, _>(at).unwrap_or_default();
        let held: Vec<history::deploy::Held> = rows
            .iter()
            .map(|row| history::deploy::Held {
                what: text(row, 0),
                kind: text(row, 1),
                database: text(row, 2),
            })
            .collect();
        let tables: Vec<&str> = histories.tables().collect();
        Ok(history::deploy::sign(&held, &tables))
    }

    async fn answer(&mut self, query: String) -> Result<Vec<PgRow>> {
        let answered = async {
            self.connection.execute(sqlx::raw_sql(BEGIN)).await?;
            self.connection.execute(sqlx::raw_sql(LIMITS)).await?;
            let query = sqlx::raw_sql(AssertSqlSafe(query));
            self.connection.fetch_all(query).await
        }
        .await;
        let ended = self.connection.execute(sqlx::raw_sql("rollback")).await;
        ended.map_err(|error| read_failed(&self.label, error))?;
        answered.map_err(|error| read_failed(&self.label, error))
    }
}

fn number(row: Option<&PgRow>, at: usize) -> Option<u64> {
    let number: i64 = row?.try_get_unchecked::<Option<i64>, _>(at).ok()??;
    u64::try_from(number).ok()
}
