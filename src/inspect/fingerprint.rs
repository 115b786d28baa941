//! Whether a database is what it was: a hash of the rows that its contract is read from, none of them deparsed.

use super::run::for_major;
use super::transport::{Cells, Fault, Transport};
use crate::classes::{Class, TELLING, UPKEEP, VIEWS, rowless};
use crate::sql;

/// As much of a catalog is put into one text on the server, in bytes of its file: its memory is others' as well.
const STRETCH: u64 = 16 << 20;

/// How a query reads a table of people's that may not be there.
const OF_PEOPLE: &str = "query_to_xml";

/// Rows stay where they are as long as nobody writes them, so they need no order: else a scan may begin where another is.
const IN_ORDER: &str = "set local synchronize_seqscans = off";

/// Which columns there are that the login may read, and how large the catalog is, in bytes and in bytes of a block.
const CATALOGS: &str = "
select
  c.relname::text,
  (
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
    from pg_attribute a
    where a.attrelid = c.oid
      -- Who wrote a row, which stands in it as well: what was changed and changed back was changed.
      and (a.attnum > 0 or a.attname = 'xmin' and t.is_readable)
      and not a.attisdropped
      and has_column_privilege(c.oid, a.attnum, 'select')
      and c.relname || '.' || a.attname <> all ($2)
  ),
  -- Where a row is, only who may read all of it may ask.
  case when t.is_readable then pg_relation_size(c.oid) else 0 end::text,
  current_setting('block_size')
from pg_class c
cross join lateral (select has_table_privilege(c.oid, 'select') as is_readable) t
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
    let mut queries = vec![IN_ORDER.to_owned()];
    for mut row in transport.rows(&query, 4).await? {
        let (name, columns) = (row.text(0)?, row.optional(1)?);
        let (size, block): (u64, u64) = (row.number(2)?, row.number(3)?);
        // What can be read is part of what was read.
        add(&mut hasher, &name);
        add(&mut hasher, columns.as_deref().unwrap_or_default());
        if let Some(columns) = columns {
            queries.extend(stretches(&name, &columns, size, STRETCH / block));
        }
    }
    queries.extend(VIEWS.iter().map(|(_, query)| (*query).to_owned()));
    let of_people = Class::ALL
        .iter()
        .filter(|class| class.query.contains(OF_PEOPLE))
        .map(|class| {
            format!(
                "select q::text from (\n{}\n) q",
                for_major(class.query, major)
            )
        });
    queries.extend(of_people);
    queries.push("select row(current_user, session_user, version())::text".to_owned());
    let take = |at: usize, mut row: Cells| {
        hasher.update(&(at as u64).to_le_bytes());
        add(&mut hasher, &row.optional(0)?.unwrap_or_default());
        Ok::<_, Fault>(())
    };
    transport.each(&queries, 1, take).await?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Queries for the rows of a catalog.
fn stretches(name: &str, columns: &str, size: u64, blocks: u64) -> Vec<String> {
    let catalog = sql::identifier(name);
    let rows = format!(
        "select encode(sha256(convert_to(string_agg(row({columns})::text, ''), 'UTF8')), 'hex') from {catalog}"
    );
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
            let queries = stretches("pg_class", "oid", size, 2048);
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
