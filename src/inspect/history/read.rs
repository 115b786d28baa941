//! Finds history tables and reads them, in one read-only snapshot.

use std::collections::BTreeSet;

use super::tables::{APPLIED, BASELINE, FAILED, SHAPES, Shape, UNDONE};
use super::{Content, Entry, Hidden, Histories, Recorded, Tool};
use crate::contract::Gap;
use crate::inspect::transport::{Cells, Fault, Transport};
use crate::sql;

/// Where the Supabase CLI keeps its history; older ones without `statements` look like Rails'.
const SUPABASE: &str = "supabase_migrations";

const FIND: &str = "
select
  n.nspname::text,
  c.relname::text,
  -- Casts of a type of somebody's own would be called with our rights.
  (select string_agg(a.attname, ',') from pg_attribute a
   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.atttypid < 16384),
  has_schema_privilege(n.oid, 'usage')::text,
  has_table_privilege(c.oid, 'select')::text,
  -- Row security hides rows without a word.
  row_security_active(c.oid)::text,
  current_user::text
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
-- No views: what they call, they call with our rights.
where c.relkind in ('r', 'p')
  and not pg_is_other_temp_schema(n.oid)
  and c.relname in (";

/// A history table as the catalog shows it.
struct Found {
    schema: String,
    table: String,
    columns: String,
    may_use_schema: bool,
    may_select: bool,
    hides_rows: bool,
    login: String,
}

/// All history tables of the database that is asked.
pub(in crate::inspect) async fn histories(transport: &mut Transport) -> Result<Histories, Fault> {
    let names: BTreeSet<String> = SHAPES.iter().map(|s| sql::literal(s.table)).collect();
    let names: Vec<String> = names.into_iter().collect();
    let query = format!("{FIND}{}) order by 1, 2", names.join(", "));
    let mut histories = Histories::default();
    for row in transport.rows(&query, 7).await? {
        let found = found(row)?;
        let columns: BTreeSet<&str> = found.columns.split(',').collect();
        let Some((shape, tool)) = shape_of(&found, &columns) else {
            continue;
        };
        let table = sql::qualified(&[&found.schema, &found.table]);
        if let Some(why) = hidden(&found, &table) {
            let what = format!("migrations recorded in {table}");
            let gap = Gap { what, why };
            histories.hidden.push(Hidden { tool, table, gap });
            continue;
        }
        let query = shape.query(&table, &columns);
        let rows = transport.rows(&query, 6).await?;
        histories.recorded.push(recorded(tool, table, rows)?);
    }
    Ok(histories)
}

fn found(mut row: Cells) -> Result<Found, Fault> {
    Ok(Found {
        schema: row.text(0)?,
        table: row.text(1)?,
        columns: row.optional(2)?.unwrap_or_default(),
        may_use_schema: row.flag(3)?,
        may_select: row.flag(4)?,
        hides_rows: row.flag(5)?,
        login: row.text(6)?,
    })
}

fn shape_of(found: &Found, columns: &BTreeSet<&str>) -> Option<(&'static Shape, Tool)> {
    let shape = SHAPES
        .iter()
        .find(|shape| shape.fits(&found.table, columns))?;
    let tool = match shape.tool {
        Tool::Dbmate if found.schema == SUPABASE => Tool::Supabase,
        tool => tool,
    };
    Some((shape, tool))
}

/// Why a table cannot be read in full, with what would help.
fn hidden(found: &Found, table: &str) -> Option<String> {
    let login = sql::identifier(&found.login);
    let schema = sql::identifier(&found.schema);
    let mut grants = Vec::new();
    if !found.may_use_schema {
        grants.push(format!("grant usage on schema {schema} to {login}"));
    }
    if !found.may_select {
        grants.push(format!("grant select on {table} to {login}"));
    }
    if !grants.is_empty() {
        return Some(format!(
            "the login may not read {table}; `{}` would let it",
            grants.join("; ")
        ));
    }
    let why = format!(
        "row security hides rows of {table} from the login; a policy for {login} would show them"
    );
    found.hides_rows.then_some(why)
}

fn recorded(tool: Tool, table: String, rows: Vec<Cells>) -> Result<Recorded, Fault> {
    let mut recorded = Recorded {
        tool,
        table,
        entries: Vec::new(),
        up_to: None,
    };
    for mut row in rows {
        let state = row.text(5)?;
        take(&mut recorded, entry(row)?, &state);
    }
    Ok(recorded)
}

/// Takes a row in; a later row of a migration has the last word about it.
fn take(recorded: &mut Recorded, mut entry: Entry, state: &str) {
    let is_same = |other: &Entry| {
        other.version == entry.version && (!entry.version.is_empty() || other.name == entry.name)
    };
    match state {
        APPLIED | FAILED => {
            entry.has_failed = state == FAILED;
            // What runs again whenever it changes stands where it ran last.
            let runs_again = entry.version.is_empty();
            recorded.entries.retain(|other| {
                let is_repeated = runs_again || other.content == entry.content;
                !(is_same(other) && (other.has_failed || is_repeated))
            });
            // Who keeps the newest version alone had all before the one that failed.
            if recorded.tool == Tool::GolangMigrate {
                recorded.up_to = Some(entry.version.clone());
            }
            recorded.entries.push(entry);
        }
        UNDONE => recorded.entries.retain(|other| !is_same(other)),
        BASELINE => recorded.up_to = Some(entry.version),
        _ => {}
    }
}

fn entry(mut row: Cells) -> Result<Entry, Fault> {
    let content = match (row.optional(2)?, row.optional(3)?) {
        (Some(statements), _) => {
            let statements: Vec<Option<String>> =
                serde_json::from_str(&statements).map_err(|_| Fault::Cell(2))?;
            let statements: Vec<String> = statements.into_iter().flatten().collect();
            if statements.is_empty() {
                Content::Nothing
            } else {
                Content::Statements(statements)
            }
        }
        (None, Some(checksum)) => Content::Checksum(checksum),
        (None, None) => Content::Nothing,
    };
    Ok(Entry {
        version: row.optional(0)?.unwrap_or_default(),
        name: row.optional(1)?,
        content,
        applied_at: row.optional(4)?,
        has_failed: false,
    })
}
