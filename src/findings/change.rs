//! What a change makes of the contract, and how drift stands to it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Finding;
use super::judge::{ancestors, group, inside};
use crate::classes::Class;
use crate::contract::{Change, Contract, Delta, Location, ObjectId};

/// How a difference between live and what was expected of it stands to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Drift of something that the change touches.
    Touched,
    /// Drift of something that the change has nothing to do with.
    Elsewhere,
    /// Live is already what the change makes: somebody ran it, or it brings a hot fix home.
    Ahead,
}

/// Which drift fails a run that looks at a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum DriftGate {
    /// Drift of what the change touches.
    #[default]
    Touched,
    /// All drift, but for what the change puts right.
    Always,
    /// None; it is told all the same.
    Never,
}

/// What a change does to an object of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It is new.
    Added,
    /// A fact of it is another.
    Changed,
    /// It is gone.
    Removed,
}

/// One thing that a change makes of the contract.
#[derive(Debug, Clone, PartialEq)]
pub struct ContractChange {
    /// What is done.
    pub effect: Effect,
    /// The object it is done to.
    pub id: ObjectId,
    /// The table, view or function it concerns.
    pub group: String,
    /// The fact that changes.
    pub fact: Option<String>,
    /// The fact before.
    pub before: Option<Value>,
    /// The fact afterwards.
    pub after: Option<Value>,
    /// In words, without a full stop.
    pub message: String,
    /// The migration line that does it.
    pub location: Option<Location>,
}

/// What a change makes of the contract; `deltas` are those of head against base, folded.
pub fn changes(deltas: &[Delta<'_>], head: &Contract, base: &Contract) -> Vec<ContractChange> {
    let told = deltas.iter().filter_map(|delta| told(delta, head, base));
    let mut changes: Vec<ContractChange> = told.collect();
    changes.sort_by(|a, b| (&a.group, &a.id, &a.fact).cmp(&(&b.group, &b.id, &b.fact)));
    changes
}

fn told(delta: &Delta<'_>, head: &Contract, base: &Contract) -> Option<ContractChange> {
    let class = Class::named(delta.id.class.as_str())?;
    let (noun, path) = (class.noun, &delta.id.path);
    let with = match inside(delta) {
        nothing if nothing.is_empty() => nothing,
        inside => format!(", with {inside}"),
    };
    let (effect, message) = match &delta.change {
        Change::Missing => (Effect::Added, format!("adds {noun} {path}{with}")),
        Change::Unexpected => (Effect::Removed, format!("removes {noun} {path}{with}")),
        Change::Changed { fact, .. } => (
            Effect::Changed,
            format!("changes {} of {noun} {path}", fact.replace('_', " ")),
        ),
    };
    let (fact, before, after) = match &delta.change {
        Change::Changed {
            fact,
            expected,
            live,
        } => (
            Some((*fact).to_owned()),
            Some((*live).clone()),
            Some((*expected).clone()),
        ),
        Change::Missing | Change::Unexpected => (None, None, None),
    };
    let side = if delta.expected.is_some() { head } else { base };
    let object = delta.expected.or(delta.live)?;
    Some(ContractChange {
        effect,
        id: delta.id.clone(),
        group: group(delta.id, &ancestors(object, side)),
        // What is gone has no line of its own any more: the line that made it is in the base.
        location: delta
            .expected
            .and_then(|object| object.location_of(fact.as_deref()))
            .cloned(),
        fact,
        before,
        after,
        message,
    })
}

/// Says of each finding how it stands to a change, and whether it may fail the run.
///
/// `apart` is what differs between live and head, by object and fact, `around` what that is inside of; `changes`
/// what head makes of the base.
pub fn place_in_change(
    findings: &mut [Finding],
    changes: &[ContractChange],
    apart: &BTreeSet<(ObjectId, Option<String>)>,
    around: &BTreeSet<ObjectId>,
    gate: DriftGate,
) {
    let touched: BTreeSet<&str> = changes.iter().map(|change| change.group.as_str()).collect();
    for finding in findings {
        let is_apart = match &finding.fact {
            Some(_) => {
                apart.contains(&(finding.id.clone(), finding.fact.clone()))
                    || apart.contains(&(finding.id.clone(), None))
            }
            None => around.contains(&finding.id) || apart.iter().any(|(id, _)| *id == finding.id),
        };
        // What speaks of a statement or of the configuration is no drift.
        if Class::named(finding.id.class.as_str()).is_none() {
            continue;
        }
        let standing = if !is_apart {
            Standing::Ahead
        } else if touched.contains(finding.group.as_str()) {
            Standing::Touched
        } else {
            Standing::Elsewhere
        };
        finding.standing = Some(standing);
        finding.is_gating = match (gate, standing) {
            (DriftGate::Never, _) | (_, Standing::Ahead) => false,
            (DriftGate::Always, _) | (DriftGate::Touched, Standing::Touched) => true,
            (DriftGate::Touched, Standing::Elsewhere) => false,
        };
    }
}
