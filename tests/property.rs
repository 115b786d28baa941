//! What holds of comparing, folding and saving for all contracts, whatever is in them.

use std::collections::{BTreeMap, BTreeSet};

use pgpact::contract::{
    Change, ClassName, Contract, Coverage, Delta, Facts, Gap, Location, Object, ObjectId,
    ServerVersion, diff, fold, from_json, to_json,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value};

/// Few names, so that both sides meet; among them what needs quoting, escaping or care with colons.
fn name() -> impl Strategy<Value = String> {
    let known = select(vec!["a", "b", "public.notes", "\"it's\".\"x:y\"", "ü", ""]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

fn id() -> impl Strategy<Value = ObjectId> {
    let class = select(vec!["table", "column", "materialized-view"]);
    (class, name()).prop_map(|(class, path)| ObjectId::new(ClassName::new(class), path))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1000..1000).prop_map(|tenth| Value::from(f64::from(tenth) / 10.0)),
        name().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| vec(inner, 0..4).prop_map(Value::from))
}

/// A fact that is not there is left out, never null.
fn facts() -> impl Strategy<Value = Map<String, Value>> {
    let fact = select(vec!["type", "not_null", "keys", "using"]).prop_map(str::to_owned);
    btree_map(fact, value(), 0..4).prop_map(|facts| facts.into_iter().collect())
}

fn location() -> impl Strategy<Value = Location> {
    (name(), any::<u32>()).prop_map(|(file, line)| Location {
        file: file.into(),
        line,
    })
}

fn object() -> impl Strategy<Value = Object> {
    let places = btree_map(name(), location(), 0..2);
    let parts = (
        id(),
        option::of(id()),
        option::of(name()),
        facts(),
        option::of(location()),
        places,
    );
    parts.prop_map(
        |(id, parent, schema, facts, location, fact_locations)| Object {
            id,
            parent,
            schema: schema.map(Into::into),
            facts: facts.into(),
            location,
            fact_locations,
        },
    )
}

fn objects() -> impl Strategy<Value = BTreeMap<ObjectId, Object>> {
    vec(object(), 0..12).prop_map(|objects| {
        let keyed = objects
            .into_iter()
            .map(|object| (object.id.clone(), object));
        closed(keyed.collect())
    })
}

/// As a database has it: a parent is there as well, here before its children, and nothing is inside itself.
fn closed(mut objects: BTreeMap<ObjectId, Object>) -> BTreeMap<ObjectId, Object> {
    let ids: BTreeSet<ObjectId> = objects.keys().cloned().collect();
    for object in objects.values_mut() {
        let nearest = |parent| {
            ids.range(..&object.id)
                .rev()
                .find(|id| **id <= parent)
                .cloned()
        };
        object.parent = object.parent.take().and_then(nearest);
    }
    objects
}

fn contract() -> impl Strategy<Value = Contract> {
    let gaps = btree_set(
        (name(), name()).prop_map(|(what, why)| Gap { what, why }),
        0..3,
    );
    let parts = (
        objects(),
        name(),
        any::<u32>(),
        btree_set(name(), 0..3),
        gaps,
    );
    parts.prop_map(|(objects, text, major, classes, not_compared)| Contract {
        needs: std::collections::BTreeMap::new(),
        knows_needs: true,
        members: std::collections::BTreeMap::new(),
        server: ServerVersion { text, major },
        objects,
        migrations: classes.clone(),
        coverage: Coverage {
            classes,
            not_compared,
        },
    })
}

/// Two contracts that have most objects in common: one is the other with some objects replaced.
fn pair() -> impl Strategy<Value = (Contract, Contract)> {
    (contract(), contract(), vec(any::<bool>(), 12)).prop_map(|(one, mut other, shared)| {
        for ((id, object), keep) in one.objects.iter().zip(shared) {
            if keep {
                other.objects.insert(id.clone(), object.clone());
            }
        }
        other.objects = closed(other.objects);
        (one, other)
    })
}

/// A delta's identity: the object, the fact, and both values.
type Said<'a> = (&'a ObjectId, &'a str, Option<&'a Value>, Option<&'a Value>);

fn said<'a>(delta: &Delta<'a>) -> Said<'a> {
    match delta.change {
        Change::Missing => (delta.id, "missing", None, None),
        Change::Unexpected => (delta.id, "unexpected", None, None),
        Change::Changed {
            fact,
            expected,
            live,
        } => (delta.id, fact, Some(expected), Some(live)),
    }
}

fn mirrored<'a>((id, what, expected, live): Said<'a>) -> Said<'a> {
    let what = match (what, expected) {
        ("missing", None) => "unexpected",
        ("unexpected", None) => "missing",
        (fact, _) => fact,
    };
    (id, what, live, expected)
}

