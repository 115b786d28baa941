//! Statements with bodies: each body may run or not.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::project::blocks;
use super::reader::{Frame, Reader};
use crate::usage::code::Place;

impl<'a> Reader<'_, 'a> {
    /// Statements with bodies: each may run or not.
    pub(super) fn branching(&mut self, statement: &'a Stmt) {
        self.heads(statement);
        let place = self.place(statement.start());
        let before = self.frames.clone();
        let mut ends = Vec::new();
        let mut is_covered = matches!(statement, Stmt::With(_));
        if let Stmt::If(branch) = statement {
            is_covered = branch
                .elif_else_clauses
                .last()
                .is_some_and(|clause| clause.test.is_none());
        }
        if let Stmt::Try(attempt) = statement {
            // What a handler or the end adds comes after the body, whole or in part.
            self.run(&attempt.body);
            ends.push(self.frames.clone());
        }
        let skipped = usize::from(matches!(statement, Stmt::Try(_)));
        for body in blocks(statement).into_iter().skip(skipped) {
            if !matches!(statement, Stmt::Try(_)) {
                self.frames.clone_from(&before);
            }
            if let (Stmt::For(each), 0) = (statement, ends.len()) {
                self.bind_items(&each.target, &each.iter);
            }
            self.run(body);
            if !leaves(body) {
                ends.push(self.frames.clone());
            }
        }
        if !is_covered && !matches!(statement, Stmt::Try(_)) {
            ends.push(before);
        }
        self.frames = joined(ends, place).unwrap_or_else(|| std::mem::take(&mut self.frames));
    }

    /// What stands before the bodies of a statement.
    fn heads(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::If(branch) => {
                self.eval(&branch.test);
                for clause in &branch.elif_else_clauses {
                    if let Some(test) = &clause.test {
                        self.eval(test);
                    }
                }
            }
            Stmt::For(each) => {
                self.eval(&each.iter);
            }
            Stmt::While(each) => {
                self.eval(&each.test);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    let thing = self.eval(&item.context_expr);
                    if let Some(name) = &item.optional_vars {
                        self.assign(name, thing);
                    }
                }
            }
            Stmt::Match(choice) => {
                self.eval(&choice.subject);
            }
            Stmt::Assert(claim) => {
                self.eval(&claim.test);
            }
            Stmt::Raise(raise) => {
                if let Some(error) = &raise.exc {
                    self.eval(error);
                }
            }
            _ => {}
        }
    }
}

/// Whether nothing after a body is reached from it.
fn leaves(body: &[Stmt]) -> bool {
    matches!(
        body.last(),
        Some(Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_))
    )
}

/// The names after several ways through.
fn joined(ends: Vec<Vec<Frame<'_>>>, place: Place) -> Option<Vec<Frame<'_>>> {
    let mut ends = ends.into_iter();
    let mut all = ends.next()?;
    for end in ends {
        for (frame, other) in all.iter_mut().zip(end) {
            for (name, thing) in other {
                let joined = match frame.remove(name) {
                    Some(known) => known.or(thing, place),
                    None => thing,
                };
                frame.insert(name, joined);
            }
        }
    }
    Some(all)
}
