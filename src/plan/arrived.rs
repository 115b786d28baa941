//! What is made anew and comes to be held by something that cannot go again, such as a new column: the second time it is
//! the new one already, and stays.

use std::collections::BTreeSet;

use super::Verb;
use super::nodes::{Node, class_of};
use crate::classes::{Site, Statement, Whole};
use crate::contract::ObjectId;
use crate::sql;

/// Guards what goes by what has come to hold it.
pub(super) fn keep<'a>(
    nodes: &mut [Node<'a>],
    wanted: &Whole<'a>,
    present: &Whole<'a>,
    major: u32,
) {
    let absorbed = nodes.iter().flat_map(|node| node.absorbs.iter().cloned());
    let sight = Sight {
        absorbed: absorbed.collect(),
        wanted,
        present,
        major,
    };
    for node in nodes {
        if node.verb != Verb::Drop || wanted.get(node.id).is_none() {
            continue;
        }
        let held = sight.held(node.id);
        let conditions: Vec<String> = held.iter().map(|one| format!("not {one}")).collect();
        let condition = conditions.join(" and ");
        for statement in &mut node.statements {
            if !condition.is_empty() && !statement.sql.is_empty() {
                *statement = guarded(statement, &condition);
            }
        }
    }
}

fn guarded(statement: &Statement, condition: &str) -> Statement {
    let sql = match statement.sql.starts_with("do ") {
        true => format!("execute {}", sql::literal(&statement.sql).trim_start()),
        false => statement.sql.clone(),
    };
    Statement {
        sql: Statement::guarded(condition, &sql).sql,
        mergeable: None,
        ..statement.clone()
    }
}

struct Sight<'a, 'w> {
    /// What is made by the statement of what it is in.
    absorbed: BTreeSet<ObjectId>,
    wanted: &'w Whole<'a>,
    present: &'w Whole<'a>,
    major: u32,
}

impl<'a> Sight<'a, '_> {
    /// The conditions that something holds an object which was not there, however many steps away.
    fn held(&self, id: &'a ObjectId) -> BTreeSet<String> {
        let mut pending = vec![id];
        let mut seen = BTreeSet::from([id]);
        let mut found = BTreeSet::new();
        while let Some(at) = pending.pop() {
            let inside = self.wanted.children(at).iter().map(|child| &child.id);
            pending.extend(inside.filter(|child| seen.insert(child)));
            for dependent in self.wanted.dependents(at).iter().copied() {
                if seen.insert(dependent) {
                    found.extend(self.arrived(dependent));
                    pending.push(dependent);
                }
            }
        }
        found
    }

    /// The condition that it has come, or what it comes with.
    fn arrived(&self, id: &ObjectId) -> Option<String> {
        let mut id = id;
        loop {
            let (_, class) = class_of(id)?;
            let object = self.wanted.get(id)?;
            let site = Site {
                object,
                whole: self.wanted,
                other: self.present,
                is_inside_new: false,
                major: self.major,
            };
            if let Some(condition) = (class.rules.arrived)(&site) {
                return Some(condition);
            }
            id = object
                .parent
                .as_ref()
                .filter(|_| self.absorbed.contains(id))?;
        }
    }
}
