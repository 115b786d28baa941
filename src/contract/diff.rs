//! The comparison: one walk over two sorted maps, the same for every class.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Contract, Object, ObjectId};

/// How an object differs.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<'a> {
    /// Expected has it, live has not.
    Missing,
    /// Live has it, expected has not.
    Unexpected,
    /// Both have it and a fact differs. An absent fact reads as null.
    Changed {
        /// The fact's name.
        fact: &'a str,
        /// What the contract says.
        expected: &'a Value,
        /// What live says.
        live: &'a Value,
    },
}

/// One difference between expected and live.
#[derive(Debug, Clone, PartialEq)]
pub struct Delta<'a> {
    /// The object that differs.
    pub id: &'a ObjectId,
    /// How it differs.
    pub change: Change<'a>,
    /// The object as expected has it.
    pub expected: Option<&'a Object>,
    /// The object as live has it.
    pub live: Option<&'a Object>,
    /// Objects inside this one that are missing or unexpected together with it.
    pub inside: Vec<&'a Object>,
}

static ABSENT: Value = Value::Null;

/// Everything that differs, ordered by id and fact.
pub fn diff<'a>(expected: &'a Contract, live: &'a Contract) -> Vec<Delta<'a>> {
    let mut deltas = Vec::new();
    let mut others = live.objects.iter().peekable();
    let unexpected = |(id, object)| one_sided(id, Change::Unexpected, None, Some(object));
    for (id, object) in &expected.objects {
        while let Some(other) = others.next_if(|(other, _)| *other < id) {
            deltas.push(unexpected(other));
        }
        match others.next_if(|(other, _)| *other == id) {
            Some((_, other)) => changed_facts(object, other, &mut deltas),
            None => deltas.push(one_sided(id, Change::Missing, Some(object), None)),
        }
    }
    deltas.extend(others.map(unexpected));
    deltas.sort_by(|a, b| (a.id, fact_of(a)).cmp(&(b.id, fact_of(b))));
    deltas
}

/// Folds what is missing or unexpected only because its parent is into the parent's delta.
pub fn fold(deltas: Vec<Delta<'_>>) -> Vec<Delta<'_>> {
    let one_sided: OneSided<'_> = deltas
        .iter()
        .filter_map(|delta| side_of(delta).map(|object| ((is_missing(delta), delta.id), object)))
        .collect();
    let mut inside: BTreeMap<&ObjectId, Vec<&Object>> = BTreeMap::new();
    let mut kept = Vec::new();
    for delta in deltas {
        let missing = is_missing(&delta);
        match side_of(&delta)
            .and_then(|object| Some((top_of(&one_sided, object, missing)?, object)))
        {
            Some((top, object)) => inside.entry(top).or_default().push(object),
            None => kept.push(delta),
        }
    }
    for delta in &mut kept {
        if side_of(delta).is_some() {
            delta.inside = inside.remove(delta.id).unwrap_or_default();
        }
    }
    kept
}

fn one_sided<'a>(
    id: &'a ObjectId,
    change: Change<'a>,
    expected: Option<&'a Object>,
    live: Option<&'a Object>,
) -> Delta<'a> {
    Delta {
        id,
        change,
        expected,
        live,
        inside: Vec::new(),
    }
}

fn changed_facts<'a>(expected: &'a Object, live: &'a Object, deltas: &mut Vec<Delta<'a>>) {
    if expected.facts == live.facts {
        return;
    }
    let only_live = live
        .facts
        .keys()
        .filter(|fact| !expected.facts.contains_key(*fact));
    for fact in expected.facts.keys().chain(only_live) {
        let left = expected.facts.get(fact).unwrap_or(&ABSENT);
        let right = live.facts.get(fact).unwrap_or(&ABSENT);
        if left != right {
            deltas.push(Delta {
                id: &expected.id,
                change: Change::Changed {
                    fact,
                    expected: left,
                    live: right,
                },
                expected: Some(expected),
                live: Some(live),
                inside: Vec::new(),
            });
        }
    }
}

type OneSided<'a> = BTreeMap<(bool, &'a ObjectId), &'a Object>;

/// The outermost ancestor that is missing as well, or unexpected as well: the two never mix.
fn top_of<'a>(one_sided: &OneSided<'a>, object: &'a Object, missing: bool) -> Option<&'a ObjectId> {
    let mut top = None;
    let mut parent = object.parent.as_ref();
    while let Some(id) = parent {
        let Some(((_, id), object)) = one_sided.get_key_value(&(missing, id)) else {
            break;
        };
        top = Some(*id);
        parent = object.parent.as_ref();
    }
    top
}

fn is_missing(delta: &Delta<'_>) -> bool {
    matches!(delta.change, Change::Missing)
}

fn side_of<'a>(delta: &Delta<'a>) -> Option<&'a Object> {
    match delta.change {
        Change::Missing => delta.expected,
        Change::Unexpected => delta.live,
        Change::Changed { .. } => None,
    }
}

fn fact_of<'a>(delta: &Delta<'a>) -> &'a str {
    match delta.change {
        Change::Changed { fact, .. } => fact,
        Change::Missing | Change::Unexpected => "",
    }
}
