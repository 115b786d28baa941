//! A schema in memory: elements that know what they stand on, and dials that say what they are like.
//!
//! An element names others by number and is written out by what those are at that moment (`sql.rs`), so that
//! whatever is turned, renamed or taken away with all that needs it, the schema is one that Postgres takes.

use std::collections::{BTreeMap, BTreeSet};

/// Splitmix64: a seed gives the same numbers for ever, which those of a library do not promise.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap()
    }

    pub(super) fn under(&mut self, count: usize) -> usize {
        self.roll() % count
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.under(from.len())])
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Schema,
    Enum,
    Domain,
    Composite,
    /// A function for defaults, one for checks and indexes, one that reads a table, one for triggers.
    Giver,
    Judge,
    Reader,
    Mover,
    Sequence,
    Table,
    Partitioned,
    Partition,
    /// A table that inherits.
    Heir,
    Column,
    Check,
    Unique,
    Primary,
    Foreign,
    Index,
    View,
    Materialized,
    Trigger,
    Policy,
    Grant,
    Comment,
}

use Kind::{
    Composite, Domain, Enum, Giver, Heir, Judge, Materialized, Mover, Partition, Partitioned,
    Reader, Table, View,
};

pub(super) const TABLES: &[Kind] = &[Table, Partitioned, Partition, Heir];
pub(super) const RELATIONS: &[Kind] = &[Table, Partitioned, Partition, Heir, View, Materialized];
pub(super) const TYPES: &[Kind] = &[Enum, Domain, Composite];
pub(super) const ROUTINES: &[Kind] = &[Giver, Judge, Reader, Mover];

#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// The schema; `public` without.
    pub(super) home: Option<usize>,
    /// What it stands on; the first is what it belongs to, where it belongs to something.
    pub(super) needs: Vec<usize>,
    /// Each rendered by its remainder: any value is valid.
    pub(super) dials: [usize; 6],
}

#[derive(Debug, Clone, Default)]
pub(super) struct Schema {
    pub(super) elements: BTreeMap<usize, Element>,
    pub(super) next: usize,
}

impl Schema {
    pub(super) fn all(&self, kinds: &[Kind]) -> Vec<usize> {
        let wanted = self
            .elements
            .iter()
            .filter(|(_, one)| kinds.contains(&one.kind));
        wanted.map(|(number, _)| *number).collect()
    }

    pub(super) fn kind(&self, number: usize) -> Kind {
        self.elements[&number].kind
    }

    /// The first of an element's needs that is of one of these kinds.
    pub(super) fn need(&self, number: usize, kinds: &[Kind]) -> Option<usize> {
        let mut needs = self.elements[&number].needs.iter();
        needs
            .find(|need| kinds.contains(&self.kind(**need)))
            .copied()
    }

    /// The columns that a relation shows, besides `id`, which all of them have.
    pub(super) fn columns(&self, relation: usize) -> Vec<usize> {
        let element = &self.elements[&relation];
        if [View, Materialized].contains(&element.kind) {
            let shown = self.columns(element.needs[0]);
            return shown
                .into_iter()
                .filter(|column| element.needs.contains(column))
                .collect();
        }
        let mut owners = vec![relation];
        while let Some(above) = self.need(*owners.last().unwrap(), TABLES) {
            owners.push(above);
        }
        let mut columns = self.all(&[Kind::Column]);
        columns.retain(|column| owners.contains(&self.elements[column].needs[0]));
        columns
    }

    /// The tables that an element stands on, however many steps away.
    pub(super) fn tables_under(&self, number: usize) -> Vec<usize> {
        let needs = self.elements[&number].needs.iter();
        let mut found: Vec<usize> = needs.flat_map(|need| self.tables_under(*need)).collect();
        found.extend(TABLES.contains(&self.kind(number)).then_some(number));
        found
    }

    /// Takes an element away with all that needs it; what merely shows a column goes on without.
    pub(super) fn remove(&mut self, number: usize) {
        let is_column = self.kind(number) == Kind::Column;
        let mut gone = vec![];
        for (other, element) in &mut self.elements {
            let shows = [View, Materialized, Kind::Index].contains(&element.kind);
            if is_column && shows {
                element.needs.retain(|need| *need != number);
            } else if element.needs.contains(&number) || element.home == Some(number) {
                gone.push(*other);
            }
        }
        self.elements.remove(&number);
        for other in gone {
            if self.elements.contains_key(&other) {
                self.remove(other);
            }
        }
    }

    /// All elements, each after what it needs.
    pub(super) fn order(&self) -> Vec<usize> {
        fn visit(
            schema: &Schema,
            number: usize,
            seen: &mut BTreeSet<usize>,
            order: &mut Vec<usize>,
        ) {
            if !seen.insert(number) {
                return;
            }
            let element = &schema.elements[&number];
            for need in element.home.iter().chain(&element.needs) {
                visit(schema, *need, seen, order);
            }
            order.push(number);
        }
        let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
        for number in self.elements.keys() {
            visit(self, *number, &mut seen, &mut order);
        }
        order
    }
}
