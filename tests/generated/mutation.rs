//! How a schema comes to be, and how it changes: by chance, in steps that each leave a valid one.

use super::schema::Kind::{
    Check, Column, Comment, Composite, Domain, Enum, Foreign, Giver, Grant, Heir, Index, Judge,
    Materialized, Mover, Partition, Partitioned, Policy, Primary, Reader, Schema as Namespace,
    Sequence, Table, Trigger, Unique, View,
};
use super::schema::{Dice, Element, Kind, RELATIONS, ROUTINES, Schema, TABLES, TYPES};

/// What is added, as often as it stands here.
const ADDED: &[Kind] = &[
    Namespace,
    Enum,
    Enum,
    Domain,
    Domain,
    Composite,
    Giver,
    Giver,
    Judge,
    Judge,
    Reader,
    Reader,
    Mover,
    Sequence,
    Table,
    Table,
    Table,
    Partitioned,
    Partition,
    Partition,
    Heir,
    Column,
    Column,
    Column,
    Column,
    Column,
    Column,
    Column,
    Column,
    Check,
    Check,
    Check,
    Unique,
    Unique,
    Primary,
    Primary,
    Foreign,
    Foreign,
    Index,
    Index,
    Index,
    Index,
    View,
    View,
    View,
    Materialized,
    Materialized,
    Trigger,
    Trigger,
    Policy,
    Policy,
    Policy,
    Grant,
    Grant,
    Grant,
    Comment,
    Comment,
    Comment,
];

const WORDS: &[&str] = &[
    "order",
    "user",
    "select",
    "Odd \"Name\".x",
    "größe",
    "it's",
    "UPPER",
    "two words",
    "100%",
    "$1",
    "a\\b",
];

/// The schema of a seed.
pub(super) fn grown(dice: &mut Dice) -> Schema {
    let mut schema = Schema::default();
    for kind in [Table, Column, Table, Column] {
        add(&mut schema, dice, kind);
    }
    for _ in 0..10 + dice.under(40) {
        let kind = dice.pick(ADDED).unwrap();
        add(&mut schema, dice, kind);
    }
    schema
}

/// The same with a few steps taken, such that it is written otherwise.
pub(super) fn mutated(schema: &Schema, dice: &mut Dice) -> Schema {
    let mut mutated = schema.clone();
    let steps = 1 + dice.under(8);
    for _ in 0..steps {
        step(&mut mutated, dice);
    }
    while mutated.sql() == schema.sql() {
        step(&mut mutated, dice);
    }
    mutated
}

fn step(schema: &mut Schema, dice: &mut Dice) {
    let numbers: Vec<usize> = schema.elements.keys().copied().collect();
    let Some(number) = dice.pick(&numbers) else {
        return add(schema, dice, Table);
    };
    match dice.under(12) {
        0 | 1 => schema.remove(number),
        2..=4 => {
            let kind = dice.pick(ADDED).unwrap();
            add(schema, dice, kind);
        }
        5 => {
            let name = name(schema, dice);
            schema.elements.get_mut(&number).unwrap().name = name;
        }
        6 => lean(schema, dice, number),
        _ => {
            let (dial, value) = (dice.under(6), dice.roll());
            schema.elements.get_mut(&number).unwrap().dials[dial] = value;
        }
    }
}

/// Lets an element stand on something else: a column gets a type of its own, a relation shows one column less.
fn lean(schema: &mut Schema, dice: &mut Dice, number: usize) {
    let kind = schema.kind(number);
    if kind == Column {
        let types = schema.all(TYPES);
        let former = schema.need(number, TYPES);
        let element = schema.elements.get_mut(&number).unwrap();
        element.needs.retain(|need| Some(*need) != former);
        element.needs.extend(dice.pick(&types));
    } else if [View, Materialized, Index].contains(&kind) {
        schema.elements.get_mut(&number).unwrap().needs.truncate(2);
    }
}

/// Adds one of a kind, where there is what it takes.
fn add(schema: &mut Schema, dice: &mut Dice, kind: Kind) {
    let Some(needs) = needs(schema, dice, kind) else {
        return;
    };
    let namespaces = schema.all(&[Namespace]);
    let is_apart = kind != Namespace && dice.under(3) == 0;
    let element = Element {
        kind,
        name: name(schema, dice),
        home: if is_apart {
            dice.pick(&namespaces)
        } else {
            None
        },
        needs,
        dials: std::array::from_fn(|_| dice.roll()),
    };
    schema.elements.insert(schema.next, element);
    schema.next += 1;
}

