//! What a statement of SQL uses.

use std::collections::BTreeSet;

use crate::usage::code::Place;

/// A name in a statement and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name as Postgres sees it: in lower case, unless it was quoted.
    pub text: String,
    /// Where.
    pub place: Place,
}

/// How a statement uses a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It reads rows.
    Read,
    /// It adds rows with these columns; none where it names no columns.
    Insert(Option<Vec<Name>>),
    /// It changes these columns.
    Update(Vec<Name>),
    /// It deletes rows.
    Delete,
}

/// A table or view that a statement names, each time it does; common table expressions are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The schema, where it is said.
    pub schema: Option<String>,
    /// The name.
    pub name: Name,
    /// What for.
    pub role: Role,
}

/// A column that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name.
    pub name: Name,
    /// The relations of the statement that may have it, by index: one when it says which, all in reach when not.
    pub candidates: Vec<usize>,
}

/// A function that a statement calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The schema, where it is said.
    pub schema: Option<String>,
    /// The name.
    pub name: Name,
    /// How many arguments it gets.
    pub argument_count: usize,
    /// The arguments it gives by name.
    pub named: Vec<String>,
}

/// What one statement uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statement {
    /// Tables and views.
    pub relations: Vec<Relation>,
    /// The relations by index of which it reads whole rows: `select *`.
    pub whole: BTreeSet<usize>,
    /// Columns, apart from those that [`Role`] tells of.
    pub columns: Vec<Column>,
    /// Functions.
    pub functions: Vec<Function>,
}

/// What was made of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its statements that were read.
    pub statements: Vec<Statement>,
    /// Where statements stand that were not, and why.
    pub unread: Vec<(Place, String)>,
}
