//! Walks the statements of one module and keeps what names stand for on the way.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Expr, Parameters, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged, TextSize};

use super::project::{Module, Project, blocks};
use super::thing::{Handle, Owner, Thing};
use crate::usage::code::{At, Certainty, Chain, Field, Place, Query, Value};

/// How many expressions are looked at for one file: functions that call functions could go on for ever.
const FUEL: u32 = 400_000;

/// Names of one scope.
pub(super) type Frame<'a> = BTreeMap<&'a str, Thing<'a>>;

/// A chain that is being put together.
pub(super) struct Draft {
    pub(super) chain: Chain,
    /// Whether it is sent off: every query of supabase-py ends so.
    pub(super) is_executed: bool,
    /// The function that it stands in, unless seen from a caller.
    pub(super) function: Option<(usize, TextSize)>,
}

/// The start of a query that nobody may go on with.
pub(super) struct Base {
    pub(super) handle: Handle,
    pub(super) is_used: bool,
    pub(super) function: Option<(usize, TextSize)>,
}

pub(super) struct Reader<'p, 'a> {
    pub(super) project: &'p Project<'a>,
    /// The module that is looked at; another one while something imported is followed.
    pub(super) module: usize,
    pub(super) frames: Vec<Frame<'a>>,
    pub(super) object: Option<Owner<'a>>,
    /// Where everything is said to stand while another file or a called function is looked at.
    pub(super) site: Option<Place>,
    pub(super) drafts: Vec<Draft>,
    pub(super) queries: Vec<Query>,
    pub(super) bases: Vec<Base>,
    pub(super) returned: Vec<Thing<'a>>,
    pub(super) globals: BTreeMap<(usize, &'a str), Thing<'a>>,
    pub(super) following: Vec<(usize, TextSize)>,
    /// Functions whose calls were followed: what they do with their parameters is known from there.
    pub(super) followed: BTreeSet<(usize, TextSize)>,
    pub(super) function: Option<(usize, TextSize)>,
    pub(super) fuel: u32,
    pub(super) depth: u32,
    later: Vec<Later<'a>>,
}

/// What one module says.
pub(super) struct Said {
    drafts: Vec<Draft>,
    bases: Vec<Base>,
    pub(super) queries: Vec<Query>,
    /// Functions whose calls were followed from it.
    pub(super) followed: BTreeSet<(usize, TextSize)>,
    speaks_otherwise: bool,
}

impl Said {
    /// Its chains, but those in functions that were followed from where the table's name is known.
    pub(super) fn chains(self, followed: &BTreeSet<(usize, TextSize)>) -> Vec<Chain> {
        let is_kept = |function: &Option<(usize, TextSize)>, chain: &Chain| {
            let is_followed = function.is_some_and(|function| followed.contains(&function));
            !(is_followed && is_open(chain))
        };
        let mut chains: Vec<Chain> = Vec::new();
        for draft in self.drafts {
            let is_known = draft.chain.certainty == Certainty::Known;
            let is_meant = is_known || (draft.is_executed && !self.speaks_otherwise);
            if is_meant && is_kept(&draft.function, &draft.chain) {
                chains.push(draft.chain);
            }
        }
        for base in self.bases {
            let handle = base.handle;
            let chain = Chain {
                calls: handle.calls,
                client: handle.client,
                certainty: handle.certainty,
                is_of_storage: handle.is_of_storage,
            };
            let is_told = base.is_used || chain.certainty == Certainty::Likely;
            if !is_told && is_kept(&base.function, &chain) {
                chains.push(chain);
            }
        }
        chains.sort_by_key(|chain| chain.calls.first().map(|call| call.place));
        chains
    }
}

/// A function whose body is looked at when all names of the module are known.
struct Later<'a> {
    function: &'a StmtFunctionDef,
    object: Option<Owner<'a>>,
    frames: Vec<Frame<'a>>,
}

impl<'p, 'a> Reader<'p, 'a> {
    pub(super) fn new(project: &'p Project<'a>, module: usize) -> Self {
        Self {
            project,
            module,
            frames: vec![Frame::new()],
            object: None,
            site: None,
            drafts: Vec::new(),
            queries: Vec::new(),
            bases: Vec::new(),
            returned: Vec::new(),
            globals: BTreeMap::new(),
            following: Vec::new(),
            followed: BTreeSet::new(),
            function: None,
            fuel: FUEL,
            depth: 0,
            later: Vec::new(),
        }
    }

    pub(super) fn here(&self) -> &'p Module<'a> {
        &self.project.modules[self.module]
    }

