//! Expressions of a module, as far as values and calls can be worked out of them: owned, and without their syntax tree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::usage::code::{Place, Query, Typed};
use crate::usage::generated::Schema;

/// An expression and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) expr: Expr,
    pub(super) place: Place,
}

/// What an expression is.
#[derive(Debug, Clone)]
pub(super) enum Expr {
    Text {
        text: Arc<str>,
        is_verbatim: bool,
    },
    /// Texts with holes between them.
    Template {
        texts: Vec<Arc<str>>,
        holes: Vec<Node>,
    },
    Number(Arc<str>),
    Bool(bool),
    Null,
    Undefined,
    List(Vec<Item>),
    Object(Vec<Entry>),
    Name(Arc<str>, usize),
    /// `this`, in the class that it stands in.
    This(Option<usize>),
    Member(Box<Node>, Arc<str>),
    Index(Box<Node>, Box<Node>),
    Call(Box<Called>),
    Concat(Box<Node>, Box<Node>),
    /// One or the other: of a condition.
    Either(Box<Node>, Box<Node>),
    /// The first where it is something, else the second: of `??` and `||`.
    Default(Box<Node>, Box<Node>),
    /// Perhaps: the right side of `&&`.
    Perhaps(Box<Node>),
    /// Each item of a list, one after the other.
    Each(Box<Node>),
    /// A function that stands where it is used: where it starts, and what it gives when that is one expression.
    Arrow(u32, Option<Box<Node>>),
    Other,
}

/// A call, or `new`.
#[derive(Debug, Clone)]
pub(super) struct Called {
    pub(super) callee: Node,
    pub(super) arguments: Vec<Item>,
    /// Where the name of what is called stands.
    pub(super) name_place: Place,
    /// The source of the arguments, in bytes.
    pub(super) source: (usize, usize),
}

/// An item of a list or of arguments.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) node: Node,
    pub(super) is_spread: bool,
}

/// An entry of an object.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    Field(Arc<str>, Place, Node),
    Spread(Node),
    Computed(Node, Node),
}

/// A name and what it stands for.
#[derive(Debug, Clone)]
pub(super) struct Binding {
    pub(super) kind: Kind,
    /// What it was set to, first where it was declared.
    pub(super) sources: Vec<Node>,
    /// Whether rows are added to it, or fields set, elsewhere: then what it was set to is not all.
    pub(super) is_changed: bool,
    /// Rows that are added to it.
    pub(super) added: Vec<Node>,
    /// Fields of it that are set later.
    pub(super) set: Vec<(Arc<str>, Node)>,
    /// Whether it is set or taken apart in ways that are not followed: nobody knows what it holds where.
    pub(super) is_lost: bool,
}

impl Binding {
    /// Sets it after it was declared; `is_here` in the same block, so that it surely is.
    ///
    /// Which of several values it has where is not followed: what it began with, if that was nothing, is gone, and
    /// what is set over something else in the same block is nobody's guess.
    pub(super) fn assign(&mut self, node: Node, is_here: bool) {
        let was_nothing = self.sources.iter().all(Node::is_nothing);
        if was_nothing {
            self.sources.clear();
        }
        let goes_on = node.is_call();
        self.is_lost |= is_here && !was_nothing && !goes_on;
        self.sources.push(node);
    }
}

impl Node {
    /// Nothing yet: null, undefined, an empty text, list or object.
    fn is_nothing(&self) -> bool {
        match &self.expr {
            Expr::Null | Expr::Undefined => true,
            Expr::Text { text, .. } => text.is_empty(),
            Expr::List(items) => items.is_empty(),
            Expr::Object(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// Calls: a query that goes on is one.
    fn is_call(&self) -> bool {
        matches!(self.expr, Expr::Call(_))
    }
}

/// What sort of name.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Variable,
    /// The function, the position, the field where it is taken apart, and the name of its type.
    Parameter {
        function: usize,
        position: usize,
        field: Option<Arc<str>>,
        type_name: Option<Arc<str>>,
    },
    /// Another module and the name there; `*` for all of it.
    Import(Arc<str>, Arc<str>),
    Function(usize),
    Class(usize),
}

/// What a class keeps and does, its own members and those of its objects alike.
#[derive(Debug, Default)]
pub(super) struct Class {
    /// The class that it extends.
    pub(super) base: Option<Node>,
    /// What it keeps, by name: values, and types.
    pub(super) members: BTreeMap<Arc<str>, Vec<Node>>,
    pub(super) member_types: BTreeMap<Arc<str>, Arc<str>>,
    pub(super) methods: BTreeMap<Arc<str>, usize>,
    /// Its constructor, and what that hands to the class it extends.
    pub(super) constructor: Option<usize>,
    pub(super) handed_up: Vec<Item>,
}

/// Names of a block.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) parent: Option<usize>,
    pub(super) names: BTreeMap<Arc<str>, Binding>,
}

/// A function: what it may give.
#[derive(Debug, Default)]
pub(super) struct Function {
    pub(super) returns: Vec<Node>,
}

/// Calls in a row that may ask a database, and the variable that they are set to.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) node: Node,
    pub(super) scope: usize,
    pub(super) owner: Option<Arc<str>>,
    /// Functions around it.
    pub(super) inside: Vec<usize>,
}

/// What a module gives away.
#[derive(Debug, Clone)]
pub(super) enum Export {
    /// A name of its own.
    Local(Arc<str>),
    /// A name of another module.
    From(Arc<str>, Arc<str>),
    /// An expression.
    Value(Box<Node>),
}

/// One file.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) text: String,
    pub(super) scopes: Vec<Scope>,
    pub(super) functions: Vec<Function>,
    /// Functions by where they start, in bytes.
    pub(super) functions_at: BTreeMap<u32, usize>,
    /// Other names of types, with what they stand for as it is written.
    pub(super) type_aliases: BTreeMap<Arc<str>, String>,
    pub(super) exports: BTreeMap<Arc<str>, Export>,
    pub(super) star_exports: Vec<Arc<str>>,
    /// Its classes; the first stands for what is no class, such as an object whose functions say `this`.
    pub(super) classes: Vec<Class>,
    /// Types of variables that are set later.
    pub(super) typed_names: BTreeMap<Arc<str>, Arc<str>>,
    /// Functions that are read like members: what they give is what is read.
    pub(super) getters: BTreeSet<usize>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) queries: Vec<Query>,
    pub(super) typed: Vec<Typed>,
    pub(super) generated: Vec<Schema>,
    /// Whether it runs in a browser for sure.
    pub(super) is_of_browser: bool,
}
