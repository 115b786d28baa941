//! Whether a database is what it was: a hash of the rows that its contract is read from, none of them deparsed.

use super::run::for_major;
use super::transport::{Cells, Fault, Transport};
use crate::classes::{Class, TELLING, UPKEEP, VIEWS, rowless};
use crate::sql;

/// As much of a catalog is put into one text on the server, in bytes of its file: its memory is others' as well.
const STRETCH: u64 = 16 << 20;

/// How a query reads a table of people's that may not be there.
const OF_PEOPLE: &str = "query_to_xml";

/// Which columns there are that the login may read, whether that is all of them, and how large the catalog is, in bytes and
/// in bytes of a block. What cannot be hashed as it is can be as text.
const CATALOGS: &str = "
select
  c.relname::text,
  (
    select string_agg(
      quote_ident(a.attname) || case when a.atttypid = any (array['bool', '\"char\"', 'float4', 'int2', 'int4', 'int8', 'name', 'oid', 'regproc', 'text', 'timestamptz', 'xid']::regtype[]) then '' else '::text' end,
      ', ' order by a.attnum
    )
    from pg_attribute a
    where a.attrelid = c.oid
      and a.attnum > 0
      and not a.attisdropped
      and has_column_privilege(c.oid, a.attnum, 'select')
      and c.relname || '.' || a.attname <> all ($2)
  ),
  has_table_privilege(c.oid, 'select'),
  pg_relation_size(c.oid)::text,
  current_setting('block_size')
from pg_class c
where c.relnamespace = 'pg_catalog'::regnamespace
  and c.relkind = 'r'
  and c.relname <> all ($1)
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by c.relname";

/// Takes it, in the snapshot that was begun.
pub(super) async fn take(transport: &mut Transport, major: u32) -> Result<String, Fault> {
    let list = |names: Vec<String>| format!("array[{}]::text[]", names.join(", "));
    let passed_over = rowless().map(sql::literal).collect();
    let upkeep = UPKEEP.iter().flat_map(|(catalog, columns)| {
        columns
            .iter()
            .map(move |column| sql::literal(&format!("{catalog}.{column}")))
    });
    let query = CATALOGS
        .replace("$1", &list(passed_over))
        .replace("$2", &list(upkeep.collect()));
    let mut hasher = blake3::Hasher::new();
    let mut queries = others(major);
    let mut catalogs = Vec::new();
    for mut row in transport.rows(&query, 5).await? {
        let (name, columns) = (row.text(0)?, row.optional(1)?);
        let (is_readable, size, block): (_, u64, u64) =
            (row.flag(2)?, row.number(3)?, row.number(4)?);
        // What can be read is part of what was read.
        add(&mut hasher, &name);
        add(&mut hasher, columns.as_deref().unwrap_or_default());
        if let Some(columns) = columns {
            let row = row_of(&columns, is_readable, major);
            // Where a row is, only who may read all of it may ask.
            let size = if is_readable { size } else { 0 };
            catalogs.push((size, stretches(&name, &row, size, STRETCH / block)));
        }
    }
    // The largest last: two who share the work end together.
    catalogs.sort_by_key(|(size, _)| *size);
    queries.extend(catalogs.into_iter().flat_map(|(_, queries)| queries));
    let mut answers = vec![blake3::Hasher::new(); queries.len()];
    let take = |at: usize, mut row: Cells| {
        add(&mut answers[at], &row.optional(0)?.unwrap_or_default());
        Ok::<_, Fault>(())
    };
    transport.spread(&queries, 1, take).await?;
    let mut answers: Vec<(String, blake3::Hasher)> = queries.into_iter().zip(answers).collect();
    answers.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (query, answer) in answers {
        add(&mut hasher, &query);
        hasher.update(answer.finalize().as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// What is read besides catalogs, and who asks whom.
fn others(major: u32) -> Vec<String> {
    let views = VIEWS.iter().map(|(_, query)| (*query).to_owned());
    let of_people = Class::ALL
        .iter()
        .filter(|class| class.query.contains(OF_PEOPLE))
        .map(|class| {
            format!(
                "select q::text from (\n{}\n) q",
                for_major(class.query, major)
            )
        });
    let who = "select row(current_user, session_user, version())::text".to_owned();
    views.chain(of_people).chain([who]).collect()
}

/// What stands for a row, as bytes. Where it is and who wrote it tell it from any other there ever was on this server, so that
/// what was changed and changed back was changed; its values tell a server from a copy that went another way.
fn row_of(columns: &str, is_readable: bool, major: u32) -> String {
    match (is_readable, major) {
        (true, 14..) => format!(
            "tidsend(ctid) || xidsend(xmin) || int8send(hash_record_extended(row({columns}), 0))"
        ),
        (true, _) => format!("convert_to(row(ctid, xmin, {columns})::text, 'UTF8')"),
        (false, _) => format!("convert_to(row({columns})::text, 'UTF8')"),
    }
}

/// Queries for the rows of a catalog.
fn stretches(name: &str, row: &str, size: u64, blocks: u64) -> Vec<String> {
    let catalog = sql::identifier(name);
    let rows = format!("select encode(sha256(string_agg({row}, ''::bytea)), 'hex') from {catalog}");
    let count = size / (STRETCH + 1);
    let telling = TELLING.iter().find(|(catalog, _)| *catalog == name);
    let telling = telling.map(|(_, condition)| (*condition).to_owned());
    let from = |at: u64| (at > 0).then(|| format!("ctid >= '({},0)'", at * blocks));
    let to = |at: u64| (at < count).then(|| format!("ctid < '({},0)'", (at + 1) * blocks));
    let queries = (0..=count).map(|at| {
        let conditions: Vec<String> = telling
            .iter()
            .cloned()
            .chain(from(at))
            .chain(to(at))
            .collect();
        match conditions.is_empty() {
            true => rows.clone(),
            false => format!("{rows} where {}", conditions.join(" and ")),
        }
    });
    queries.collect()
}

fn add(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_catalog_is_read_in_stretches_that_leave_nothing_out() {
        let conditions = |size: u64| {
            let queries = stretches("pg_class", "oidsend(oid)", size, 2048);
            let condition =
                |query: String| query.split_once(" where ").map(|(_, at)| at.to_owned());
            queries.into_iter().map(condition).collect::<Vec<_>>()
        };
        assert_eq!(conditions(0), [None]);
        assert_eq!(conditions(STRETCH), [None]);
        let three = [
            "ctid < '(2048,0)'",
            "ctid >= '(2048,0)' and ctid < '(4096,0)'",
            "ctid >= '(4096,0)'",
        ];
        assert_eq!(
            conditions(2 * STRETCH + 8192),
            three.map(|at| Some(at.to_owned()))
        );
    }
}