    pub(super) fn place(&self, at: TextSize) -> Place {
        self.site.unwrap_or_else(|| self.here().place(at))
    }

    /// All that the module says.
    pub(super) fn read(mut self) -> Said {
        let body = self.here().body;
        self.run(body);
        self.frames = Vec::new();
        let mut at = 0;
        while at < self.later.len() {
            let function = self.later[at].function;
            self.object = self.later[at].object;
            self.frames = std::mem::take(&mut self.later[at].frames);
            self.whole_function(function);
            at += 1;
        }
        Said {
            speaks_otherwise: super::clues::speaks_otherwise(self.here()),
            drafts: self.drafts,
            bases: self.bases,
            queries: self.queries,
            followed: self.followed,
        }
    }

    pub(super) fn bind(&mut self, name: &'a str, thing: Thing<'a>) {
        if let Some(frame) = self.frames.last_mut() {
            frame.insert(name, thing);
        }
    }

    pub(super) fn run(&mut self, body: &'a [Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    /// The body of a function by itself: nobody knows its arguments but their types.
    fn whole_function(&mut self, function: &'a StmtFunctionDef) {
        let outer = self.function.replace((self.module, function.range.start()));
        self.frames.push(Frame::new());
        self.bind_parameters(function);
        self.run(&function.body);
        self.frames.pop();
        self.returned.clear();
        self.function = outer;
    }

    pub(super) fn bind_parameters(&mut self, function: &'a StmtFunctionDef) {
        let parameters: &'a Parameters = &function.parameters;
        let is_static = function
            .decorator_list
            .iter()
            .any(|decorator| matches!(&decorator.expression, Expr::Name(name) if name.id == "staticmethod"));
        for (at, parameter) in parameters.iter_non_variadic_params().enumerate() {
            let name = parameter.parameter.name.as_str();
            if let Some(object) = self.object
                && at == 0
                && !is_static
            {
                self.bind(name, Thing::Instance(object));
                continue;
            }
            let mut thing = Thing::Unknown;
            if let Some(annotation) = &parameter.parameter.annotation {
                thing = self.of_type(annotation);
            }
            if let (Thing::Unknown, Some(default)) = (&thing, parameter.default.as_deref()) {
                let found = self.eval(default);
                if matches!(found, Thing::Handle(_) | Thing::Instance(_)) {
                    thing = found;
                }
            }
            self.bind(name, thing);
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.define(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Return(back) => {
                if let Some(value) = &back.value {
                    let thing = self.eval(value);
                    self.returned.push(thing);
                }
            }
            Stmt::Assign(assign) => {
                if let ([Expr::Tuple(names)], Expr::Tuple(values)) =
                    (&*assign.targets, &*assign.value)
                    && names.elts.len() == values.elts.len()
                {
                    for (name, value) in names.elts.iter().zip(&values.elts) {
                        let thing = self.eval(value);
                        self.assign(name, thing);
                    }
                    return;
                }
                let thing = self.eval(&assign.value);
                for target in &assign.targets {
                    self.assign(target, thing.clone());
                }
            }
            Stmt::AnnAssign(assign) => {
                let mut thing = match &assign.value {
                    Some(value) => self.eval(value),
                    None => Thing::Unknown,
                };
                if matches!(
                    thing,
                    Thing::Unknown | Thing::Data(Value::Null | Value::Unknown)
                ) {
                    thing = self.of_type(&assign.annotation);
                }
                self.assign(&assign.target, thing);
            }
            Stmt::AugAssign(assign) => {
                self.eval(&assign.value);
                self.assign(&assign.target, Thing::Unknown);
            }
            Stmt::Expr(alone) => {
                self.eval(&alone.value);
            }
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    self.forget_field(target);
                }
            }
            Stmt::Import(_) | Stmt::ImportFrom(_) | Stmt::Global(_) | Stmt::Nonlocal(_) => {}
            _ => self.branching(statement),
        }
    }

