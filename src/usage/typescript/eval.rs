//! What an expression is: a client, calls upon one, a function, or a value.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use super::clients;
use super::expr::{Called, Entry, Expr, Item, Kind, Module, Node};
use super::packages::Package;
use super::project::Files;
use crate::usage::code::{At, Call, Certainty, Client, Place, Value};

/// How far names are followed.
const FAR: u8 = 24;

/// How many steps one expression may take: what needs more is not known.
const STEPS: u32 = 100_000;

/// How many steps one file may take, however many expressions it has: more is written to keep readers busy.
const STEPS_OF_FILE: u64 = 20_000_000;

/// Nobody writes a name or a query of more bytes.
pub(super) const LONGEST_TEXT: usize = 64 << 10;

/// All modules, to follow names through them.
pub(super) struct Project<'p> {
    pub(super) paths: Vec<&'p Path>,
    pub(super) modules: Vec<Module>,
    pub(super) files: Files,
    steps: Cell<u32>,
    spent: Cell<u64>,
    /// The function whose parameter was asked for and not known.
    pub(super) touched: Cell<Option<(usize, usize)>>,
    /// Whether an argument was asked for that a call gives.
    pub(super) uses_given: Cell<bool>,
}

/// Where an expression stands, and what the parameters around it were called with.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) module: usize,
    pub(super) given: Option<Rc<Given>>,
    /// The class of the object whose method is looked at: it may be a class further down than that of the method.
    pub(super) this: Option<(usize, usize)>,
}

impl Context {
    /// A module, outside of whatever is called.
    pub(super) fn of(module: usize) -> Self {
        Self {
            module,
            given: None,
            this: None,
        }
    }
}

/// Arguments of a call that is followed.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) function: usize,
    pub(super) arguments: Vec<Item>,
    pub(super) from: Context,
}

/// With whose rights, and how sure it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Who {
    pub(super) client: Client,
    pub(super) certainty: Certainty,
}

/// A variable of a module.
pub(super) type Key = (usize, usize, Arc<str>);

/// Calls upon a client.
#[derive(Debug, Clone)]
pub(super) struct Built {
    pub(super) who: Who,
    pub(super) calls: Vec<Call>,
    pub(super) is_of_storage: bool,
    /// The variable that it goes on from, and how many calls that has.
    pub(super) continues: Option<(Key, usize)>,
}

/// What an expression is.
#[derive(Debug, Clone)]
pub(super) enum Known {
    Built(Built),
    /// A value, and where it stands.
    Node(Node, Context),
    Function(usize, usize),
    /// A class, or an object of it.
    Class(usize, usize),
    Module(usize),
    /// Something that has nothing to do with Supabase.
    Foreign,
    Unknown,
}

impl<'p> Project<'p> {
    pub(super) fn new(paths: Vec<&'p Path>, modules: Vec<Module>, packages: Vec<Package>) -> Self {
        Self {
            files: Files::of(paths.iter().copied(), packages),
            paths,
            modules,
            steps: Cell::new(0),
            spent: Cell::new(0),
            touched: Cell::new(None),
            uses_given: Cell::new(false),
        }
    }

    /// What an expression is, from the beginning.
    pub(super) fn known(&self, node: &Node, context: &Context) -> Known {
        self.steps.set(STEPS);
        self.touched.set(None);
        self.resolve(node, context, FAR)
    }

    /// Takes a step, where one is left.
    pub(super) fn step(&self) -> bool {
        let steps = self.steps.get();
        self.steps.set(steps.saturating_sub(1));
        self.spent.set(self.spent.get() + 1);
        steps > 0
    }

    /// Counts the steps of a file from here on.
    pub(super) fn start_file(&self) {
        self.spent.set(0);
    }

    /// Whether a file took more steps than any that somebody wrote.
    pub(super) fn is_slow(&self) -> bool {
        self.spent.get() > STEPS_OF_FILE
    }

