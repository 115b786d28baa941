//! What needs what: `pg_depend`, told between objects instead of catalog rows.

use std::collections::{BTreeMap, BTreeSet};

use super::Address;
use super::transport::{Cells, Fault, Transport};
use crate::contract::ObjectId;

/// One row of the dependencies.
struct Edge {
    from: Address,
    to: Address,
}

/// Reads dependencies between the objects whose addresses are known. What was added to an extension is needed beside that:
/// it does not come with it.
pub(super) async fn read(
    transport: &mut Transport,
    known: &BTreeMap<Address, ObjectId>,
    added: &BTreeMap<Address, ObjectId>,
) -> Result<BTreeMap<ObjectId, BTreeSet<ObjectId>>, Fault> {
    let mut edges = Vec::new();
    let mut owners: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
    let query = [include_str!("depends.sql").to_owned()];
    let take = |_, row: Cells| {
        let edge = Edge {
            from: Address::read(&row, 0)?,
            to: Address::read(&row, 3)?,
        };
        if row.flag(6)? {
            owners.entry(edge.from).or_default().push(edge.to);
        }
        edges.push(edge);
        Ok::<_, Fault>(())
    };
    transport.each(&query, 7, take).await?;
    let resolver = Resolver { known, owners };
    let mut needs: BTreeMap<ObjectId, BTreeSet<ObjectId>> = BTreeMap::new();
    for edge in &edges {
        let Some(from) = resolver.find(edge.from, 8) else {
            continue;
        };
        // The language that every database has is no object, and may have got members all the same.
        if let Some(member) = added.get(&Address { sub: 0, ..edge.to }) {
            needs
                .entry(from.clone())
                .or_default()
                .insert(member.clone());
        }
        if let Some(to) = resolver.find(edge.to, 8).filter(|to| *to != from) {
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
