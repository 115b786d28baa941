//! SQL that Python hands to a driver of Postgres.

use ruff_python_ast::ExprCall;

use super::assign::is_plain;
use super::project::{Binding, Module};
use super::reader::Reader;
use crate::usage::code::{Query, Value};

/// Methods of connections and cursors that take a statement first.
const METHODS: &[&str] = &[
    "execute",
    "executemany",
    "fetch",
    "fetchrow",
    "fetchval",
    "fetch_all",
    "fetch_one",
    "fetch_val",
    "prepare",
    "cursor",
    "iterate",
];

/// Drivers of Postgres, and libraries that are most often used with one.
const DRIVERS: &[&str] = &[
    "asyncpg",
    "psycopg",
    "psycopg2",
    "psycopg_pool",
    "aiopg",
    "sqlalchemy",
    "sqlmodel",
    "databases",
];

/// Drivers of other databases.
const OTHERS: &[&str] = &[
    "sqlite3",
    "aiosqlite",
    "duckdb",
    "pymysql",
    "MySQLdb",
    "mysql",
    "clickhouse_connect",
];

impl<'a> Reader<'_, 'a> {
    /// Keeps the statement that a call hands over, when it is one text.
    pub(super) fn statement_of(&mut self, call: &'a ExprCall, method: &str) {
        let is_own = self.site.is_none() && self.following.is_empty();
        let Some(first) = call.arguments.args.first() else {
            return;
        };
        if !is_own || !METHODS.contains(&method) || !is_plain(first, 0) || !speaks(self.here()) {
            return;
        }
        let at = self.at(first);
        let Value::Text { text, is_verbatim } = at.value else {
            return;
        };
        let query = Query {
            text,
            place: at.place,
            is_verbatim,
        };
        if crate::usage::sql::is_query(&query.text) && !self.queries.contains(&query) {
            self.queries.push(query);
        }
    }
}

/// Whether a module imports a driver, and none of another database.
fn speaks(module: &Module) -> bool {
    let mut speaks = false;
    for binding in module.names.values().flatten() {
        let (Binding::From(Some(path), 0, _) | Binding::Import(path)) = binding else {
            continue;
        };
        let root = path.split('.').next().unwrap_or(path);
        if OTHERS.contains(&root) {
            return false;
        }
        speaks |= DRIVERS.contains(&root);
    }
    speaks
}
