//! What is meant to be open and what is not: rules that a team stated, and what goes without saying.

use super::matrix::{Cell, Operation, Outcome};
use super::world::Grain;
use crate::contract::Pattern;

/// A rule of the configuration.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Which tables, views, functions and buckets.
    pub object: Pattern,
    /// Which actors; none means all but those that bypass row-level security.
    pub actor: Option<Pattern>,
    /// Operations that must not get through.
    pub deny: Vec<String>,
    /// Operations that may.
    pub allow: Vec<String>,
    /// Where it stands.
    pub place: String,
}

/// What is known of an object when one of its cells is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    pub grain: Grain,
    /// Whether the actor's role bypasses it.
    pub is_bypassing: bool,
    /// Whether its files are everybody's to read, whatever policies say.
    pub is_public: bool,
    /// Whether a policy lets everybody read and says so by its name.
    pub is_declared_open: bool,
}

/// Why an outcome is not to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It is fine.
    Fine,
    /// Somebody reaches what is not theirs.
    Leak,
    /// Everybody may read it, and a policy says by its name that this is meant.
    Open,
    /// A rule says otherwise; where it stands.
    AgainstRule(String),
}

pub(super) fn judge(cell: &Cell, known: Circumstances, rules: &[Rule]) -> Judgement {
    if cell.outcome != Outcome::Allowed {
        return Judgement::Fine;
    }
    let path = cell.object.replace('"', "");
    let meant = rules
        .iter()
        .filter(|rule| rule.object.matches_text(&path) || rule.object.matches_text(&cell.object));
    for rule in meant {
        let is_actor = match &rule.actor {
            Some(actor) => actor.matches_text(&cell.actor),
            None => !known.is_bypassing,
        };
        let is_in = |words: &[String]| words.iter().any(|word| cell.operation.is_meant_by(word));
        if is_actor && is_in(&rule.allow) {
            return Judgement::Fine;
        }
        if is_actor && is_in(&rule.deny) {
            return Judgement::AgainstRule(rule.place.clone());
        }
    }
    if known.is_bypassing
        || !cell.operation.is_for_others()
        || known.is_public && cell.operation == Operation::SelectOther
    {
        return Judgement::Fine;
    }
    let is_change = matches!(
        cell.operation,
        Operation::UpdateOther | Operation::DeleteOther
    );
    let is_read = cell.operation == Operation::SelectOther;
    if known.is_declared_open && is_read && known.grain != Grain::Global {
        return Judgement::Open;
    }
    let is_leak = match known.grain {
        Grain::User | Grain::Tenant => true,
        // Nobody's rows may be read; that whoever likes may change them for all was hardly meant.
        Grain::Global => is_change,
    };
    match is_leak {
        true => Judgement::Leak,
        false => Judgement::Fine,
    }
}
