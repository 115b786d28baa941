//! What rows a request has to do with: their columns, and the rows inside of them.

use std::collections::BTreeMap;

use crate::classes::shape::{Column, Named, Relation, Routine, Shape};

/// Rows of something.
#[derive(Debug, Clone)]
pub(super) enum Rows<'a> {
    /// Of a table or view.
    Relation(&'a Named, &'a Relation),
    /// Of a function that says its columns itself.
    Columns(&'a Routine, &'a [String]),
    /// Nobody knows.
    Unknown,
}

/// Rows, and the rows that a request embeds in them by the name it gives those.
#[derive(Debug, Clone)]
pub(super) struct Scope<'a> {
    pub(super) rows: Rows<'a>,
    pub(super) inside: BTreeMap<String, Scope<'a>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(rows: Rows<'a>) -> Self {
        Self {
            rows,
            inside: BTreeMap::new(),
        }
    }
}

/// What a name is among the columns of rows.
pub(super) enum Found<'a> {
    /// A column.
    Column(&'a Column),
    /// A function that takes the row.
    Computed(&'a Routine),
    /// A column of what a function gives.
    Given,
    /// Nobody knows.
    Unknown,
    /// None.
    Missing,
}

/// Looks for a column.
pub(super) fn find<'a>(shape: &'a Shape, rows: &Rows<'a>, name: &str) -> Found<'a> {
    match rows {
        Rows::Unknown => Found::Unknown,
        Rows::Columns(_, columns) => match columns.iter().any(|column| column == name) {
            true => Found::Given,
            false => Found::Missing,
        },
        Rows::Relation(named, relation) => {
            if let Some(column) = relation.column(name) {
                return Found::Column(column);
            }
            if relation.columns.is_none() {
                return Found::Unknown;
            }
            match computed(shape, named, name) {
                Some(routine) => Found::Computed(routine),
                None => Found::Missing,
            }
        }
    }
}

/// The function that a request may name like a column of a relation: it takes its row.
pub(super) fn computed<'a>(shape: &'a Shape, of: &Named, name: &str) -> Option<&'a Routine> {
    let same_schema = shape.routines_of(&of.schema, name).iter();
    let elsewhere = shape
        .routines
        .iter()
        .filter(|(named, _)| named.name == name && named.schema != of.schema)
        .flat_map(|(_, routines)| routines);
    same_schema
        .chain(elsewhere)
        .find(|routine| routine.row_argument(&shape.relations).as_ref() == Some(of))
}

/// The names of the columns of rows.
pub(super) fn names<'a>(rows: &Rows<'a>) -> Vec<&'a str> {
    match rows {
        Rows::Relation(_, relation) => relation
            .columns
            .iter()
            .flatten()
            .map(|column| column.name.as_str())
            .collect(),
        Rows::Columns(_, columns) => columns.iter().map(String::as_str).collect(),
        Rows::Unknown => Vec::new(),
    }
}