    pub(super) fn resolve(&self, node: &Node, context: &Context, far: u8) -> Known {
        if far == 0 || !self.step() {
            return Known::Unknown;
        }
        match &node.expr {
            Expr::Name(name, scope) => self.name(name, *scope, context, far - 1),
            Expr::Member(object, name) => self.member(object, name, context, far - 1),
            Expr::Index(object, key) => self.index(object, key, context, far - 1),
            Expr::Call(called) => self.called(called, context, far - 1),
            Expr::Either(left, right) | Expr::Default(left, right) => {
                match self.resolve(left, context, far - 1) {
                    Known::Unknown | Known::Foreign => self.resolve(right, context, far - 1),
                    Known::Node(node, _) if matches!(node.expr, Expr::Null | Expr::Undefined) => {
                        self.resolve(right, context, far - 1)
                    }
                    // Either value may come.
                    Known::Node(..) if matches!(node.expr, Expr::Either(..)) => {
                        Known::Node(node.clone(), context.clone())
                    }
                    known => known,
                }
            }
            Expr::Perhaps(inner) => self.resolve(inner, context, far - 1),
            Expr::Arrow(start, _) => match self.modules[context.module].functions_at.get(start) {
                Some(index) => Known::Function(context.module, *index),
                None => Known::Unknown,
            },
            Expr::This(_) | Expr::Other => Known::Unknown,
            Expr::Each(list) => self.each(list, node, context, far - 1),
            _ => Known::Node(node.clone(), context.clone()),
        }
    }

    pub(super) fn member(&self, object: &Node, name: &str, context: &Context, far: u8) -> Known {
        if let Expr::This(class) = object.expr {
            return self.of_this(class, name, context, far);
        }
        match self.resolve(object, context, far) {
            Known::Built(mut built) if built.calls.iter().all(|call| &*call.method == "schema") => {
                match name {
                    "storage" => {
                        built.is_of_storage = true;
                        Known::Built(built)
                    }
                    // What a hook or a helper gives beside the client.
                    "supabase" | "supabaseClient" | "client" => Known::Built(built),
                    _ => Known::Unknown,
                }
            }
            Known::Built(built) if name == "not" => Known::Built(built),
            Known::Built(_) => Known::Unknown,
            Known::Node(node, context) => match &node.expr {
                Expr::Object(entries) => self.field(entries, name, &context, far),
                _ => Known::Unknown,
            },
            Known::Module(module) => match self.exported(module, name, far) {
                Known::Unknown => clients::by_name(name),
                known => known,
            },
            Known::Class(module, class) => {
                self.of_this(Some(class), name, &Context::of(module), far)
            }
            Known::Function(..) | Known::Foreign => clients::by_name_alone(name),
            Known::Unknown => clients::by_name(name),
        }
    }

    fn field(&self, entries: &[Entry], name: &str, context: &Context, far: u8) -> Known {
        for entry in entries.iter().rev() {
            match entry {
                Entry::Field(field, _, value) if &**field == name => {
                    return self.resolve(value, context, far);
                }
                Entry::Field(..) => {}
                Entry::Spread(inner) => {
                    if let Known::Node(node, context) = self.resolve(inner, context, far)
                        && let Expr::Object(entries) = &node.expr
                    {
                        match self.field(entries, name, &context, far - 1) {
                            Known::Unknown => {}
                            known => return known,
                        }
                    }
                }
                Entry::Computed(..) => {}
            }
            if far == 0 {
                return Known::Unknown;
            }
        }
        Known::Unknown
    }

    fn index(&self, object: &Node, key: &Node, context: &Context, far: u8) -> Known {
        let Known::Node(node, of) = self.resolve(object, context, far) else {
            return Known::Unknown;
        };
        let (Expr::Object(entries), Value::Text { text, .. }) =
            (&node.expr, self.value(key, context, far))
        else {
            return Known::Unknown;
        };
        self.field(entries, &text, &of, far)
    }

