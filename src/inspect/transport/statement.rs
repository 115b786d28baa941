//! What one request carries: queries as one statement that pins its own settings and gives as much as an answer holds.

use crate::inspect::PRINTING;
use crate::sql;

/// Where the next answer goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The number of the query.
    pub(super) query: usize,
    /// The last row of it that was given: its place in the query's order, or its text.
    pub(super) after: Option<String>,
}

/// Whose order the rows of a query have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The query's own.
    Own,
    /// That of their text: a row keeps its place whatever comes or goes before it.
    Text,
}

/// One statement for the queries from the cursor on.
///
/// The API runs one text a request and gives the last result, by which protocol is not said: so it is one statement,
/// and settings are made inside of it. The rows wait for the settings, which a lateral join guarantees: its inner side
/// cannot begin before the outer has given the row it refers to. Settings end with the statement's transaction. Names are
/// looked up before all that, so the answer says which schema came first, and nothing is read where that is another.
pub(super) fn statement(
    queries: &[String],
    width: usize,
    order: Order,
    cursor: &Cursor,
    most: usize,
) -> String {
    let settings = settings();
    let pins: Vec<String> = settings
        .iter()
        .map(|(name, value)| format!("({}, {})", sql::literal(name), sql::literal(value)))
        .collect();
    let key = match order {
        Order::Own => "u.place",
        Order::Text => "u.value collate \"C\"",
    };
    let rest = rest(order, key, cursor);
    format!(
        "with path as materialized (select ((pg_catalog.current_schemas(true))[1])::pg_catalog.text as first),
setting as materialized (
  select pg_catalog.set_config(s.name, s.value, true) as value
  from path
  cross join (values {0}) as s (name, value)
  where path.first = 'pg_catalog'
),
pinned as (select pg_catalog.count(s.value) as number from setting as s)
select
  pg_catalog.pg_current_snapshot()::pg_catalog.text as moment,
  path.first as path,
  (p.number = {1})::text as is_pinned,
  answer.rows,
  answer.is_whole
from pinned as p
cross join path
cross join lateral (
  select
    coalesce(json_agg(json_build_array(m.query, m.place, m.value) order by m.ordinal) filter (where m.before < {most}), '[]')::text as rows,
    (count(*) filter (where m.before >= {most}) = 0)::text as is_whole
  from (
    select
      u.query,
      u.place,
      u.value,
      row_number() over w as ordinal,
      sum(octet_length(u.value)) over w - octet_length(u.value) as before
    from (
{2}
    ) as u
    where {rest}
    window w as (order by u.query, {key} rows between unbounded preceding and current row)
  ) as m
  where p.number = {1}
) as answer",
        pins.join(", "),
        settings.len(),
        selects(queries, width, order, cursor),
    )
}

/// The queries from the cursor's on, each row as one text.
fn selects(queries: &[String], width: usize, order: Order, cursor: &Cursor) -> String {
    let names: Vec<String> = (0..width).map(|at| format!("c{at}")).collect();
    let values: Vec<String> = names.iter().map(|name| format!("q.{name}::text")).collect();
    let (columns, values) = (names.join(", "), values.join(", "));
    let place = match order {
        Order::Own => "row_number() over ()",
        Order::Text => "0",
    };
    let select = |(at, query): (usize, &String)| {
        format!(
            "select {at} as query, {place}::int8 as place, json_build_array({values})::text as value from (\n{query}\n) as q ({columns})"
        )
    };
    let selects = queries.iter().enumerate().skip(cursor.query).map(select);
    selects.collect::<Vec<_>>().join("\nunion all\n")
}

/// What was not given yet; the queries before the cursor's are not asked again.
fn rest(order: Order, key: &str, cursor: &Cursor) -> String {
    let Some(after) = &cursor.after else {
        return "true".to_owned();
    };
    let after = match order {
        Order::Own => after.clone(),
        Order::Text => sql::literal(after),
    };
    format!("u.query > {} or {key} > {after}", cursor.query)
}

/// What decides how expressions are printed, by name and value, from the one list there is.
fn settings() -> Vec<(&'static str, &'static str)> {
    let lines = PRINTING.lines().filter_map(|line| {
        let (name, value) = line
            .trim()
            .strip_prefix("set local ")?
            .trim_end_matches(';')
            .split_once(" = ")?;
        Some((name, value.trim_matches('\'')))
    });
    lines.collect()
}
