//! Which migration line last touched which object of a scratch.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::classes::Aspect;
use crate::contract::Location;

/// An object's address as `pg_depend` spells it: catalog, object, and column or 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The oid of the catalog.
    pub class: u32,
    /// The oid of the object.
    pub object: u32,
    /// The column's number, else 0.
    pub sub: i32,
}

/// A statement of a replay: where it begins, and on which later line a name first stands in it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Passage {
    /// Where it begins.
    pub location: Location,
    /// Lines after the first on which names appear first.
    pub lines: BTreeMap<String, u32>,
}

/// What a replay touched, and what was there before it.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    passages: Vec<Passage>,
    touched: BTreeMap<(Address, Aspect), usize>,
    platform: BTreeSet<Address>,
}

impl Ledger {
    /// Begins with the statements that were run, in order.
    pub fn new(passages: Vec<Passage>) -> Self {
        Self {
            passages,
            ..Self::default()
        }
    }

    /// Notes that a statement, by its place in the order from 1, touched an object; 0 is the platform.
    pub fn touch(&mut self, address: Address, aspect: Aspect, statement: usize) {
        match statement.checked_sub(1) {
            Some(index) if index < self.passages.len() => {
                self.touched.insert((address, aspect), index);
            }
            Some(_) => {}
            None => {
                self.platform.insert(address);
            }
        }
    }

    /// Whether the object was there before the first migration and is untouched.
    pub(super) fn is_platform(&self, address: Address) -> bool {
        self.platform.contains(&address)
    }

    /// The line that last touched an object in one aspect.
    pub(super) fn at(&self, address: Address, aspect: Aspect, name: &str) -> Option<Location> {
        let passage = self.passages.get(*self.touched.get(&(address, aspect))?)?;
        let mut location = passage.location.clone();
        location.line += passage.lines.get(name).copied().unwrap_or(0);
        Some(location)
    }

    /// Like [`Ledger::at`], else the line that defined the object, else its relation.
    pub(super) fn locate(&self, address: Address, aspect: Aspect, name: &str) -> Option<Location> {
        let whole = Address { sub: 0, ..address };
        self.at(address, aspect, name)
            .or_else(|| self.at(address, Aspect::Definition, name))
            .or_else(|| self.at(whole, aspect, name))
            .or_else(|| self.at(whole, Aspect::Definition, name))
    }
}
