//! What generated types say that a database has, as in the `database.types.ts` of the Supabase CLI.

use std::sync::Arc;

use super::code::Place;

/// A schema as types say it.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// Its name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub place: Place,
    /// Whether all is there that the generator writes; what people write by hand has what they need.
    pub is_whole: bool,
    /// Tables and views.
    pub relations: Vec<Relation>,
    /// Functions that are not overloaded.
    pub functions: Vec<Function>,
    /// Names of functions with several sets of arguments.
    pub overloaded: Vec<Arc<str>>,
    /// Enums.
    pub enums: Vec<Enum>,
}

/// A table or view.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// Its name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub place: Place,
    /// Where its rows begin.
    pub row: Place,
    /// Whether it stands among the views: their columns may all be null, whatever the tables say.
    pub is_view: bool,
    /// What a row of it has.
    pub columns: Vec<Column>,
    /// Columns that a new row needs not have.
    pub optional: Vec<Arc<str>>,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub place: Place,
    /// Its values.
    pub kind: Kind,
    /// Whether it may be null.
    pub may_be_null: bool,
}

/// Values of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Texts.
    Text,
    /// Numbers.
    Number,
    /// True or false.
    Boolean,
    /// JSON.
    Json,
    /// One of an enum, by schema and name.
    Enum(Arc<str>, Arc<str>),
    /// A list.
    List(Box<Kind>),
    /// Something that people wrote, or that the generator does not know.
    Other,
}

/// A function.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub place: Place,
    /// Names of its arguments, where they are said.
    pub arguments: Option<Vec<Arc<str>>>,
}

/// An enum.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// Its name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub place: Place,
    /// Its values.
    pub values: Vec<Arc<str>>,
}
