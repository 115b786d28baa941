//! Walks the statements of one module and keeps what names stand for on the way.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Expr, Parameters, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::TextSize;

use super::project::{Module, Project};
use super::said::{Base, Draft, Said};
use super::thing::{Owner, Thing};
use crate::usage::code::{Place, Query, Value};

/// How many expressions are looked at for one file: functions that call functions could go on for ever.
const FUEL: u32 = 400_000;

/// Names of one scope.
pub(super) type Frame<'a> = BTreeMap<&'a str, Thing<'a>>;

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

    /// A name of a scope that is open now.
    pub(super) fn local(&mut self, name: &str) -> Option<&mut Thing<'a>> {
        self.frames
            .iter_mut()
            .rev()
            .find_map(|frame| frame.get_mut(name))
    }
}
