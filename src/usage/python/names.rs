//! What names, types and attributes stand for, in this module and in those it imports from.

use ruff_python_ast::{Expr, ExprAttribute, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::clues;
use super::eval::named;
use super::project::{Binding, blocks};
use super::reader::Reader;
use super::thing::{Handle, Owner, Thing};
use crate::usage::code::{Certainty, Client, Place, Value};

/// How far imports and functions are followed.
const FARTHEST: usize = 8;

/// The most base classes that are looked through.
const ANCESTORS: usize = 8;

impl<'a> Reader<'_, 'a> {
    pub(super) fn name(&mut self, name: &'a str, place: Place) -> Thing<'a> {
        if let Some(known) = self.local(name) {
            let known = known.clone();
            return named(known, place, false);
        }
        let module = self.module;
        let thing = self.global(module, name);
        named(thing, place, false)
    }

    /// What a module binds a name to.
    pub(super) fn global(&mut self, module: usize, name: &'a str) -> Thing<'a> {
        if let Some(known) = self.globals.get(&(module, name)) {
            return known.clone();
        }
        // While it is being found out, it is unknown: names may refer to each other in a ring.
        self.globals.insert((module, name), Thing::Unknown);
        let thing = self.find_global(module, name);
        self.globals.insert((module, name), thing.clone());
        thing
    }

    fn find_global(&mut self, module: usize, name: &'a str) -> Thing<'a> {
        let project = self.project;
        let Some(bindings) = project.modules[module].names.get(name) else {
            for (from, levels) in &project.modules[module].stars {
                if let Some(at) = project.find(module, from.unwrap_or_default(), *levels)
                    && at != module
                {
                    let thing = self.global(at, name);
                    if !matches!(thing, Thing::Unknown) {
                        return thing.moved(Place { line: 1, column: 1 });
                    }
                }
            }
            return Thing::Unknown;
        };
        let mut all: Option<Thing<'a>> = None;
        for binding in bindings.iter().take(4) {
            let thing = self.bound(module, *binding);
            all = Some(match all {
                None => thing,
                Some(known) => known.or(thing, Place { line: 1, column: 1 }),
            });
        }
        if bindings.len() > 4 {
            return match all {
                Some(handle @ Thing::Handle(_)) => handle,
                _ => Thing::Unknown,
            };
        }
        all.unwrap_or(Thing::Unknown)
    }

    fn bound(&mut self, module: usize, binding: Binding<'a>) -> Thing<'a> {
        match binding {
            Binding::Expr(value) => self.apart(module, None, |reader| reader.eval(value)),
            Binding::Typed(annotation) => {
                self.apart(module, None, |reader| reader.of_type(annotation))
            }
            Binding::Function(function) => Thing::Function(module, function, None),
            Binding::Class(class) => Thing::Class(Owner { module, class }),
            Binding::From(from, levels, name) => {
                self.imported(module, from.unwrap_or_default(), levels, name)
            }
            Binding::Import(path) => match self.project.find(module, path, 0) {
                Some(at) if at != module => Thing::Module(at),
                _ => Thing::Outside(path.to_owned()),
            },
            Binding::Opaque => Thing::Unknown,
        }
    }

    fn imported(&mut self, module: usize, from: &'a str, levels: u32, name: &'a str) -> Thing<'a> {
        if let Some(at) = self
            .project
            .find(module, from, levels)
            .filter(|at| *at != module)
            && (self.project.modules[at].names.contains_key(name)
                || !self.project.modules[at].stars.is_empty())
        {
            return self.global(at, name);
        }
        let inner = if from.is_empty() {
            name.to_owned()
        } else {
            format!("{from}.{name}")
        };
        if let Some(at) = self
            .project
            .find(module, &inner, levels)
            .filter(|at| *at != module)
        {
            return Thing::Module(at);
        }
        Thing::Outside(inner)
    }

    /// Looks at something of another scope, and leaves no trace of it in this one.
    pub(super) fn apart(
        &mut self,
        module: usize,
        object: Option<Owner<'a>>,
        look: impl FnOnce(&mut Self) -> Thing<'a>,
    ) -> Thing<'a> {
        if self.following.len() >= FARTHEST {
            return Thing::Unknown;
        }
        let frames = std::mem::take(&mut self.frames);
        let drafts = std::mem::take(&mut self.drafts);
        let bases = std::mem::take(&mut self.bases);
        let site = self.site.take();
        let outer = (self.module, self.object, self.function.take());
        self.module = module;
        self.object = object;
        self.frames.push(super::reader::Frame::new());
        self.following
            .push((module, ruff_text_size::TextSize::from(u32::MAX)));
        let thing = look(self);
        self.following.pop();
        let thing = self.settled(thing);
        (self.module, self.object, self.function) = outer;
        self.site = site;
        self.frames = frames;
        self.drafts = drafts;
        self.bases = bases;
        thing
    }

    /// A query of a scope that is left, as something to go on with in another.
    pub(super) fn settled(&self, thing: Thing<'a>) -> Thing<'a> {
        match thing {
            Thing::Query(ids, _) => {
                let Some(draft) = ids.first().and_then(|id| self.drafts.get(*id)) else {
                    return Thing::Unknown;
                };
                let chain = &draft.chain;
                Thing::Handle(Box::new(Handle {
                    calls: chain.calls.clone(),
                    client: chain.client,
                    certainty: chain.certainty,
                    is_of_storage: chain.is_of_storage,
                    base: None,
                }))
            }
            Thing::Handle(handle) => Thing::Handle(Box::new(Handle {
                base: None,
                ..*handle
            })),
            other => other,
        }
    }

    /// What a value of a type is: a client, or an object of a class here.
    pub(super) fn of_type(&mut self, annotation: &'a Expr) -> Thing<'a> {
        match annotation {
            Expr::Name(_) | Expr::Attribute(_) => match self.eval(annotation) {
                Thing::Outside(path) => of_outside(&path),
                Thing::Class(owner) => Thing::Instance(owner),
                handle @ Thing::Handle(_) => handle,
                _ => self.of_alias(annotation),
            },
            Expr::Subscript(part) => {
                if let (Expr::Name(name), Expr::Tuple(parts)) = (&*part.value, &*part.slice)
                    && name.id == "Annotated"
                {
                    let inner = parts.elts.iter().rev().map(|part| match part {
                        Expr::Call(_) => self.eval(part),
                        other => self.of_type(other),
                    });
                    return inner
                        .into_iter()
                        .find(|thing| matches!(thing, Thing::Handle(_) | Thing::Instance(_)))
                        .unwrap_or(Thing::Unknown);
                }
                if let Expr::Name(name) = &*part.value
                    && matches!(name.id.as_str(), "Optional" | "Final" | "ClassVar")
                {
                    return self.of_type(&part.slice);
                }
                Thing::Unknown
            }
            Expr::BinOp(either) => match self.of_type(&either.left) {
                Thing::Unknown => self.of_type(&either.right),
                known => known,
            },
            Expr::StringLiteral(literal) => match literal.value.to_str() {
                "Client" | "AsyncClient" | "SyncClient" => {
                    let name = if literal.value.to_str() == "Client" {
                        "Client"
                    } else {
                        "AsyncClient"
                    };
                    match self.name(name, self.place(annotation.start())) {
                        Thing::Outside(path) => of_outside(&path),
                        _ => Thing::Unknown,
                    }
                }
                _ => Thing::Unknown,
            },
            _ => Thing::Unknown,
        }
    }

    /// What a value of a type is that has a name of its own, such as `Db = Annotated[…]`.
    fn of_alias(&mut self, annotation: &'a Expr) -> Thing<'a> {
        let (mut module, mut name) = match annotation {
            Expr::Name(name) => (self.module, name.id.as_str()),
            Expr::Attribute(attribute) => match self.eval(&attribute.value) {
                Thing::Module(at) => (at, attribute.attr.as_str()),
                _ => return Thing::Unknown,
            },
            _ => return Thing::Unknown,
        };
        let project = self.project;
        for _ in 0..FARTHEST {
            match project.modules[module].names.get(name).map(Vec::as_slice) {
                Some([Binding::From(from, levels, there)]) => {
                    let Some(at) = project.find(module, from.unwrap_or_default(), *levels) else {
                        return Thing::Unknown;
                    };
                    (module, name) = (at, there);
                }
                Some([Binding::Expr(value @ (Expr::Subscript(_) | Expr::BinOp(_)))]) => {
                    return self.apart(module, None, |reader| reader.of_type(value));
                }
                _ => return Thing::Unknown,
            }
        }
        Thing::Unknown
    }

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

/// The client types of the packages.
fn of_outside(path: &str) -> Thing<'static> {
    let last = path.rsplit('.').next().unwrap_or(path);
    if clues::is_supabase(path) && last.ends_with("Client") {
        return Thing::Handle(Box::new(Handle::new(Client::Unknown, Certainty::Known)));
    }
    if clues::is_foreign(path) {
        Thing::Foreign
    } else {
        Thing::Unknown
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

enum Member<'a> {
    Value(&'a Expr),
    Function(&'a StmtFunctionDef),
    Class(&'a StmtClassDef),
}

fn members<'a>(class: &'a StmtClassDef, name: &str) -> Vec<Member<'a>> {
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
fn set_on_self<'a>(class: &'a StmtClassDef, name: &str) -> Vec<(&'a StmtFunctionDef, &'a Expr)> {
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
