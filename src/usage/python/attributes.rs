//! What `object.name` stands for: members of modules, classes, objects and clients.

use ruff_python_ast::{Expr, ExprAttribute, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::clues;
use super::eval::named;
use super::members::{Member, members, set_on_self};
use super::project::Binding;
use super::reader::Reader;
use super::thing::{Handle, Owner, Thing};
use crate::usage::code::{Certainty, Client, Place, Value};

/// The most base classes that are looked through.
const ANCESTORS: usize = 8;

impl<'a> Reader<'_, 'a> {
    pub(super) fn attribute(&mut self, attribute: &'a ExprAttribute) -> Thing<'a> {
        let name = attribute.attr.as_str();
        let place = self.place(attribute.range().start());
        let object = self.eval(&attribute.value);
        let is_own = matches!(&object, Thing::Instance(owner) | Thing::Class(owner) if owner.module == self.module);
        let thing = match object {
            Thing::Module(at) => self.global(at, name),
            Thing::Outside(path) if clues::is_foreign(&path) => Thing::Foreign,
            Thing::Outside(path) => Thing::Outside(format!("{path}.{name}")),
            Thing::Class(owner) => self.class_attribute(owner, name),
            Thing::Instance(owner) => self.object_attribute(owner, name),
            Thing::Handle(handle) => of_handle(*handle, name),
            Thing::Query(ids, negated) => Thing::Query(ids, negated || name == "not_"),
            text @ Thing::Data(Value::Text { .. }) if name == "value" => text,
            Thing::Foreign => Thing::Foreign,
            _ => Thing::Unknown,
        };
        if let (Thing::Unknown, "storage" | "postgrest") = (&thing, name) {
            let certainty = clues::of_name(&attribute.value);
            if certainty == Certainty::Known {
                return of_handle(Handle::new(Client::Unknown, certainty), name);
            }
        }
        named(thing, place, !is_own)
    }

    /// What a class or one of those it is made from binds a name to.
    pub(super) fn class_attribute(&mut self, owner: Owner<'a>, name: &str) -> Thing<'a> {
        let mut classes = vec![owner];
        let mut at = 0;
        while at < classes.len().min(ANCESTORS) {
            let owner = classes[at];
            let members = members(owner.class, name);
            match *members.as_slice() {
                [] => {}
                [Member::Value(value)] => {
                    return self.apart(owner.module, None, |reader| reader.eval(value));
                }
                [Member::Function(function)] => {
                    return Thing::Function(owner.module, function, Some(owner));
                }
                [Member::Class(class)] => {
                    return Thing::Class(Owner {
                        module: owner.module,
                        class,
                    });
                }
                [..] => return Thing::Unknown,
            }
            classes.extend(self.bases_of(owner));
            at += 1;
        }
        Thing::Unknown
    }

    pub(super) fn bases_of(&mut self, owner: Owner<'a>) -> Vec<Owner<'a>> {
        let Some(arguments) = &owner.class.arguments else {
            return Vec::new();
        };
        let mut bases = Vec::new();
        for base in arguments.args.iter().take(ANCESTORS) {
            let base = match base {
                Expr::Subscript(part) => &*part.value,
                other => other,
            };
            if matches!(base, Expr::Name(_) | Expr::Attribute(_))
                && let Thing::Class(found) =
                    self.apart(owner.module, None, |reader| reader.eval(base))
            {
                bases.push(found);
            }
        }
        bases
    }

    /// What an object has: what its methods set, else what its class has.
    fn object_attribute(&mut self, owner: Owner<'a>, name: &'a str) -> Thing<'a> {
        let mut classes = vec![owner];
        let mut at = 0;
        while at < classes.len().min(ANCESTORS) {
            let owner = classes[at];
            let mut found: Option<Thing<'a>> = None;
            for (function, value) in set_on_self(owner.class, name) {
                let thing = self.apart(owner.module, Some(owner), |reader| {
                    reader.bind_parameters(function);
                    reader.eval(value)
                });
                found = Some(match found {
                    None => thing,
                    Some(known) => known.or(thing, Place { line: 1, column: 1 }),
                });
            }
            if let Some(thing) = found {
                return thing;
            }
            classes.extend(self.bases_of(owner));
            at += 1;
        }
        let thing = self.class_attribute(owner, name);
        match thing {
            Thing::Function(module, function, _) if is_property(function) => {
                self.follow(module, function, Some(owner), None)
            }
            // A class made from this one may say otherwise.
            Thing::Data(_) if self.is_overridden(owner, name) || self.is_field(owner, name) => {
                Thing::Unknown
            }
            Thing::Unknown => self.typed_attribute(owner, name),
            thing => thing,
        }
    }

    /// `client: Client` in the body of a class.
    fn typed_attribute(&mut self, owner: Owner<'a>, name: &str) -> Thing<'a> {
        let typed = owner
            .class
            .body
            .iter()
            .find_map(|statement| match statement {
                Stmt::AnnAssign(assign) => match &*assign.target {
                    Expr::Name(found) if found.id == name => Some(&*assign.annotation),
                    _ => None,
                },
                _ => None,
            });
        typed.map_or(Thing::Unknown, |annotation| {
            self.apart(owner.module, None, |reader| reader.of_type(annotation))
        })
    }

    /// Whether each object gets its own: a field of a data class or model, of which the class has the default.
    fn is_field(&mut self, owner: Owner<'a>, name: &str) -> bool {
        let is_typed = owner.class.body.iter().any(|statement| match statement {
            Stmt::AnnAssign(assign) => {
                let is_of_class = matches!(&*assign.annotation, Expr::Name(name) if name.id == "Final" || name.id == "ClassVar")
                    || matches!(&*assign.annotation, Expr::Subscript(part)
                        if matches!(last_name(&part.value), Some("Final" | "ClassVar")));
                !is_of_class && matches!(&*assign.target, Expr::Name(found) if found.id == name)
            }
            _ => false,
        });
        let is_own = !members(owner.class, name).is_empty();
        let bases = owner
            .class
            .arguments
            .as_ref()
            .map_or(0, |arguments| arguments.args.len());
        (is_typed || !is_own)
            && (!owner.class.decorator_list.is_empty() || bases > self.bases_of(owner).len())
    }

    fn is_overridden(&self, owner: Owner<'a>, name: &str) -> bool {
        let own = owner.class.name.as_str();
        self.project.modules.iter().any(|module| {
            module
                .names
                .values()
                .flatten()
                .any(|binding| match binding {
                    Binding::Class(class) => {
                        let is_made_from = class.arguments.iter().any(|arguments| {
                            arguments
                                .args
                                .iter()
                                .any(|base| last_name(base) == Some(own))
                        });
                        is_made_from && !members(class, name).is_empty()
                    }
                    _ => false,
                })
        })
    }
}

fn last_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        Expr::Subscript(part) => match &*part.value {
            Expr::Name(name) => Some(name.id.as_str()),
            _ => None,
        },
        _ => None,
    }
}

/// A plain member of a client.
fn of_handle(mut handle: Handle, name: &str) -> Thing<'static> {
    match name {
        "storage" => {
            handle.is_of_storage = true;
            Thing::Handle(Box::new(handle))
        }
        "postgrest" | "not_" => Thing::Handle(Box::new(handle)),
        // Accounts, functions at the edge: no database.
        "auth" | "functions" | "realtime" | "options" => Thing::Foreign,
        _ => Thing::Unknown,
    }
}

fn is_property(function: &StmtFunctionDef) -> bool {
    function.decorator_list.iter().any(|decorator| {
        last_name(&decorator.expression).is_some_and(|name| name.ends_with("property"))
    })
}
