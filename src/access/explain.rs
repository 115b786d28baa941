//! Why somebody gets through: what lets them, and for a leak which policy, found by taking policies away.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::actors::Actor;
use super::attempt::{Probe, attempt};
use super::case::Case;
use super::matrix::Operation;
use super::model::{Model, Policy, Relation};
use crate::error::Result;
use crate::sql;

/// What lets a role through, by what is declared.
pub(super) fn declared(
    model: &Model,
    relation: &Relation,
    role: &str,
    operation: Operation,
) -> String {
    if model.bypassing.contains(role) {
        return format!("{} bypasses row-level security", sql::identifier(role));
    }
    match relation.kind.as_str() {
        "v" if relation.invoker => {
            return format!(
                "the view {} runs with its caller's rights: see the tables below it",
                sql::identifier(&relation.name)
            );
        }
        "v" => {
            let owner = sql::identifier(&relation.owner);
            return format!(
                "the view {} runs with the rights of its owner {owner}: no policy for the caller is asked (no security_invoker)",
                sql::identifier(&relation.name)
            );
        }
        "m" => {
            return format!(
                "a materialized view such as {} has no row-level security",
                sql::identifier(&relation.name)
            );
        }
        "f" => return "a foreign table has no row-level security".to_owned(),
        _ => {}
    }
    if !relation.secured {
        return "row-level security is off".to_owned();
    }
    let policies = relation
        .policies
        .iter()
        .filter(|policy| policy.permissive && policy.applies(operation.command(), role));
    named(policies)
}

fn named<'a>(policies: impl Iterator<Item = &'a Policy>) -> String {
    let names = policies.map(|policy| {
        let name = sql::identifier(&policy.name);
        match policy.functions.is_empty() {
            true => format!("policy {name}"),
            false => format!("policy {name} through {}", policy.functions.join(", ")),
        }
    });
    let names: Vec<String> = names.collect();
    match names.is_empty() {
        true => "its policies".to_owned(),
        false => names.join(", "),
    }
}

/// Names the policies that each leak hangs on: those without which it closes, else those that are enough on their own.
pub(super) async fn blame(
    connection: &mut PgConnection,
    model: &Model,
    actors: &[Actor],
    leaks: &[(&Case, usize)],
) -> Result<BTreeMap<usize, String>> {
    let mut probes: Vec<Probe> = Vec::new();
    let mut asked = Vec::new();
    for (index, (case, through)) in leaks.iter().enumerate() {
        let Some(relation) = model
            .relation(case.relation)
            .filter(|relation| relation.is_table() && relation.secured)
        else {
            continue;
        };
        let role = &actors[case.actor].role;
        if model.bypassing.contains(role) {
            continue;
        }
        let suspects: Vec<&Policy> = suspects(relation, role, case.operation);
        for (place, suspect) in suspects.iter().enumerate() {
            let without = [*suspect].into_iter();
            let others = suspects
                .iter()
                .copied()
                .filter(|policy| policy.name != suspect.name);
            for (is_alone, dropped) in [
                (false, without.collect::<Vec<_>>()),
                (true, others.collect()),
            ] {
                let mut probe = case.tries[*through].probe.clone();
                let drops = dropped.iter().map(|policy| drop_policy(relation, policy));
                probe.before.extend(drops);
                probes.push(probe);
                asked.push((index, place, is_alone));
            }
        }
    }
    let answers = attempt(connection, &probes).await?;
    let mut found: BTreeMap<usize, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for ((index, place, is_alone), answer) in asked.into_iter().zip(&answers) {
        let (case, through) = leaks[index];
        let is_open = case.tries[through].got_through(case.operation, answer);
        let (needed, enough) = found.entry(index).or_default();
        match (is_alone, is_open) {
            (false, false) => needed.push(place),
            (true, true) => enough.push(place),
            _ => {}
        }
    }
    let told = found.into_iter().filter_map(|(index, (needed, enough))| {
        let case = leaks[index].0;
        let relation = model.relation(case.relation)?;
        let suspects = suspects(relation, &actors[case.actor].role, case.operation);
        let places = if needed.is_empty() { enough } else { needed };
        let policies = places
            .into_iter()
            .filter_map(|place| suspects.get(place).copied());
        let policies: Vec<&Policy> = policies.collect();
        (!policies.is_empty()).then(|| (index, named(policies.into_iter())))
    });
    Ok(told.collect())
}

/// Permissive policies of the command; where that has none, of any.
fn suspects<'a>(relation: &'a Relation, role: &str, operation: Operation) -> Vec<&'a Policy> {
    let policies = relation.policies.iter();
    policies
        .filter(|policy| policy.permissive && policy.applies(operation.command(), role))
        .collect()
}

fn drop_policy(relation: &Relation, policy: &Policy) -> String {
    format!(
        "drop policy {} on {}",
        sql::identifier(&policy.name),
        relation.path()
    )
}
