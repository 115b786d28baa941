//! From deltas to findings.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Finding, code};
use crate::classes::{Class, Judgement, Naming, Severity};
use crate::contract::{Change, Contract, Delta, Location, Object, ObjectId};

/// A statement that failed in the replay: what it names may be missing from the contract for that alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedStatement {
    /// Where it stands.
    pub location: Location,
    /// Every identifier in it, folded as Postgres folds them.
    pub names: BTreeSet<String>,
}

/// Judges deltas that were folded already.
///
/// An object that live has and that a failed statement names is reported as a note that says so: it is
/// a consequence, not drift. `severities` are the configured ones by code.
pub fn judge(
    deltas: &[Delta<'_>],
    expected: &Contract,
    live: &Contract,
    failed: &[FailedStatement],
    severities: &BTreeMap<String, Severity>,
) -> Vec<Finding> {
    deltas
        .iter()
        .filter_map(|delta| {
            let class = Class::named(delta.id.class.as_str())?;
            let mut finding = finding(delta, class, expected, live);
            mark_consequence(&mut finding, delta, failed);
            if let Some(severity) = severities.get(&finding.code) {
                finding.severity = *severity;
            }
            Some(finding)
        })
        .collect()
}

fn finding(delta: &Delta<'_>, class: &Class, expected: &Contract, live: &Contract) -> Finding {
    let (kind, severity) = usual(delta, class);
    let judgement = (class.judge)(delta).unwrap_or(Judgement {
        code: None,
        severity,
        message: None,
    });
    let inside = worst_inside(delta);
    let code = match judgement.code {
        Some(code) => code.to_owned(),
        None => format!("{}-{kind}", class.name),
    };
    let (fact, left, right) = match &delta.change {
        Change::Missing => (None, delta.expected.map(facts), None),
        Change::Unexpected => (None, None, delta.live.map(facts)),
        Change::Changed {
            fact,
            expected,
            live,
        } => (
            Some((*fact).to_owned()),
            Some((*expected).clone()),
            Some((*live).clone()),
        ),
    };
    let side = if delta.expected.is_some() {
        expected
    } else {
        live
    };
    let object = delta.expected.or(delta.live);
    let ancestors = object
        .map(|object| ancestors(object, side))
        .unwrap_or_default();
    Finding {
        help: code::origin_of(&code).help,
        code,
        tried: None,
        severity: inside.map_or(judgement.severity, |worst| worst.max(judgement.severity)),
        id: delta.id.clone(),
        group: group(delta.id, &ancestors),
        ancestors,
        message: judgement
            .message
            .map_or_else(|| message(delta, class), Into::into),
        location: delta
            .expected
            .and_then(|object| object.location_of(fact.as_deref()))
            .cloned(),
        fact,
        expected: left,
        live: right,
        ignored: None,
        standing: None,
        is_gating: true,
        inside: hash_inside(delta),
        sql: None,
        targets: Vec::new(),
    }
}

/// How the code ends, and how bad that usually is.
fn usual(delta: &Delta<'_>, class: &Class) -> (&'static str, Severity) {
    match delta.change {
        Change::Missing => ("missing", class.severities.missing),
        Change::Unexpected => ("unexpected", class.severities.unexpected),
        Change::Changed { .. } => ("changed", class.severities.changed),
    }
}

/// What goes with an object, as a hash.
fn hash_inside(delta: &Delta<'_>) -> String {
    if delta.inside.is_empty() {
        return String::new();
    }
    let mut hasher = blake3::Hasher::new();
    for object in &delta.inside {
        hasher.update(object.id.to_string().as_bytes());
        hasher.update(facts(object).to_string().as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// The worst of what came along with something at the top, a schema say: folding must not play it down.
fn worst_inside(delta: &Delta<'_>) -> Option<Severity> {
    let is_top = delta.live.is_some_and(|object| object.parent.is_none());
    if delta.change != Change::Unexpected || !is_top {
        return None;
    }
    let members = delta
        .inside
        .iter()
        .filter(|object| object.parent.as_ref() == Some(delta.id));
    let severities = members.filter_map(|member| {
        let class =
            Class::named(member.id.class.as_str()).filter(|class| class.naming != Naming::Facet)?;
        let inside = delta
            .inside
            .iter()
            .filter(|object| object.parent.as_ref() == Some(&member.id));
        let alone = Delta {
            id: &member.id,
            change: Change::Unexpected,
            expected: None,
            live: Some(member),
            inside: inside.copied().collect(),
        };
        (class.judge)(&alone).map(|judgement| judgement.severity)
    });
    severities.max()
}

fn facts(object: &Object) -> Value {
    object
        .facts
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn message(delta: &Delta<'_>, class: &Class) -> String {
    let noun = class.noun;
    let path = &delta.id.path;
    let inside = match inside(delta) {
        nothing if nothing.is_empty() => nothing,
        inside => format!(", with {inside}"),
    };
    match &delta.change {
        Change::Missing => format!("{noun} {path} is missing{inside}"),
        Change::Unexpected => format!("{noun} {path} is not in the contract{inside}"),
        Change::Changed { fact, .. } => {
            format!("{noun} {path} differs in {}", fact.replace('_', " "))
        }
    }
}

/// What goes with an object, in words; owners, grants and comments go without saying.
pub(super) fn inside(delta: &Delta<'_>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for object in &delta.inside {
        *counts.entry(object.id.class.as_str()).or_default() += 1;
    }
    let parts: Vec<String> = Class::ALL
        .iter()
        .filter(|class| class.naming != Naming::Facet)
        .filter_map(|class| {
            let count = counts.get(class.name)?;
            let plural = if class.noun.ends_with('x') { "es" } else { "s" };
            let noun = match (count, class.noun.strip_suffix('y')) {
                (1, _) => class.noun.to_owned(),
                (_, Some(stem)) => format!("{stem}ies"),
                (_, None) => format!("{}{plural}", class.noun),
            };
            Some(format!("{count} {noun}"))
        })
        .collect();
    parts.join(", ")
}

/// What an object is inside of, nearest first.
pub fn ancestors(object: &Object, side: &Contract) -> Vec<ObjectId> {
    let mut ids = Vec::new();
    let mut parent = object.parent.as_ref();
    while let Some(id) = parent {
        ids.push(id.clone());
        parent = side
            .objects
            .get(id)
            .and_then(|object| object.parent.as_ref());
    }
    ids
}

/// The outermost object below the schema: a column stands under its table, a table under itself.
pub(super) fn group(id: &ObjectId, ancestors: &[ObjectId]) -> String {
    match ancestors {
        [] => id.path.to_string(),
        [_] => id.path.to_string(),
        [.., top, _schema] => top.path.to_string(),
    }
}

fn mark_consequence(finding: &mut Finding, delta: &Delta<'_>, failed: &[FailedStatement]) {
    let named_by = failed.iter().find(|statement| {
        names_of(finding).all(|name| statement.names.contains(name.trim_matches('"')))
    });
    let Some(statement) = named_by else { return };
    match delta.change {
        Change::Unexpected => {
            finding.severity = Severity::Note;
            finding.location = Some(statement.location.clone());
            finding.message = format!(
                "{}, because the statement at {} failed in the replay",
                finding.message, statement.location
            );
            finding.help =
                "Repair the failing statement; until then this object is not compared.".to_owned();
        }
        Change::Missing | Change::Changed { .. } => {
            finding.help = format!(
                "{} This may follow from the statement at {}, which failed in the replay.",
                finding.help, statement.location
            );
        }
    }
}

/// The object's own name and the names of what it is inside of, below the schema.
fn names_of(finding: &Finding) -> impl Iterator<Item = &str> {
    let inside = finding.ancestors.iter().rev().skip(1).map(|id| &*id.path);
    std::iter::once(&*finding.id.path)
        .chain(inside)
        .map(last_name)
}

fn last_name(path: &str) -> &str {
    let without_arguments = path.split('(').next().unwrap_or(path);
    match without_arguments.strip_suffix('"') {
        Some(quoted) => quoted.rsplit(".\"").next().unwrap_or(quoted),
        None => without_arguments
            .rsplit('.')
            .next()
            .unwrap_or(without_arguments),
    }
}
