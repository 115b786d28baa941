//! What the body of a class says by itself, its bases left aside.

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};

use super::project::blocks;

pub(super) enum Member<'a> {
    Value(&'a Expr),
    Function(&'a StmtFunctionDef),
    Class(&'a StmtClassDef),
}

pub(super) fn members<'a>(class: &'a StmtClassDef, name: &str) -> Vec<Member<'a>> {
    let mut members = Vec::new();
    for statement in &class.body {
        match statement {
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    if matches!(target, Expr::Name(found) if found.id == name) {
                        members.push(Member::Value(&assign.value));
                    }
                }
            }
            Stmt::AnnAssign(assign) => {
                if let (Expr::Name(found), Some(value)) = (&*assign.target, &assign.value)
                    && found.id == name
                {
                    members.push(Member::Value(value));
                }
            }
            Stmt::FunctionDef(function) if function.name.as_str() == name => {
                members.push(Member::Function(function));
            }
            Stmt::ClassDef(inner) if inner.name.as_str() == name => {
                members.push(Member::Class(inner));
            }
            _ => {}
        }
    }
    members
}

/// Where methods of a class set an attribute of `self`, at most four.
pub(super) fn set_on_self<'a>(
    class: &'a StmtClassDef,
    name: &str,
) -> Vec<(&'a StmtFunctionDef, &'a Expr)> {
    let mut found = Vec::new();
    for statement in &class.body {
        let Stmt::FunctionDef(function) = statement else {
            continue;
        };
        let mut open: Vec<&'a [Stmt]> = vec![&function.body];
        while let Some(body) = open.pop() {
            for statement in body {
                let (target, value) = match statement {
                    Stmt::Assign(assign) => (assign.targets.first(), Some(&*assign.value)),
                    Stmt::AnnAssign(assign) => (Some(&*assign.target), assign.value.as_deref()),
                    _ => (None, None),
                };
                if let (Some(Expr::Attribute(target)), Some(value)) = (target, value)
                    && target.attr.as_str() == name
                    && matches!(&*target.value, Expr::Name(object) if object.id == "self" || object.id == "cls")
                    && found.len() < 4
                {
                    found.push((function, value));
                }
                open.extend(blocks(statement));
            }
        }
    }
    found
}
