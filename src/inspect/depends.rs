//! What needs what: `pg_depend`, told between objects instead of catalog rows.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::PgConnection;
use sqlx::{Executor as _, Row as _};

use super::Address;
use crate::contract::ObjectId;

/// One row of the dependencies.
struct Edge {
    from: Address,
    to: Address,
}

/// Reads dependencies between the objects whose addresses are known.
pub(super) async fn read(
    connection: &mut PgConnection,
    known: &BTreeMap<Address, ObjectId>,
) -> Result<BTreeMap<ObjectId, BTreeSet<ObjectId>>, sqlx::Error> {
    let rows = connection
        .fetch_all(sqlx::raw_sql(include_str!("depends.sql")))
        .await?;
    let mut edges = Vec::with_capacity(rows.len());
    let mut owners: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
    for row in &rows {
        let edge = Edge {
            from: address(row, 0)?,
            to: address(row, 3)?,
        };
        let is_part: bool = row.try_get_unchecked(6)?;
        if is_part {
            owners.entry(edge.from).or_default().push(edge.to);
        }
        edges.push(edge);
    }
    let resolver = Resolver { known, owners };
    let mut needs: BTreeMap<ObjectId, BTreeSet<ObjectId>> = BTreeMap::new();
    for edge in &edges {
        let (Some(from), Some(to)) = (resolver.find(edge.from, 8), resolver.find(edge.to, 8))
        else {
            continue;
        };
        if from != to {
            needs.entry(from.clone()).or_default().insert(to.clone());
        }
    }
    Ok(needs)
}

struct Resolver<'a> {
    known: &'a BTreeMap<Address, ObjectId>,
    owners: BTreeMap<Address, Vec<Address>>,
}

impl Resolver<'_> {
    /// The object at an address, or the one that it is a part of.
    fn find(&self, address: Address, depth: u32) -> Option<&ObjectId> {
        let whole = Address { sub: 0, ..address };
        if let Some(id) = self.known.get(&address).or_else(|| self.known.get(&whole)) {
            return Some(id);
        }
        let depth = depth.checked_sub(1)?;
        let owners = self
            .owners
            .get(&address)
            .or_else(|| self.owners.get(&whole));
        let mut found = owners?.iter().filter_map(|owner| self.find(*owner, depth));
        found.next()
    }
}

pub(super) fn address(row: &sqlx::postgres::PgRow, at: usize) -> Result<Address, sqlx::Error> {
    let oid = |column: usize| -> Result<u32, sqlx::Error> {
        let number: i64 = row.try_get_unchecked(column)?;
        u32::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))
    };
    Ok(Address {
        class: oid(at)?,
        object: oid(at + 1)?,
        sub: row.try_get_unchecked(at + 2)?,
    })
}