    fn define(&mut self, function: &'a StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.eval(&decorator.expression);
        }
        if self.site.is_some() || !self.following.is_empty() {
            return;
        }
        if self.frames.len() > 1 || self.function.is_some() {
            self.bind(
                function.name.as_str(),
                Thing::Function(self.module, function, None),
            );
        }
        let frames = if self.function.is_some() {
            self.frames.clone()
        } else {
            Vec::new()
        };
        self.later.push(Later {
            function,
            object: self.object,
            frames,
        });
    }

    fn class(&mut self, class: &'a StmtClassDef) {
        let outer = self.object.replace(Owner {
            module: self.module,
            class,
        });
        self.frames.push(Frame::new());
        self.run(&class.body);
        self.frames.pop();
        self.object = outer;
    }

    /// Statements with bodies: each may run or not.
    fn branching(&mut self, statement: &'a Stmt) {
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

    /// Names of a loop stand for each item of a known list.
    pub(super) fn bind_items(&mut self, target: &'a Expr, iter: &'a Expr) {
        let mut thing = Thing::Unknown;
        if is_plain(iter, 0)
            && let Thing::Data(Value::List {
                items,
                is_whole: true,
            }) = self.eval(iter)
        {
            thing = Thing::Data(one_of_all(items));
        }
        self.assign(target, thing);
    }

    pub(super) fn assign(&mut self, target: &'a Expr, thing: Thing<'a>) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), thing),
            Expr::Tuple(names) => {
                let items = match thing {
                    Thing::Data(Value::List {
                        items,
                        is_whole: true,
                    }) if items.len() == names.elts.len() => items
                        .into_iter()
                        .map(|item| Thing::Data(item.value))
                        .collect(),
                    Thing::Foreign => vec![Thing::Foreign; names.elts.len()],
                    _ => vec![Thing::Unknown; names.elts.len()],
                };
                for (name, thing) in names.elts.iter().zip(items) {
                    self.assign(name, thing);
                }
            }
            Expr::Subscript(part) => {
                let key = self.eval(&part.slice).into_value();
                let place = self.place(part.slice.start());
                self.set_field(&part.value, &key, thing.into_value(), place);
            }
            Expr::Attribute(attribute) => {
                self.eval(&attribute.value);
            }
            _ => {}
        }
    }

    /// `row["name"] = value` upon a variable that is known.
    fn set_field(&mut self, object: &'a Expr, key: &Value, value: Value, place: Place) {
        let Expr::Name(name) = object else { return };
        let Some(known) = self.local(name.id.as_str()) else {
            return;
        };
        let Thing::Data(Value::Fields { fields, is_whole }) = known else {
            return;
        };
        let Value::Text { text, .. } = key else {
            *is_whole = false;
            return;
        };
        fields.retain(|field| field.name != *text);
        fields.push(Field {
            name: text.clone(),
            place,
            value,
            is_optional: false,
        });
    }

    fn forget_field(&mut self, target: &'a Expr) {
        if let Expr::Subscript(part) = target
            && let Expr::Name(name) = &*part.value
        {
            let key = self.eval(&part.slice).into_value();
            if let Some(known) = self.local(name.id.as_str()) {
                match (known, key) {
                    (Thing::Data(Value::Fields { fields, .. }), Value::Text { text, .. }) => {
                        fields.retain(|field| field.name != text);
                    }
                    (known, _) => *known = Thing::Unknown,
                }
            }
        }
    }

    /// A name of a scope that is open now.
    pub(super) fn local(&mut self, name: &str) -> Option<&mut Thing<'a>> {
        self.frames
            .iter_mut()
            .rev()
            .find_map(|frame| frame.get_mut(name))
    }
}

/// Whether a chain names no table: it stands in a function that takes the name.
fn is_open(chain: &Chain) -> bool {
    chain.calls.iter().any(|call| {
        matches!(&*call.method, "from" | "rpc" | "schema")
            && call
                .arguments
                .first()
                .is_none_or(|at| at.value == Value::Unknown)
    })
}

/// Whether an expression calls nothing, so that it may be looked at twice.
pub(super) fn is_plain(expr: &Expr, depth: usize) -> bool {
    depth < 20
        && match expr {
            Expr::Name(_) | Expr::StringLiteral(_) | Expr::NumberLiteral(_) => true,
            Expr::Attribute(attribute) => is_plain(&attribute.value, depth + 1),
            Expr::Subscript(part) => {
                is_plain(&part.value, depth + 1) && is_plain(&part.slice, depth + 1)
            }
            Expr::List(list) => list.elts.iter().all(|item| is_plain(item, depth + 1)),
            Expr::Tuple(list) => list.elts.iter().all(|item| is_plain(item, depth + 1)),
            _ => false,
        }
}

/// Whether nothing after a body is reached from it.
fn leaves(body: &[Stmt]) -> bool {
    matches!(
        body.last(),
        Some(Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_))
    )
}

pub(super) fn one_of_all(mut items: Vec<At>) -> Value {
    if items.len() == 1 {
        return items.remove(0).value;
    }
    if items.is_empty() || items.len() > 50 || items.iter().any(|item| item.value == Value::Unknown)
    {
        return Value::Unknown;
    }
    Value::OneOf(items)
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
