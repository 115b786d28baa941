//! Statements that evaluate functions whose text names things without a schema: they run where those are found.
//!
//! A plan runs with `search_path = pg_catalog`, as everything was printed; what a migration filled a new column with was
//! evaluated with the path that the database or the role sets.

use std::collections::BTreeSet;

use super::nodes::{Node, class_of};
use super::{Step, Verb};
use crate::classes::{Statement, Whole};
use crate::contract::ObjectId;

/// The objects whose steps evaluate such a function.
pub(super) fn evaluating<'a>(nodes: &[Node<'a>], wanted: &Whole<'a>) -> BTreeSet<&'a ObjectId> {
    let calling = calling(wanted);
    if calling.is_empty() {
        return BTreeSet::new();
    }
    let evaluates = |node: &&Node<'a>| {
        let reaches = |id: &ObjectId| calling.contains(id);
        // What is beside it is evaluated for rows that are written anew.
        let beside = || {
            let parent = wanted.get(node.id).and_then(|one| one.parent.as_ref());
            let rewrites = node.statements.iter().any(|one| one.risk.rewrites);
            let beside = parent.filter(|_| rewrites).map(|id| wanted.children(id));
            beside.into_iter().flatten().any(|one| reaches(&one.id))
        };
        let own = class_of(node.id).is_some_and(|(_, class)| class.rules.evaluates)
            && (reaches(node.id) || node.absorbs.iter().any(reaches));
        node.verb != Verb::Drop && (own || beside())
    };
    nodes.iter().filter(evaluates).map(|node| node.id).collect()
}

/// What calls such a function, however many steps away.
fn calling<'a>(wanted: &Whole<'a>) -> BTreeSet<&'a ObjectId> {
    let looks_up = |id: &&'a ObjectId| {
        let object = wanted.get(id);
        object.is_some_and(|object| {
            class_of(id).is_some_and(|(_, class)| (class.rules.looks_up)(object))
        })
    };
    let mut pending: Vec<&ObjectId> = wanted.contract.objects.keys().filter(looks_up).collect();
    let mut found = BTreeSet::new();
    while let Some(id) = pending.pop() {
        if !found.insert(id) {
            continue;
        }
        pending.extend(wanted.dependents(id));
        let parent = wanted.get(id).and_then(|object| object.parent.as_ref());
        let part = parent.filter(|id| class_of(id).is_some_and(|(_, class)| class.rules.evaluates));
        pending.extend(part);
    }
    found
}

/// Steps with the path set around those of these objects: the one that the contract's database gives, else the session's.
pub(super) fn with_paths(
    steps: Vec<Step>,
    evaluating: &BTreeSet<&ObjectId>,
    path: Option<String>,
) -> Vec<Step> {
    let path = path.unwrap_or_else(|| "search_path to default".to_owned());
    let evaluates = |step: &Step| step.verb != Verb::Drop && evaluating.contains(&step.id);
    let mut all: Vec<Step> = Vec::new();
    let mut steps = steps.into_iter().peekable();
    let mut is_open = false;
    while let Some(step) = steps.next() {
        let set = |to: &str| {
            let mut statement = Statement::new(format!("set {to}"));
            statement.section = step.statement.section;
            Step {
                statement,
                ..step.clone()
            }
        };
        let (open, close) = (set(&path), set("search_path = pg_catalog"));
        let section = step.statement.section;
        let is_one = evaluates(&step);
        if is_one && !is_open {
            all.push(open);
        }
        all.push(step);
        is_open = is_one
            && steps
                .peek()
                .is_some_and(|next| evaluates(next) && next.statement.section == section);
        if is_one && !is_open {
            all.push(close);
        }
    }
    all
}
