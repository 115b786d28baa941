//! From two contracts to the statements that make one of the other, in an order that works.
//!
//! Nothing here knows a class: the rules of the classes say which statements an object takes
//! (`classes/rules/`), `pg_depend` of both sides says what has to come before what.

mod arrived;
mod fate;
mod graph;
mod likeness;
mod lookup;
mod moves;
mod nodes;
mod order;
mod remains;
mod renames;
mod render;
mod size;

use std::collections::BTreeSet;

use crate::classes::{self, Class, Section, Statement, Whole};
use crate::contract::{self, Change, Contract, Delta, Object, ObjectId};

pub use likeness::respelled;
pub use renames::{Rename, renames};
pub use render::{Heading, SETTINGS, render};
pub use size::told as size_told;

/// What a plan may do beyond what loses nothing.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    /// Names of losses that were asked for, such as `drop-column`; `all` stands for every one.
    pub allowed: BTreeSet<String>,
    /// Whether it is for a database that may have a part of everything: each column is made on its own.
    pub is_bundle: bool,
    /// Whether it makes a copy to try things on, where placeholders do for secrets.
    pub is_copy: bool,
}

impl Permissions {
    fn allows(&self, loss: &str) -> bool {
        self.allowed.contains(loss) || self.allowed.contains("all")
    }
}

/// What a step does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Takes it away.
    Drop,
    /// Changes it.
    Alter,
    /// Makes it.
    Create,
}

/// One statement of a plan with the object it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The object.
    pub id: ObjectId,
    /// What becomes of it.
    pub verb: Verb,
    /// The statement.
    pub statement: Statement,
}

/// A step that is not run, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Withheld {
    /// The object.
    pub id: ObjectId,
    /// What would become of it.
    pub verb: Verb,
    /// The statements, where there are any.
    pub statements: Vec<Statement>,
    /// Why not, in words.
    pub why: String,
    /// The name for `--allow` that lets it through; none where nothing does.
    pub allow: Option<&'static str>,
    /// Whether it is a difference that no statement takes away, such as the order of columns.
    pub stays: bool,
}

/// The statements that bring live to expected, and what was left out of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReconcilePlan {
    /// In the order to run them: those before the transaction, those in it, those after it.
    pub steps: Vec<Step>,
    /// What is not emitted on our own.
    pub withheld: Vec<Withheld>,
}

impl ReconcilePlan {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.is_complete()
    }

    /// Whether every step that there is stands in it.
    pub fn is_complete(&self) -> bool {
        self.withheld.iter().all(|withheld| withheld.stays)
    }

    /// Takes all that stands after the transaction into it, for a file that a migration tool runs in one of its own.
    pub fn join_transaction(&mut self) {
        for step in &mut self.steps {
            step.statement.inline_it();
        }
    }

    /// Puts renames before everything else: in the transaction, or on their own where something else stands
    /// before it already and may need the new names.
    pub fn begin_with(&mut self, renames: &[Rename]) {
        let section = self
            .steps
            .first()
            .map_or(Section::Transaction, |step| step.statement.section);
        let mut steps: Vec<Step> = renames.iter().map(Rename::step).collect();
        for step in &mut steps {
            step.statement.section = section.min(Section::Transaction);
        }
        self.steps.splice(0..0, steps);
    }

    /// What loses data of its own accord and was not asked for: the object and the name of the loss.
    pub fn losses(&self) -> impl Iterator<Item = (&ObjectId, &'static str)> {
        let of_its_own = |withheld: &&Withheld| withheld.why.starts_with(order::LOSES);
        let losses = self.withheld.iter().filter(of_its_own);
        losses.filter_map(|withheld| Some((&withheld.id, withheld.allow?)))
    }

    /// Objects that keep their differences because steps are withheld.
    pub fn unsettled(&self) -> BTreeSet<&ObjectId> {
        self.withheld.iter().map(|withheld| &withheld.id).collect()
    }
}

/// Plans the way from `live` to `expected`, both with what needs what, on a server of a major version.
///
/// `default_grants` are what new objects are granted without a word, the platform's included.
pub fn plan(
    expected: &Contract,
    live: &Contract,
    default_grants: &[Object],
    permissions: &Permissions,
    major: u32,
) -> ReconcilePlan {
    // What is compared is what both sides can say; what is made is made whole.
    let (mut one, mut other) = (expected.clone(), live.clone());
    classes::align(&mut one, live);
    classes::align(&mut other, expected);
    let (staying, deltas): (Vec<_>, Vec<_>) = contract::diff(&one, &other)
        .into_iter()
        .map(|delta| (reason_to_stay(&delta), delta))
        .partition(|(reason, _)| reason.is_some());
    let deltas: Vec<_> = deltas.into_iter().map(|(_, delta)| delta).collect();
    let (mut wanted, present) = (Whole::new(expected), Whole::new(live));
    wanted.default_grants = default_grants.iter().collect();
    wanted.is_bundle = permissions.is_bundle;
    let fates = fate::decide(&deltas, &wanted, &present, major);
    let mut nodes = nodes::nodes(&fates, &wanted, &present, major);
    arrived::keep(&mut nodes, &wanted, &present, major);
    let edges = graph::edges(&nodes, &wanted, &present);
    let mut plan = order::settle(&nodes, &edges, permissions);
    let evaluating = lookup::evaluating(&nodes, &wanted);
    let path = classes::search_path(expected);
    plan.steps = lookup::with_paths(std::mem::take(&mut plan.steps), &evaluating, path);
    let staying = staying
        .into_iter()
        .filter_map(|(reason, delta)| Some(remains::stays(delta.id.clone(), reason?)));
    plan.withheld.extend(staying);
    for told in remains::remains(&plan.steps, &fates, &wanted, &present, major) {
        if !plan.withheld.contains(&told) {
            plan.withheld.push(told);
        }
    }
    plan
}

/// What takes part in what becomes of any of these objects in a database on its way to a contract: the same columns of
/// partitions.
pub fn heirs<'a>(
    ids: impl Iterator<Item = &'a ObjectId>,
    contract: &Contract,
    expected: &Contract,
) -> BTreeSet<ObjectId> {
    let (whole, other) = (Whole::new(contract), Whole::new(expected));
    ids.flat_map(|id| graph::heirs(id, &whole, &other))
        .collect()
}

/// Why no statement changes the fact that differs, for those that are decided when the object is made.
pub fn reason_to_stay(delta: &Delta<'_>) -> Option<&'static str> {
    let Change::Changed { fact, .. } = delta.change else {
        return None;
    };
    Class::named(delta.id.class.as_str())?.fact(fact)?.stays
}