/// A name that nothing in the schema has, odd now and then.
fn name(schema: &mut Schema, dice: &mut Dice) -> String {
    let word = dice.pick(WORDS).unwrap();
    let is_taken = schema.elements.values().any(|one| one.name == word);
    schema.next += 1;
    if dice.under(6) == 0 && !is_taken {
        word.to_owned()
    } else {
        format!("n{}", schema.next)
    }
}

fn needs(schema: &Schema, dice: &mut Dice, kind: Kind) -> Option<Vec<usize>> {
    let one = |dice: &mut Dice, kinds: &[Kind]| dice.pick(&schema.all(kinds));
    let some = |dice: &mut Dice, from: &[usize], most: usize| {
        let mut picked: Vec<usize> = (0..dice.under(most + 1))
            .filter_map(|_| dice.pick(from))
            .collect();
        picked.sort_unstable();
        picked.dedup();
        picked
    };
    let maybe =
        |dice: &mut Dice, kinds: &[Kind]| (dice.under(2) == 0).then(|| one(dice, kinds)).flatten();
    // One of a kind for each that it belongs to.
    let has_one = |owner: usize| {
        let others = schema.all(&[kind]);
        others
            .iter()
            .any(|other| schema.elements[other].needs[0] == owner)
    };
    let mut needs = vec![];
    match kind {
        Namespace | Enum | Giver | Mover | Sequence | Table | Partitioned => {}
        Domain => needs.extend(maybe(dice, &[Judge])),
        Composite => needs.extend(maybe(dice, &[Enum, Domain])),
        Judge => needs.extend(maybe(dice, &[Judge])),
        Reader => needs.push(one(dice, RELATIONS)?),
        Partition => needs.push(one(dice, &[Partitioned])?),
        Heir => needs.push(one(dice, &[Table])?),
        Column => {
            needs.push(one(dice, &[Table, Partitioned, Heir])?);
            needs.extend(maybe(dice, TYPES));
            needs.extend(maybe(dice, &[Giver]));
            let mut free = schema.all(&[Sequence]);
            free.retain(|free| {
                schema
                    .elements
                    .values()
                    .all(|one| one.kind != Column || !one.needs.contains(free))
            });
            needs.extend(dice.pick(&free));
        }
        Check | Unique | Index => {
            let owners = if kind == Index {
                [TABLES, &[Materialized]].concat()
            } else {
                TABLES.to_vec()
            };
            let table = one(dice, &owners)?;
            needs.push(table);
            needs.extend(some(dice, &schema.columns(table), 2));
            needs.extend(maybe(dice, &[Judge]));
        }
        Primary => {
            needs.push(one(dice, &[Table, Partitioned, Heir]).filter(|table| !has_one(*table))?);
        }
        Foreign => {
            let table = one(dice, TABLES)?;
            needs.extend([table, one(dice, &[Primary])?]);
            needs.extend(some(dice, &schema.columns(table), 1));
        }
        View | Materialized => {
            let source = one(dice, RELATIONS)?;
            needs.push(source);
            needs.extend(some(dice, &schema.columns(source), 3));
            needs.extend(maybe(dice, &[Giver, Reader]));
        }
        Trigger => needs.extend([
            one(dice, &[Table, Partitioned, Heir, View])?,
            one(dice, &[Mover])?,
        ]),
        Policy => {
            let table = one(dice, TABLES)?;
            needs.push(table);
            // Policies that read each other's tables never come to an end.
            let condition = maybe(dice, &[Reader, Judge]);
            needs.extend(
                condition.filter(|one| schema.tables_under(*one).iter().all(|read| *read < table)),
            );
        }
        Grant => {
            let owners = [RELATIONS, ROUTINES, TYPES, &[Sequence, Namespace, Column]].concat();
            needs.push(one(dice, &owners).filter(|owner| !has_one(*owner))?);
        }
        Comment => {
            let mut owners = schema.all(ADDED);
            owners.retain(|owner| {
                ![Comment, Grant].contains(&schema.kind(*owner)) && !has_one(*owner)
            });
            needs.push(dice.pick(&owners)?);
        }
    }
    Some(needs)
}
