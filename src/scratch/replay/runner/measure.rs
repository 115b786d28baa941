//! What each statement does to tables that were there before: locks, rewrites, scans, rows written.
//!
//! Asked after each statement on its own connection, in its transaction: `pg_locks` says what it holds
//! (documentation, "`pg_locks`"), a new filenode that the table was rewritten, a sequential scan that it was read.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::outcome::ends_connection;
use super::{Runner, Statement, broken};
use crate::error::Result;
use crate::scratch::replay::Effect;

// The session is the migration's, and so is its search_path: whatever these queries call is spelled in full, operators too.

/// Tables that were there before the first statement, and what was seen of them last.
pub(super) struct Watching {
    relations: BTreeMap<i64, Relation>,
    held: BTreeSet<(i64, String)>,
    effects: Vec<Effect>,
}

struct Relation {
    name: String,
    filenode: i64,
    scans: i64,
}

const EXISTING: &str = "
    select c.oid::pg_catalog.int8, pg_catalog.format('%I.%I', n.nspname, c.relname),
           coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::pg_catalog.int8
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
    where c.relkind operator(pg_catalog.=) any ('{r,p,m}'::pg_catalog.\"char\"[])
      and c.oid operator(pg_catalog.>=) 16384::pg_catalog.oid
      and c.relpersistence operator(pg_catalog.<>) 't'::pg_catalog.\"char\"
      and n.nspname operator(pg_catalog.<>) all ('{_pgpact,_stub}'::pg_catalog.name[])";

/// Scans are counted until a backend hands its counters on, between transactions: what stood there before a
/// statement is not its own.
const COUNTED: &str = "
    select c.oid::pg_catalog.int8, pg_catalog.pg_stat_get_xact_numscans(c.oid)::pg_catalog.int8
    from pg_catalog.pg_class c
    where c.relkind operator(pg_catalog.=) any ('{r,p,m}'::pg_catalog.\"char\"[])
      and c.oid operator(pg_catalog.>=) 16384::pg_catalog.oid
      and pg_catalog.pg_stat_get_xact_numscans(c.oid) operator(pg_catalog.>) 0::pg_catalog.int8";

const HELD: &str = "
    select l.relation::pg_catalog.int8, l.mode::pg_catalog.text,
           coalesce(pg_catalog.pg_relation_filenode(l.relation), 0)::pg_catalog.int8,
           coalesce(pg_catalog.pg_stat_get_xact_numscans(l.relation), 0)::pg_catalog.int8
    from pg_catalog.pg_locks l
    where l.pid operator(pg_catalog.=) pg_catalog.pg_backend_pid()
      and l.locktype operator(pg_catalog.=) 'relation'::pg_catalog.text and l.granted
      and l.relation operator(pg_catalog.>=) 16384::pg_catalog.oid";

impl Runner {
    /// From now on the effects of statements on what is there are kept.
    pub(in crate::scratch) async fn watch(&mut self) -> Result<()> {
        let rows = self.migration.fetch_all(sqlx::raw_sql(EXISTING)).await;
        let mut relations = BTreeMap::new();
        for row in rows.map_err(broken)? {
            let oid: i64 = row.try_get_unchecked(0).map_err(broken)?;
            let relation = Relation {
                name: row.try_get_unchecked(1).map_err(broken)?,
                filenode: row.try_get_unchecked(2).map_err(broken)?,
                scans: 0,
            };
            relations.insert(oid, relation);
        }
        self.watching = Some(Watching {
            relations,
            held: BTreeSet::new(),
            effects: Vec::new(),
        });
        Ok(())
    }

    /// What was kept since, in order.
    pub(in crate::scratch) fn watched(&mut self) -> Vec<Effect> {
        self.watching
            .take()
            .map(|watching| watching.effects)
            .unwrap_or_default()
    }

    /// Locks end with the transaction.
    pub(super) fn let_go(&mut self) {
        if let Some(watching) = &mut self.watching {
            watching.held.clear();
        }
    }

    /// Runs a statement that stands alone in a transaction of its own, so that there is a moment to look.
    pub(super) async fn alone(
        &mut self,
        statement: &Statement,
        text: &str,
    ) -> Result<Result<(), sqlx::Error>> {
        self.must("begin").await?;
        self.count_scans().await?;
        let mut outcome = self.send(text).await;
        if outcome.is_ok() {
            self.look(statement).await?;
            outcome = self.send("commit").await;
        }
        self.let_go();
        let Err(error) = outcome else {
            return Ok(Ok(()));
        };
        if ends_connection(&error) {
            return Ok(Err(error));
        }
        self.must("rollback").await?;
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        match code.as_deref() {
            // Refused inside of any transaction: it takes its locks in its own ways.
            Some("25001") => Ok(self.send(text).await),
            _ => Ok(Err(error)),
        }
    }

    /// Notes how often tables were scanned so far; in the transaction of the statement that follows.
    pub(super) async fn count_scans(&mut self) -> Result<()> {
        let Some(watching) = &mut self.watching else {
            return Ok(());
        };
        let rows = self.migration.fetch_all(sqlx::raw_sql(COUNTED)).await;
        for relation in watching.relations.values_mut() {
            relation.scans = 0;
        }
        for row in rows.map_err(broken)? {
            let oid: i64 = row.try_get_unchecked(0).map_err(broken)?;
            if let Some(relation) = watching.relations.get_mut(&oid) {
                relation.scans = row.try_get_unchecked(1).map_err(broken)?;
            }
        }
        Ok(())
    }

    /// Keeps what the statement that just ran did.
    pub(super) async fn look(&mut self, statement: &Statement) -> Result<()> {
        let location = self.location();
        let Some(watching) = &mut self.watching else {
            return Ok(());
        };
        let query = sqlx::raw_sql(AssertSqlSafe(HELD));
        let rows = self.migration.fetch_all(query).await.map_err(broken)?;
        let mut effect = Effect::at(location, &statement.text);
        for row in rows {
            let oid: i64 = row.try_get_unchecked(0).map_err(broken)?;
            let mode: String = row.try_get_unchecked(1).map_err(broken)?;
            let filenode: i64 = row.try_get_unchecked(2).map_err(broken)?;
            let scans: i64 = row.try_get_unchecked(3).map_err(broken)?;
            let Some(relation) = watching.relations.get_mut(&oid) else {
                continue;
            };
            if filenode != 0 && filenode != relation.filenode {
                relation.filenode = filenode;
                effect.rewrites.insert(relation.name.clone());
            }
            if scans > relation.scans {
                relation.scans = scans;
                effect.scans.insert(relation.name.clone());
            }
            if watching.held.insert((oid, mode.clone())) {
                effect.take(&relation.name, &mode);
            }
        }
        if !effect.is_nothing() {
            watching.effects.push(effect);
        }
        Ok(())
    }
}