/// Does to a contract what each delta says.
fn apply(contract: &Contract, deltas: &[Delta<'_>]) -> BTreeMap<ObjectId, Facts> {
    let keyed = contract.objects.values();
    let mut objects: BTreeMap<_, _> = keyed
        .map(|object| (object.id.clone(), object.facts.clone()))
        .collect();
    for delta in deltas {
        match delta.change {
            Change::Missing => {
                objects.remove(delta.id);
            }
            Change::Unexpected => {
                let live = delta.live.expect("what is unexpected is in live");
                objects.insert(delta.id.clone(), live.facts.clone());
            }
            Change::Changed { fact, live, .. } => {
                let facts = objects.get_mut(delta.id).expect("both sides have it");
                match live {
                    Value::Null => facts.remove(fact),
                    value => facts.insert(fact.to_owned(), value.clone()),
                };
            }
        }
    }
    objects
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_contract_does_not_differ_from_itself(contract in contract()) {
        let same = contract.clone();
        prop_assert_eq!(diff(&contract, &same), vec![]);
    }

    #[test]
    fn contracts_that_do_not_differ_have_the_same_hash((one, other) in pair()) {
        prop_assert_eq!(diff(&one, &other).is_empty(), one.hash() == other.hash());
    }

    #[test]
    fn the_other_way_round_every_delta_is_mirrored((one, other) in pair()) {
        let there = diff(&one, &other);
        let back = diff(&other, &one);
        let mirrored: Vec<_> = back.iter().map(|delta| mirrored(said(delta))).collect();
        prop_assert_eq!(there.iter().map(said).collect::<Vec<_>>(), mirrored);
        for (there, back) in there.iter().zip(&back) {
            prop_assert_eq!((there.expected, there.live), (back.live, back.expected));
        }
    }

    #[test]
    fn what_the_deltas_say_makes_one_contract_the_other((one, other) in pair()) {
        let facts = other.objects.values().map(|object| (object.id.clone(), object.facts.clone()));
        prop_assert_eq!(apply(&one, &diff(&one, &other)), facts.collect::<BTreeMap<_, _>>());
    }

    #[test]
    fn deltas_are_ordered_and_none_stands_twice((one, other) in pair()) {
        let deltas = diff(&one, &other);
        let keys: Vec<_> = deltas.iter().map(|delta| {
            let (id, what, ..) = said(delta);
            (id, if matches!(delta.change, Change::Changed { .. }) { what } else { "" })
        }).collect();
        prop_assert!(keys.is_sorted_by(|a, b| a < b), "{:?}", keys);
    }

    #[test]
    fn folding_keeps_every_object_in_exactly_one_delta((one, other) in pair()) {
        let deltas = diff(&one, &other);
        let mut before: Vec<_> = deltas.iter().map(|delta| (delta.id, said(delta).1)).collect();
        let folded = fold(deltas);
        let mut after = Vec::new();
        for delta in &folded {
            let what = said(delta).1;
            after.push((delta.id, what));
            after.extend(delta.inside.iter().map(|object| (&object.id, what)));
        }
        before.sort();
        after.sort();
        prop_assert_eq!(after, before);
    }

    #[test]
    fn folding_never_hides_a_changed_fact((one, other) in pair()) {
        let changed = |deltas: &[Delta<'_>]| {
            let changed = deltas.iter().filter(|delta| matches!(delta.change, Change::Changed { .. }));
            changed.map(|delta| format!("{:?}", said(delta))).collect::<Vec<_>>()
        };
        let deltas = diff(&one, &other);
        let (before, folded) = (changed(&deltas), fold(deltas));
        prop_assert_eq!(changed(&folded), before);
        for delta in folded.iter().filter(|delta| matches!(delta.change, Change::Changed { .. })) {
            prop_assert!(delta.inside.is_empty());
        }
    }

    #[test]
    fn what_is_folded_is_inside_of_what_it_is_folded_into((one, other) in pair()) {
        for delta in fold(diff(&one, &other)) {
            let side = if delta.expected.is_some() { &one } else { &other };
            for object in &delta.inside {
                let mut parents = BTreeSet::new();
                let mut parent = object.parent.as_ref();
                while let Some(id) = parent {
                    parents.insert(id);
                    parent = side.objects.get(id).and_then(|object| object.parent.as_ref());
                }
                prop_assert!(parents.contains(delta.id), "{} in {}", object.id, delta.id);
            }
        }
    }

    #[test]
    fn folding_leaves_nothing_whose_parent_is_reported((one, other) in pair()) {
        let folded = fold(diff(&one, &other));
        let one_sided: Vec<_> = folded
            .iter()
            .filter(|delta| !matches!(delta.change, Change::Changed { .. }))
            .collect();
        let reported: BTreeSet<_> = one_sided.iter().map(|delta| (delta.id, said(delta).1)).collect();
        for delta in &one_sided {
            let parent = delta.expected.or(delta.live).and_then(|object| object.parent.as_ref());
            if let Some(parent) = parent {
                prop_assert!(!reported.contains(&(parent, said(delta).1)), "{}", delta.id);
            }
        }
    }

    #[test]
    fn a_saved_contract_is_read_back_as_it_was(contract in contract()) {
        let text = to_json(&contract);
        let read = from_json(&text).unwrap();
        prop_assert_eq!(to_json(&read), text);
        prop_assert_eq!(read, contract);
    }

    #[test]
    fn an_id_is_read_back_as_it_was(id in id()) {
        prop_assert_eq!(ObjectId::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn any_text_with_a_colon_is_an_id_that_is_spelled_like_it(text in "[a-z]{0,5}:\\PC{0,20}") {
        prop_assert_eq!(ObjectId::parse(&text).unwrap().to_string(), text);
    }
}
