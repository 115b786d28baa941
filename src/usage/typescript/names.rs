//! What names stand for: variables, parameters, and what is imported.

use std::sync::Arc;

use super::clients;
use super::eval::{Built, Context, Key, Known, Project, asks};
use super::expr::{Binding, Entry, Export, Expr, Kind, Node};
use crate::usage::code::Client;

impl Project<'_> {
    /// The binding of a name and the scope that has it.
    pub(super) fn binding(
        &self,
        module: usize,
        scope: usize,
        name: &str,
    ) -> Option<(usize, &Binding)> {
        let scopes = &self.modules[module].scopes;
        let mut at = Some(scope);
        while let Some(scope) = at {
            if let Some(binding) = scopes[scope].names.get(name) {
                return Some((scope, binding));
            }
            at = scopes[scope].parent;
        }
        None
    }

    pub(super) fn name(&self, name: &Arc<str>, scope: usize, context: &Context, far: u8) -> Known {
        let Some((scope, binding)) = self.binding(context.module, scope, name) else {
            return clients::global(name);
        };
        match &binding.kind {
            Kind::Function(index) => Known::Function(context.module, *index),
            Kind::Class(index) => Known::Class(context.module, *index),
            Kind::Import(source, imported) => {
                self.import(source, imported, name, context.module, far)
            }
            Kind::Parameter {
                function,
                position,
                field,
                type_name,
            } => {
                let default = binding.sources.first();
                let which = (*function, *position, field.as_deref());
                let given = self.parameter(which, default, context, far);
                match (given, type_name) {
                    // What nobody hands over is a client all the same, if its name says so.
                    (Known::Node(node, of), _) if matches!(node.expr, Expr::Undefined) => {
                        match clients::by_name(name) {
                            Known::Built(built) => Known::Built(built),
                            _ => Known::Node(node, of),
                        }
                    }
                    (Known::Unknown, Some(type_name))
                        if self.is_type(context.module, type_name, 4) =>
                    {
                        clients::known(Client::Unknown, name)
                    }
                    (Known::Unknown, _) => match binding.sources.first() {
                        // A default is what it is without an argument: a client still is one.
                        Some(default) => match self.resolve(default, context, far) {
                            Known::Built(built) => Known::Built(built),
                            _ => clients::by_name(name),
                        },
                        None => clients::by_name(name),
                    },
                    (known, _) => known,
                }
            }
            Kind::Variable => {
                let typed = self.modules[context.module].typed_names.get(name);
                if typed.is_some_and(|typed| self.is_type(context.module, typed, 4)) {
                    return clients::known(Client::Unknown, name);
                }
                let key = (context.module, scope, name.clone());
                match self.variable(&key, binding, context, far) {
                    Known::Node(..) if binding.is_lost => Known::Unknown,
                    known => known,
                }
            }
        }
    }

    /// Whether a type is one of clients, perhaps by another name.
    pub(super) fn is_type(&self, module: usize, name: &str, far: u8) -> bool {
        if clients::is_type(name) {
            return true;
        }
        let of = &self.modules[module];
        if let Some(text) = of.type_aliases.get(name) {
            return text.contains("SupabaseClient") || text.contains("createClient");
        }
        match of.scopes[0].names.get(name).map(|binding| &binding.kind) {
            Some(Kind::Import(source, name)) if far > 0 => self
                .files
                .find(self.paths[module], source)
                .is_some_and(|target| self.is_type(target, name, far - 1)),
            _ => false,
        }
    }

    pub(super) fn variable(
        &self,
        key: &Key,
        binding: &Binding,
        context: &Context,
        far: u8,
    ) -> Known {
        let sources = binding
            .sources
            .iter()
            .filter(|source| !starts_from(source, &key.2));
        let mut found: Vec<Known> = Vec::new();
        for source in sources {
            let is_nothing = matches!(source.expr, Expr::Null | Expr::Undefined);
            if !is_nothing {
                found.push(self.resolve(source, context, far));
            }
        }
        let built: Vec<&Built> = found
            .iter()
            .filter_map(|known| match known {
                Known::Built(built) => Some(built),
                _ => None,
            })
            .collect();
        if let Some(first) = built.first() {
            let mut built = (*first).clone();
            if asks(&built.calls) {
                let until = built.calls.len();
                built.continues = Some((key.clone(), until));
            }
            return Known::Built(clients::named(built, &key.2));
        }
        match found.as_slice() {
            [] => clients::by_name(&key.2),
            [Known::Unknown] => clients::by_name(&key.2),
            [one] => one.clone(),
            _ => Known::Unknown,
        }
    }

    pub(super) fn parameter(
        &self,
        (function, position, field): (usize, usize, Option<&str>),
        default: Option<&Node>,
        context: &Context,
        far: u8,
    ) -> Known {
        if far == 0 {
            return Known::Unknown;
        }
        let mut at = context.given.as_ref();
        while let Some(given) = at {
            if given.function == function {
                self.uses_given.set(true);
                let upto = given.arguments.iter().take(position + 1);
                if upto.clone().any(|item| item.is_spread) {
                    return Known::Unknown;
                }
                let undefined = || {
                    let place = crate::usage::code::Place { line: 1, column: 1 };
                    let expr = Expr::Undefined;
                    Known::Node(Node { expr, place }, context.clone())
                };
                let found = match (given.arguments.get(position), field) {
                    (None, _) => undefined(),
                    (Some(item), None) => self.resolve(&item.node, &given.from, far - 1),
                    (Some(item), Some(field)) if lacks(&item.node, field) => undefined(),
                    (Some(item), Some(field)) => {
                        self.member(&item.node, field, &given.from, far - 1)
                    }
                };
                return match (found, default) {
                    (Known::Node(node, _), Some(default))
                        if matches!(node.expr, Expr::Undefined) =>
                    {
                        self.resolve(default, context, far - 1)
                    }
                    (Known::Node(node, _), None) if matches!(node.expr, Expr::Undefined) => {
                        Known::Node(node, context.clone())
                    }
                    (found, _) => found,
                };
            }
            at = given.from.given.as_ref();
        }
        self.touched.set(Some((context.module, function)));
        Known::Unknown
    }

    pub(super) fn import(
        &self,
        source: &str,
        name: &str,
        local: &str,
        module: usize,
        far: u8,
    ) -> Known {
        let found = self.files.find(self.paths[module], source);
        let Some(target) = found else {
            return clients::imported(source, local);
        };
        if name == "*" {
            return Known::Module(target);
        }
        match self.exported(target, name, far) {
            Known::Unknown => clients::by_name(local),
            Known::Built(built) => Known::Built(clients::named(built, local)),
            known => known,
        }
    }

    pub(super) fn exported(&self, module: usize, name: &str, far: u8) -> Known {
        if far == 0 {
            return Known::Unknown;
        }
        let of = &self.modules[module];
        let context = Context::of(module);
        match of.exports.get(name) {
            Some(Export::Local(local)) => self.name(local, 0, &context, far - 1),
            Some(Export::Value(node)) => self.resolve(node, &context, far - 1),
            Some(Export::From(source, name)) => self.import(source, name, name, module, far - 1),
            None => {
                let stars = of.star_exports.iter();
                let found = stars.filter_map(|source| self.files.find(self.paths[module], source));
                for target in found {
                    match self.exported(target, name, far - 1) {
                        Known::Unknown => {}
                        known => return known,
                    }
                }
                Known::Unknown
            }
        }
    }
}

/// Whether an object that is written out has no such field.
fn lacks(node: &Node, field: &str) -> bool {
    match &node.expr {
        Expr::Object(entries) => entries
            .iter()
            .all(|entry| matches!(entry, Entry::Field(name, ..) if &**name != field)),
        _ => false,
    }
}

/// Whether an expression goes on from a name: `q.eq("a", 1)`.
fn starts_from(node: &Node, name: &str) -> bool {
    match &node.expr {
        Expr::Name(base, _) => &**base == name,
        Expr::Member(object, _) => starts_from(object, name),
        Expr::Call(called) => starts_from(&called.callee, name),
        Expr::Either(left, right) | Expr::Default(left, right) => {
            starts_from(left, name) || starts_from(right, name)
        }
        Expr::Perhaps(inner) => starts_from(inner, name),
        _ => false,
    }
}
