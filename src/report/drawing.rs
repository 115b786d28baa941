//! What can be drawn of a report: the tables that differ, and what foreign keys tie them to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::access::Matrix;
use crate::classes::shape::{self, Column, Link, Named, Relation};
use crate::contract::Contract;
use crate::findings::Finding;

/// As many tables as one looks at; what differs comes first.
const MOST_TABLES: usize = 24;
/// Columns of a table that are shown although nothing is said of them.
const MOST_PLAIN: usize = 6;

/// What pictures are made of, where the report has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The tables that differ.
    pub tables: Option<Drawing>,
    /// Who may do what.
    pub matrix: Option<Matrix>,
}

/// Tables and the foreign keys between them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawing {
    /// What differs, then what it is tied to.
    pub tables: Vec<Table>,
    /// Foreign keys between these.
    pub ties: Vec<Tie>,
    /// Tables that differ and found no room.
    pub left_out: usize,
}

/// How something stands on the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    /// It is the same on both.
    Same,
    /// It is on both and differs, or something of it does.
    Changed,
    /// Live has it alone.
    Unexpected,
    /// The contract has it alone.
    Missing,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Quoted and qualified.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// Those that say something: of keys, that differ, and a few more.
    pub columns: Vec<Shown>,
    /// How many more there are.
    pub more: usize,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its name, not quoted.
    pub name: String,
    /// Its type, or both of them.
    pub type_name: String,
    /// Whether it is of the primary key.
    pub is_key: bool,
    /// How it stands.
    pub state: State,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tie {
    /// The table that refers, as it is called above.
    pub from: String,
    /// The table that is referred to.
    pub to: String,
    /// The constraint's name.
    pub name: String,
    /// How it stands.
    pub state: State,
}

impl State {
    /// The word of pages and pictures.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Unexpected => "unexpected",
            Self::Missing => "missing",
        }
    }

    fn of<T: Copy>(expected: Option<T>, live: Option<T>, differs: impl Fn(T, T) -> bool) -> Self {
        match (expected, live) {
            (Some(expected), Some(live)) if differs(expected, live) => Self::Changed,
            (Some(_), None) => Self::Missing,
            (None, Some(_)) => Self::Unexpected,
            (Some(_), Some(_)) | (None, None) => Self::Same,
        }
    }
}

/// Both sides of a table.
type Sides = (Option<Relation>, Option<Relation>);

impl Drawing {
    /// The tables that findings that count are about, with those they are tied to; nothing when none is about a table.
    pub fn of(expected: &Contract, live: &Contract, findings: &[Finding]) -> Option<Self> {
        // Drift that is not of a change would look like the change's own.
        let counted = findings.iter().filter(|finding| finding.counts());
        let mut groups: Vec<&str> = Vec::new();
        let mut known = BTreeSet::new();
        groups.extend(
            counted
                .map(|finding| finding.group.as_str())
                .filter(|group| known.insert(*group)),
        );
        if groups.is_empty() {
            return None;
        }
        let links = [shape::foreign_keys(expected), shape::foreign_keys(live)];
        let told: BTreeSet<Named> = known
            .iter()
            .filter_map(|group| Named::read(group))
            .collect();
        let near = ties(&links, |link| {
            told.contains(&link.from) || told.contains(&link.to)
        });
        let names = near.iter().flat_map(|tie| [&*tie.from, &*tie.to]);
        let names: BTreeSet<&str> = names.chain(known).collect();
        let tables = tables(expected, live, &names);
        let differing: Vec<&str> = groups
            .into_iter()
            .filter(|group| tables.contains_key(*group))
            .collect();
        let left_out = differing.len().saturating_sub(MOST_TABLES);
        let chosen = chosen(&differing, &near, &tables);
        let among: BTreeSet<Named> = chosen.iter().filter_map(|name| Named::read(name)).collect();
        let kept = ties(&links, |link| {
            among.contains(&link.from) && among.contains(&link.to)
        });
        let referring = referring(&links, &among);
        let differing: BTreeSet<&str> = differing.into_iter().collect();
        let drawn = chosen.iter().map(|name| {
            let ends = referring.get(*name).cloned().unwrap_or_default();
            table(name, &tables[*name], differing.contains(name), &ends)
        });
        let drawn: Vec<Table> = drawn.collect();
        (!drawn.is_empty()).then_some(Self {
            tables: drawn,
            ties: kept,
            left_out,
        })
    }

    /// What several targets show, each table once.
    pub(super) fn join<'a>(drawings: impl Iterator<Item = &'a Self>) -> Option<Self> {
        let mut joined: Option<Self> = None;
        for drawing in drawings {
            let all = joined.get_or_insert_with(Self::default);
            for table in &drawing.tables {
                let has_room = all.tables.len() < MOST_TABLES;
                match all.tables.iter_mut().find(|known| known.name == table.name) {
                    Some(known) if known.state == State::Same => *known = table.clone(),
                    Some(_) => {}
                    None if has_room => all.tables.push(table.clone()),
                    None => all.left_out += usize::from(table.state != State::Same),
                }
            }
            for tie in &drawing.ties {
                let is_known = all.ties.iter().any(|known| {
                    (&known.from, &known.to, &known.name) == (&tie.from, &tie.to, &tie.name)
                });
                if !is_known {
                    all.ties.push(tie.clone());
                }
            }
        }
        if let Some(all) = &mut joined {
            let names: BTreeSet<&str> =
                all.tables.iter().map(|table| table.name.as_str()).collect();
            all.ties
                .retain(|tie| names.contains(&*tie.from) && names.contains(&*tie.to));
        }
        joined
    }
}

