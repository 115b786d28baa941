//! Advice on one contract: what classes know of security and practice, as rules over a contract alone.
//!
//! A rule stands in `advice.rs` of the class whose objects it speaks of; this collects them all.

mod api;
pub(in crate::classes) mod expression;
mod outlook;
mod statistics;

pub use api::{Api, Wish};
pub use outlook::Outlook;
pub use statistics::{Bloat, SequenceUse, Statistics};

use std::collections::BTreeSet;

use super::{CodeEntry, Severity};
use crate::contract::{Gap, Object, ObjectId};

/// One piece of advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The finding code.
    pub code: &'static str,
    /// How bad it is, where it is not what the code usually is.
    pub severity: Option<Severity>,
    /// What it is about.
    pub id: ObjectId,
    /// The fact that it is about, for the line to show.
    pub fact: Option<&'static str>,
    /// One sentence for a person, without a full stop.
    pub message: String,
    /// Statements that set it right, where there are any.
    pub sql: Option<String>,
}

/// A rule, or several that look at the same.
#[derive(Debug)]
pub(in crate::classes) struct Rule {
    /// What it may say.
    pub(in crate::classes) codes: &'static [CodeEntry],
    /// What it cannot do without.
    pub(in crate::classes) needs: Needs,
    /// What it looks at, for where it cannot.
    pub(in crate::classes) about: &'static str,
    /// Looks.
    pub(in crate::classes) look: fn(&Outlook<'_>) -> Vec<Advice>,
}

/// What a rule cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::classes) enum Needs {
    /// Nothing but the contract.
    Contract,
    /// Roles that requests run as.
    ApiRoles,
    /// A running server: what it counted, and what it was given before any migration.
    Statistics,
}

/// All that rules had to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advised {
    /// The advice, by rule.
    pub advice: Vec<Advice>,
    /// What was not looked at.
    pub gaps: BTreeSet<Gap>,
}

/// The rules of all classes.
const RULES: &[&[Rule]] = &[
    super::extension::advice::RULES,
    super::table::advice::RULES,
    super::foreign_table::advice::RULES,
    super::view::advice::RULES,
    super::materialized_view::advice::RULES,
    super::column::advice::RULES,
    super::sequence::advice::RULES,
    super::constraint::advice::RULES,
    super::index::advice::RULES,
    super::function::advice::RULES,
    super::trigger::advice::RULES,
    super::policy::advice::RULES,
    super::bucket::advice::RULES,
    super::grant::advice::RULES,
];

/// What all rules may say.
pub fn advice_codes() -> impl Iterator<Item = &'static CodeEntry> {
    RULES
        .iter()
        .flat_map(|rules| rules.iter())
        .flat_map(|rule| rule.codes)
}

/// Asks every rule that can look.
pub fn advise(outlook: &Outlook<'_>) -> Advised {
    let mut advised = Advised {
        advice: Vec::new(),
        gaps: outlook.gaps(),
    };
    for rule in RULES.iter().flat_map(|rules| rules.iter()) {
        match missing(rule.needs, outlook) {
            None => advised.advice.extend((rule.look)(outlook)),
            Some(why) => {
                advised.gaps.insert(Gap {
                    what: rule.about.to_owned(),
                    why: why.to_owned(),
                });
            }
        }
    }
    advised
}

/// Why a rule cannot look.
fn missing(needs: Needs, outlook: &Outlook<'_>) -> Option<&'static str> {
    match needs {
        Needs::ApiRoles if outlook.api().roles.is_empty() => Some(
            "the contract has no role that requests run as: neither anon nor authenticated, nor one that `api_roles` under [lint] names",
        ),
        Needs::Statistics if outlook.statistics().is_none() => {
            Some("only a running database tells, and the source is none")
        }
        Needs::Contract | Needs::ApiRoles | Needs::Statistics => None,
    }
}

impl Advice {
    /// Advice on an object, as bad as its code usually is.
    pub(in crate::classes) fn on(
        object: &Object,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: None,
            id: object.id.clone(),
            fact: None,
            message: message.into(),
            sql: None,
        }
    }

    /// Adds what sets it right.
    pub(in crate::classes) fn remedy(mut self, sql: impl Into<String>) -> Self {
        self.sql = Some(sql.into());
        self
    }

    /// Gives it a severity of its own.
    pub(in crate::classes) fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Is about a fact.
    pub(in crate::classes) fn about(mut self, fact: &'static str) -> Self {
        self.fact = Some(fact);
        self
    }
}

/// Names in a row as a person says them: `a, b and c`.
pub(in crate::classes) fn in_words<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