    fn called(&self, called: &Called, context: &Context, far: u8) -> Known {
        match &called.callee.expr {
            Expr::Member(object, method) => self.method(object, method, called, context, far),
            Expr::Name(name, _) if &**name == "require" => {
                let Some(source) = self.first_text(called, context, far) else {
                    return Known::Unknown;
                };
                match self.files.find(self.paths[context.module], &source) {
                    Some(module) => Known::Module(module),
                    None => clients::imported(&source, ""),
                }
            }
            Expr::Name(name, scope) => {
                let own = self.own_name(context.module, *scope, name);
                let text = self.source(called, context);
                let schema = self.schema_of(called, context, far);
                match self.resolve(&called.callee, context, far) {
                    Known::Function(module, index) => {
                        let given = self.result(module, index, called, context, far);
                        match given {
                            Known::Unknown => clients::made(own, text, schema),
                            Known::Built(built) => Known::Built(clients::named(built, name)),
                            known => known,
                        }
                    }
                    Known::Foreign => Known::Foreign,
                    // An object of it.
                    Known::Class(module, class) => match clients::made(own, text, schema) {
                        Known::Unknown => Known::Class(module, class),
                        known => known,
                    },
                    _ if self.is_foreign_import(context.module, *scope, name) => Known::Unknown,
                    _ => clients::made(own, text, schema),
                }
            }
            _ => match self.resolve(&called.callee, context, far) {
                Known::Function(module, index) => self.result(module, index, called, context, far),
                _ => Known::Unknown,
            },
        }
    }

    /// What a name is called where it comes from: `import { createClient as create }`.
    fn own_name<'n>(&'n self, module: usize, scope: usize, name: &'n str) -> &'n str {
        match self
            .binding(module, scope, name)
            .map(|(_, binding)| &binding.kind)
        {
            Some(Kind::Import(_, imported)) if !matches!(&**imported, "*" | "default") => imported,
            _ => name,
        }
    }

    /// Whether a name is imported from a package that is not about Supabase.
    fn is_foreign_import(&self, module: usize, scope: usize, name: &str) -> bool {
        let Some((_, binding)) = self.binding(module, scope, name) else {
            return false;
        };
        match &binding.kind {
            Kind::Import(source, _) => {
                !source.contains("supabase")
                    && !source.starts_with(['.', '@', '~', '$', '#'])
                    && self.files.find(self.paths[module], source).is_none()
            }
            _ => false,
        }
    }

    fn source(&self, called: &Called, context: &Context) -> &str {
        let text = &self.modules[context.module].text;
        text.get(called.source.0..called.source.1)
            .unwrap_or_default()
    }

