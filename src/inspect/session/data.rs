//! What a plan asks about the data: within seconds, each question in a read-only snapshot of its own.

use std::collections::BTreeMap;

use super::super::history::{self, Histories};
use super::super::transport::{Cells, Fault, Snapshot};
use super::{Session, read_failed};
use crate::error::Result;
use crate::sql;

/// How far rows are counted; one more stands for any number above it.
pub const COUNTED: u64 = 100_000;

impl Session {
    /// How many rows a query returns, up to one more than [`COUNTED`].
    pub async fn count(&mut self, query: &str) -> Result<u64> {
        let limit = COUNTED + 1;
        let query = format!("select count(*) from (select from ({query}) x limit {limit}) y");
        let rows = self.answer(&query, 1).await?;
        Ok(rows
            .into_iter()
            .find_map(|row| row.number(0).ok())
            .unwrap_or_default())
    }

    /// The text of the first row that a query returns.
    pub async fn example(&mut self, query: &str) -> Result<Option<String>> {
        let rows = self.answer(&format!("{query} limit 1"), 1).await?;
        let first = rows.into_iter().next();
        Ok(first.and_then(|mut row| row.optional(0).ok()?))
    }

    /// Bytes of relations and the rows that the planner believes in, with all partitions, by quoted name.
    pub async fn sizes(&mut self, names: &[&str]) -> Result<BTreeMap<String, (u64, Option<u64>)>> {
        let names: Vec<String> = names.iter().map(|name| sql::literal(name)).collect();
        let query = format!(
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
        );
        let rows = self.answer(&query, 3).await?;
        let size = |mut row: Cells| {
            let (name, bytes) = (row.text(0).ok()?, row.number(1).ok()?);
            Some((name, (bytes, row.number(2).ok())))
        };
        Ok(rows.into_iter().filter_map(size).collect())
    }

    /// Which migrations history tables say the database has.
    pub async fn histories(&mut self) -> Result<Histories> {
        let read = async {
            self.transport.begin(Snapshot::Data).await?;
            let read = history::read::histories(&mut self.transport).await;
            self.transport.end().await?;
            read
        };
        let read = read.await;
        read.map_err(|fault| read_failed(&self.label, fault))
    }

    /// What shows that a deploy is under way, in words; nothing when nothing does.
    pub async fn deploy(&mut self, histories: &Histories) -> Result<Option<String>> {
        let rows = self.answer(history::deploy::LOCKS, 3).await?;
        let held = rows.into_iter().map(|mut row| {
            Ok(history::deploy::Held {
                what: row.optional(0)?.unwrap_or_default(),
                kind: row.optional(1)?.unwrap_or_default(),
                database: row.optional(2)?.unwrap_or_default(),
            })
        });
        let held: std::result::Result<Vec<history::deploy::Held>, Fault> = held.collect();
        let held = held.map_err(|fault| read_failed(&self.label, fault))?;
        let tables: Vec<&str> = histories.tables().collect();
        Ok(history::deploy::sign(&held, &tables))
    }

    async fn answer(&mut self, query: &str, width: usize) -> Result<Vec<Cells>> {
        let answered = async {
            self.transport.begin(Snapshot::Data).await?;
            let rows = self.transport.rows(query, width).await;
            self.transport.end().await?;
            rows
        };
        let answered = answered.await;
        answered.map_err(|fault| read_failed(&self.label, fault))
    }
}
