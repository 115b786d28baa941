//! What no statement takes away, told before anybody runs the plan.

use std::collections::{BTreeMap, BTreeSet};

use super::fate::Fates;
use super::{Step, Verb, Withheld};
use crate::classes::{Class, Site, Whole};
use crate::contract::ObjectId;

/// What differs only after the plan with these steps, with the reason.
pub(super) fn remains(
    steps: &[Step],
    fates: &Fates<'_>,
    wanted: &Whole<'_>,
    present: &Whole<'_>,
    major: u32,
) -> Vec<Withheld> {
    let parents = fates
        .keys()
        .filter_map(|id| wanted.get(id)?.parent.as_ref());
    let touched: BTreeSet<&ObjectId> = fates.keys().copied().chain(parents).collect();
    let is_new = |id: &ObjectId| fates.get(id).is_some_and(|fate| fate.creates);
    let mut turns: BTreeMap<&ObjectId, usize> = BTreeMap::new();
    for (turn, step) in steps.iter().enumerate() {
        if step.verb == Verb::Create {
            turns.entry(&step.id).or_insert(turn);
        }
    }
    // What comes with something late has no step of its own.
    let turn = |id: &ObjectId| is_new(id).then(|| turns.get(id).copied().unwrap_or(usize::MAX));
    let told = |id: &&ObjectId| {
        let object = wanted.get(id)?;
        let there = match is_new(id) {
            true => object,
            false => present.get(id)?,
        };
        let class = Class::named(id.class.as_str())?;
        let site = Site {
            object,
            whole: wanted,
            other: present,
            is_inside_new: false,
            major,
        };
        Some((class.rules.remains)(&site, there, &turn))
    };
    let told = touched.iter().filter_map(told).flatten();
    told.map(|(id, why)| stays(id, why)).collect()
}

/// A difference that stays.
pub(super) fn stays(id: ObjectId, why: &str) -> Withheld {
    Withheld {
        id,
        verb: Verb::Alter,
        statements: Vec::new(),
        why: why.to_owned(),
        allow: None,
        stays: true,
    }
}