    fn first_text(&self, called: &Called, context: &Context, far: u8) -> Option<Arc<str>> {
        let first = called.arguments.first()?;
        match self.value(&first.node, context, far) {
            Value::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// `createClient(url, key, { db: { schema: "api" } })`.
    fn schema_of(&self, called: &Called, context: &Context, far: u8) -> Option<At> {
        let options = called.arguments.iter().skip(1).rev().map(|item| &item.node);
        for options in options {
            let Known::Node(node, of) = self.resolve(options, context, far) else {
                continue;
            };
            let Expr::Object(entries) = &node.expr else {
                continue;
            };
            if let Known::Node(inner, of) = self.field(entries, "db", &of, far)
                && let Expr::Object(entries) = &inner.expr
                && let Known::Node(schema, of) = self.field(entries, "schema", &of, far)
            {
                return Some(self.at(&schema, &of, far));
            }
        }
        None
    }

    fn method(
        &self,
        object: &Node,
        method: &Arc<str>,
        called: &Called,
        context: &Context,
        far: u8,
    ) -> Known {
        if &**method == "freeze"
            && matches!(&object.expr, Expr::Name(name, _) if &**name == "Object")
            && let Some(frozen) = called.arguments.first()
        {
            return self.resolve(&frozen.node, context, far);
        }
        let asked = match (&object.expr, self.resolve(object, context, far)) {
            (Expr::This(class), _) => self.of_this(*class, method, context, far),
            (_, Known::Class(module, class)) => {
                return self.of_object((module, class), object, called, context, far);
            }
            (_, Known::Built(built)) => {
                return Known::Built(self.add(built, object, method, called, context, far));
            }
            (_, Known::Module(module)) => self.exported(module, method, far),
            (_, Known::Node(node, of)) => match &node.expr {
                Expr::Object(entries) => self.field(entries, method, &of, far),
                // A method of a text or a list: what it gives is a value.
                _ => {
                    let value = Expr::Call(Box::new(called.clone()));
                    let node = Node {
                        expr: value,
                        place: object.place,
                    };
                    return Known::Node(node, context.clone());
                }
            },
            (_, Known::Foreign) => return Known::Foreign,
            (_, Known::Function(..)) => Known::Unknown,
            (_, Known::Unknown) => return self.likely(object, method, called, context, far),
        };
        match asked {
            Known::Function(module, index) => {
                let this = match &object.expr {
                    Expr::This(class) => {
                        context.this.or(class.map(|class| (context.module, class)))
                    }
                    _ => None,
                };
                match self.result_for(this, (module, index), called, context, far) {
                    Known::Unknown => clients::made(method, self.source(called, context), None),
                    known => known,
                }
            }
            Known::Node(..) => Known::Unknown,
            _ => match clients::made(method, self.source(called, context), None) {
                Known::Unknown => self.likely(object, method, called, context, far),
                known => known,
            },
        }
    }

    /// A chain whose start nobody knows.
    pub(super) fn likely(
        &self,
        object: &Node,
        method: &Arc<str>,
        called: &Called,
        context: &Context,
        far: u8,
    ) -> Known {
        let made = clients::made(method, self.source(called, context), None);
        if !matches!(made, Known::Unknown) {
            return made;
        }
        if &**method != "from" || called.arguments.len() != 1 {
            return Known::Unknown;
        }
        let who = Who {
            client: Client::Unknown,
            certainty: Certainty::Likely,
        };
        // `client.schema("billing").from("invoices")`: which schema is known, whoever is asked.
        let schema = match &object.expr {
            Expr::Call(before) => match &before.callee.expr {
                Expr::Member(_, name) if &**name == "schema" => {
                    Some(self.call(name, before, context, far))
                }
                _ => None,
            },
            _ => None,
        };
        let from = self.call(method, called, context, far);
        let built = Built {
            who,
            calls: schema.into_iter().chain([from]).collect(),
            is_of_storage: false,
            continues: None,
        };
        Known::Built(built)
    }

    pub(super) fn add(
        &self,
        mut built: Built,
        object: &Node,
        method: &Arc<str>,
        called: &Called,
        context: &Context,
        far: u8,
    ) -> Built {
        // `.not.is("a", null)` of other languages is no method here.
        let _ = object;
        if !matches!(&**method, "then" | "catch" | "finally") {
            built.calls.push(self.call(method, called, context, far));
        }
        built
    }

    fn call(&self, method: &Arc<str>, called: &Called, context: &Context, far: u8) -> Call {
        let before = self.uses_given.replace(false);
        let arguments = called.arguments.iter().map(|item| match item.is_spread {
            true => At {
                value: Value::Unknown,
                place: item.node.place,
            },
            false => self.at(&item.node, context, far),
        });
        let arguments = arguments.collect();
        let is_by_argument = self.uses_given.get();
        self.uses_given.set(before || is_by_argument);
        Call {
            method: method.clone(),
            arguments,
            place: called.name_place,
            is_told: context.given.is_some() && !is_by_argument,
        }
    }
}

/// What stands in another file is told where it is asked for.
pub(super) fn stand_at(calls: &mut [Call], place: Place) {
    for call in calls {
        call.place = place;
        for at in &mut call.arguments {
            let value = std::mem::replace(&mut at.value, Value::Unknown);
            *at = At {
                value: super::values::moved(value, place, true),
                place,
            };
        }
    }
}

/// Whether calls name what they ask for.
pub(super) fn asks(calls: &[Call]) -> bool {
    calls
        .iter()
        .any(|call| matches!(&*call.method, "from" | "rpc" | "channel"))
}
