//! What exists, has no class and differs all the same.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::classes::Severity;
use crate::contract::{Contract, Gap};

/// One finding for each sort of object that no class models and whose names differ between the sides.
pub fn of_census(
    expected: &Contract,
    live: &Contract,
    severities: &BTreeMap<String, Severity>,
) -> Vec<Finding> {
    let (left, right) = (counted(expected), counted(live));
    let kinds: BTreeSet<&str> = left.keys().chain(right.keys()).copied().collect();
    let differ = kinds
        .into_iter()
        .filter(|kind| left.get(kind) != right.get(kind));
    differ
        .map(|kind| {
            let side =
                |side: &BTreeMap<&str, &str>| side.get(kind).map_or("0", |count| *count).to_owned();
            let message = format!(
                "{kind}, not compared: {} expected, {} live",
                side(&left),
                side(&right)
            );
            Finding::of_configuration("not-compared-differs", kind, message, severities)
        })
        .collect()
}

fn counted(contract: &Contract) -> BTreeMap<&str, &str> {
    let gaps = contract.coverage.not_compared.iter();
    gaps.filter(|gap| gap.why == Gap::BY_NAME)
        .filter_map(|gap| gap.what.split_once(": "))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(what: &str) -> Contract {
        let mut contract = Contract::default();
        contract.coverage.not_compared.insert(Gap {
            what: what.to_owned(),
            why: Gap::BY_NAME.to_owned(),
        });
        contract
    }

    #[test]
    fn what_has_no_class_differs_by_number_and_by_name() {
        let (one, other) = (with("gadgets: 2 (aaaaaaaa)"), with("gadgets: 2 (bbbbbbbb)"));
        let found = of_census(&one, &other, &BTreeMap::new());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Warning);
        assert_eq!(
            found[0].message,
            "gadgets, not compared: 2 (aaaaaaaa) expected, 2 (bbbbbbbb) live"
        );
        assert_eq!(
            of_census(&one, &Contract::default(), &BTreeMap::new()).len(),
            1
        );
        assert_eq!(of_census(&one, &one, &BTreeMap::new()), []);
    }
}
