//! Counts what exists and has no class yet, with a hash, so that a change shows: large objects beyond a number, and
//! whatever is in a catalog that this version knows nothing about.

use std::collections::BTreeSet;

use super::transport::{Cells, Fault, Transport};
use crate::classes::accounted_for;
use crate::contract::Gap;
use crate::sql;

/// One gap for each sort of object that exists and is not modelled.
pub(super) async fn take(transport: &mut Transport) -> Result<BTreeSet<Gap>, Fault> {
    let mut gaps = of_catalogs(transport, &accounted_for().collect::<Vec<_>>()).await?;
    for row in transport.rows(include_str!("census.sql"), 3).await? {
        gaps.insert(gap(row)?);
    }
    Ok(gaps)
}

/// A catalog of the server that nobody accounted for.
struct Catalog {
    name: String,
    has_oid: bool,
    is_readable: bool,
    columns: Option<String>,
}

impl Catalog {
    fn of(mut row: Cells) -> Result<Self, Fault> {
        Ok(Self {
            name: row.text(0)?,
            has_oid: row.flag(1)?,
            is_readable: row.flag(2)?,
            columns: row.optional(3)?,
        })
    }

    /// Counts its rows that neither initdb nor an extension made.
    fn count(&self) -> String {
        let rows = match &self.columns {
            Some(columns) => format!("row({columns})::text"),
            None => "''".to_owned(),
        };
        let name = sql::identifier(&self.name);
        let text = sql::literal(&self.name);
        let made = match self.has_oid {
            true => format!(
                " where c.oid >= 16384 and not exists (select from pg_depend d where d.classid = 'pg_catalog.{name}'::regclass and d.objid = c.oid and d.deptype = 'e')"
            ),
            false => String::new(),
        };
        format!(
            "select {text}, count(*)::text, left(md5(string_agg(x, e'\\n' order by x collate \"C\")), 8) from (select {rows} as x from pg_catalog.{name} c{made}) r having count(*) > 0"
        )
    }
}

/// What is in catalogs that are not among those `accounted_for`.
async fn of_catalogs(
    transport: &mut Transport,
    accounted_for: &[&str],
) -> Result<BTreeSet<Gap>, Fault> {
    let names: Vec<String> = accounted_for
        .iter()
        .map(|name| sql::literal(name))
        .collect();
    let list = format!("array[{}]::text[]", names.join(", "));
    let query = include_str!("catalogs.sql").replace("$1", &list);
    let rows = transport.rows(&query, 4).await?;
    let catalogs = rows.into_iter().map(Catalog::of);
    let (readable, hidden): (Vec<Catalog>, Vec<Catalog>) = catalogs
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .partition(|catalog| catalog.is_readable);
    let hidden = hidden.into_iter().map(|catalog| Gap {
        what: format!("rows of {}", catalog.name),
        why: "the login may not read that catalog, and this version does not know it".to_owned(),
    });
    let mut gaps: BTreeSet<Gap> = hidden.collect();
    if !readable.is_empty() {
        let counts: Vec<String> = readable.iter().map(Catalog::count).collect();
        let query = counts.join("\nunion all\n");
        for row in transport.rows(&query, 3).await? {
            let mut gap = gap(row)?;
            gap.what = format!("rows of {}", gap.what);
            gaps.insert(gap);
        }
    }
    Ok(gaps)
}

fn gap(mut row: Cells) -> Result<Gap, Fault> {
    let (what, number) = (row.text(0)?, row.text(1)?);
    let hash = row.optional(2)?;
    let (what, why) = match hash {
        Some(hash) => (format!("{what}: {number} ({hash})"), Gap::BY_NAME),
        None => (
            format!("{what}: {number}"),
            "this version does not compare them",
        ),
    };
    Ok(Gap {
        what,
        why: why.to_owned(),
    })
}
