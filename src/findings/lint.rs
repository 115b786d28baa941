//! Advice as findings.

use std::collections::BTreeMap;

use super::judge::{ancestors, group};
use super::{Finding, code};
use crate::classes::{Advice, Severity};
use crate::contract::{Contract, Location};

/// How codes of advice begin.
const PREFIX: &str = "lint-";

/// Whether a code is one of advice.
pub fn is_of_advice(code: &str) -> bool {
    code.starts_with(PREFIX)
}

/// Advice as findings, with the lines of the objects in the contract that it is on.
pub fn of_advice(
    advice: &[Advice],
    contract: &Contract,
    severities: &BTreeMap<String, Severity>,
) -> Vec<Finding> {
    advice
        .iter()
        .map(|advice| {
            let object = contract.objects.get(&advice.id);
            let place = Location::default();
            let message = advice.message.clone();
            let ancestors = object.map(|object| ancestors(object, contract));
            let ancestors = ancestors.unwrap_or_default();
            let usual = code::origin_of(advice.code).severity;
            let severity = advice.severity.unwrap_or(usual);
            Finding {
                severity: severities.get(advice.code).copied().unwrap_or(severity),
                id: advice.id.clone(),
                group: group(&advice.id, &ancestors),
                ancestors,
                location: object
                    .and_then(|object| object.location_of(advice.fact))
                    .cloned(),
                sql: advice.sql.clone(),
                ..Finding::of_statement(advice.code, place, message, None, severities)
            }
        })
        .collect()
}