/// Tables of these names that rows are kept in; a partition stands behind its parent.
fn tables(expected: &Contract, live: &Contract, names: &BTreeSet<&str>) -> BTreeMap<String, Sides> {
    let stored = |contract| {
        let all = shape::tables(contract, names).into_iter();
        all.filter(|relation| !relation.is_partition)
    };
    let mut tables: BTreeMap<String, Sides> = BTreeMap::new();
    for relation in stored(expected) {
        let path = relation.id.path.to_string();
        tables.entry(path).or_default().0 = Some(relation);
    }
    for relation in stored(live) {
        let path = relation.id.path.to_string();
        tables.entry(path).or_default().1 = Some(relation);
    }
    tables
}

/// What differs, and then what foreign keys tie to it, as far as there is room.
fn chosen<'a>(
    differing: &[&'a str],
    near: &'a [Tie],
    tables: &BTreeMap<String, Sides>,
) -> Vec<&'a str> {
    let mut chosen: Vec<&str> = differing.to_vec();
    let mut known: BTreeSet<&str> = differing.iter().copied().collect();
    let differing = known.clone();
    for tie in near {
        for (one, other) in [(&*tie.from, &*tie.to), (&*tie.to, &*tie.from)] {
            if differing.contains(one) && tables.contains_key(other) && known.insert(other) {
                chosen.push(other);
            }
        }
    }
    chosen.truncate(MOST_TABLES);
    chosen
}

/// Foreign keys of both sides whose ends are wanted, in the order of their names.
fn ties(links: &[Vec<Link>; 2], is_wanted: impl Fn(&Link) -> bool) -> Vec<Tie> {
    let mut both: BTreeMap<(String, String, &str), [Option<&Link>; 2]> = BTreeMap::new();
    for (side, links) in links.iter().enumerate() {
        for link in links.iter().filter(|link| is_wanted(link)) {
            let ends = (link.from.to_string(), link.to.to_string());
            both.entry((ends.0, ends.1, &link.name)).or_default()[side] = Some(link);
        }
    }
    let ties = both
        .into_iter()
        .map(|((from, to, name), [expected, live])| Tie {
            state: State::of(expected, live, |a, b| a != b),
            from,
            to,
            name: name.to_owned(),
        });
    ties.collect()
}

/// Columns that refer, by the table's name.
fn referring(
    links: &[Vec<Link>; 2],
    tables: &BTreeSet<Named>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for link in links.iter().flatten() {
        if tables.contains(&link.from) {
            let ends = columns.entry(link.from.to_string()).or_default();
            ends.extend(link.columns.iter().cloned());
        }
    }
    columns
}

fn table(name: &str, (expected, live): &Sides, differs: bool, ends: &BTreeSet<String>) -> Table {
    let (expected, live) = (expected.as_ref(), live.as_ref());
    let columns = |side: Option<&Relation>| {
        let columns = side.and_then(|relation| relation.columns.as_ref());
        columns.cloned().unwrap_or_default()
    };
    let (left, right) = (columns(expected), columns(live));
    let find = |columns: &[Column], name: &str| {
        let mut columns = columns.iter();
        columns.find(|column| column.name == name).cloned()
    };
    let only_live = right
        .iter()
        .filter(|column| find(&left, &column.name).is_none());
    let all: Vec<Shown> = left
        .iter()
        .chain(only_live)
        .map(|column| {
            let (a, b) = (find(&left, &column.name), find(&right, &column.name));
            let is_key = [expected, live]
                .into_iter()
                .flatten()
                .any(|side| side.primary_key.contains(&column.name));
            shown(
                a.as_ref(),
                b.as_ref(),
                expected.is_some() && live.is_some(),
                is_key,
            )
        })
        .collect();
    let mut plain = 0;
    let kept: Vec<Shown> = all
        .iter()
        .filter(|column| {
            let says = column.is_key || column.state != State::Same || ends.contains(&column.name);
            plain += usize::from(!says);
            says || plain <= MOST_PLAIN
        })
        .cloned()
        .collect();
    Table {
        name: name.to_owned(),
        state: State::of(expected, live, |_, _| differs),
        more: all.len() - kept.len(),
        columns: kept,
    }
}

/// A column of a table that one side alone has is no difference of its own.
fn shown(expected: Option<&Column>, live: Option<&Column>, on_both: bool, is_key: bool) -> Shown {
    let one = expected.or(live);
    let type_name = match (expected, live) {
        (Some(a), Some(b)) if a.type_name != b.type_name => {
            format!("{} → {}", a.type_name, b.type_name)
        }
        _ => one
            .map(|column| column.type_name.clone())
            .unwrap_or_default(),
    };
    let differs = |a: &Column, b: &Column| {
        (&a.type_name, a.is_required, a.has_default, a.is_generated)
            != (&b.type_name, b.is_required, b.has_default, b.is_generated)
    };
    Shown {
        name: one.map(|column| column.name.clone()).unwrap_or_default(),
        type_name,
        is_key,
        state: match on_both {
            true => State::of(expected, live, differs),
            false => State::Same,
        },
    }
}
