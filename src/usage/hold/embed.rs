//! Which relation a request embeds: foreign keys both ways, through a joining table, and functions that take a row.
//!
//! As `PostgREST` finds it (its documentation: "Resource Embedding"; in its source `findRel` of
//! `PostgREST.Plan`).

use std::collections::BTreeSet;

use super::rows::computed;
use crate::classes::shape::{Link, Named, Routine, Shape};
use crate::usage::select::Embed;

/// How rows of one relation belong to those of another.
#[derive(Debug, Clone)]
struct Tie<'a> {
    to: &'a Named,
    names: Vec<&'a str>,
    /// The one column on the side that is asked, and on the other.
    near: Option<&'a str>,
    far: Option<&'a str>,
    is_to_one: bool,
    is_to_many: bool,
    through: Option<&'a Named>,
    /// The foreign keys that it goes along.
    links: Vec<&'a Link>,
}

/// What is embedded.
pub(super) enum Embedded<'a> {
    /// Rows of a relation, along foreign keys.
    Relation(&'a Named, Vec<&'a Link>),
    /// Rows that a function gives.
    Computed(&'a Routine, Option<&'a Named>),
    /// Rows of which nobody knows what they are.
    Unknown,
    /// Several foreign keys would do: the hints that tell them apart.
    Ambiguous(Vec<String>),
    /// Nothing ties the two together.
    Untied,
    /// There is nothing of that name.
    Missing,
}

/// What an embed of rows of `from` gives.
pub(super) fn find<'a>(shape: &'a Shape, from: &'a Named, embed: &Embed) -> Embedded<'a> {
    if let Some(routine) = computed(shape, from, &embed.target) {
        let rows = routine.rows_of.as_ref();
        let rows = rows.and_then(|rows| shape.relations.get_key_value(rows));
        return Embedded::Computed(routine, rows.map(|(named, _)| named));
    }
    let ties = ties(shape, from);
    let fitting: Vec<&Tie<'_>> = ties
        .iter()
        .filter(|tie| tie.to.schema == from.schema && fits(shape, tie, from, embed))
        .collect();
    match fitting.as_slice() {
        [tie] => Embedded::Relation(tie.to, tie.links.clone()),
        [] => none(shape, from, embed),
        several => Embedded::Ambiguous(several.iter().map(|tie| hint(tie)).collect()),
    }
}

fn none<'a>(shape: &Shape, from: &Named, embed: &Embed) -> Embedded<'a> {
    let is_traced = |named: &Named| {
        shape
            .relations
            .get(named)
            .is_some_and(|relation| relation.is_traced && relation.columns.is_some())
    };
    let target = Named::new(&from.schema, &embed.target);
    // Many to many with itself is not asked for often enough to know what comes of it.
    let is_itself = target == *from;
    if is_itself || !is_traced(from) || shape.relations.contains_key(&target) && !is_traced(&target)
    {
        return Embedded::Unknown;
    }
    match shape.relations.contains_key(&target) {
        true => Embedded::Untied,
        false => Embedded::Missing,
    }
}

fn hint(tie: &Tie<'_>) -> String {
    let how = match tie.through {
        Some(through) => through.name.clone(),
        None => tie.names.first().copied().unwrap_or_default().to_owned(),
    };
    format!("{}!{how}", tie.to.name)
}

fn fits(shape: &Shape, tie: &Tie<'_>, from: &Named, embed: &Embed) -> bool {
    let target = embed.target.as_str();
    let is_relation = tie.to.name == target;
    let is_of_table = shape
        .relations
        .get(tie.to)
        .is_some_and(|relation| relation.is_traced && !is_view(relation));
    if tie.to == from && tie.through.is_none() {
        return match &embed.hint {
            None => is_relation && tie.is_to_many || tie.is_to_one && tie.near == Some(target),
            Some(hint) => is_relation && of_itself(tie, hint),
        };
    }
    let is_named =
        is_relation || is_of_table && (tie.names.contains(&target) || tie.near == Some(target));
    is_named && embed.hint.as_deref().is_none_or(|hint| tells(tie, hint))
}

/// Of a relation that refers to itself the name of the key means its many, its column the one.
fn of_itself(tie: &Tie<'_>, hint: &str) -> bool {
    let by_column = match tie.is_to_one {
        true => tie.near == Some(hint),
        false => tie.far == Some(hint) && tie.near != Some(hint),
    };
    by_column && tie.is_to_one || tie.is_to_many && tie.names.contains(&hint)
}

fn tells(tie: &Tie<'_>, hint: &str) -> bool {
    tie.names.contains(&hint)
        || tie.near == Some(hint)
        || tie.far == Some(hint)
        || tie.through.is_some_and(|through| through.name == hint)
}

fn is_view(relation: &crate::classes::shape::Relation) -> bool {
    use crate::classes::shape::RelationKind::{Materialized, View};
    matches!(relation.kind, View | Materialized)
}

/// Everything that ties a relation to others.
fn ties<'a>(shape: &'a Shape, from: &Named) -> Vec<Tie<'a>> {
    let one = |columns: &'a [String]| match columns {
        [column] => Some(column.as_str()),
        _ => None,
    };
    let mut ties = Vec::new();
    for link in &shape.links {
        if link.from == *from {
            ties.push(Tie {
                to: &link.to,
                names: vec![&link.name],
                near: one(&link.columns),
                far: one(&link.to_columns),
                is_to_one: true,
                is_to_many: false,
                through: None,
                links: vec![link],
            });
        }
        if link.to == *from {
            let is_unique = is_unique(shape, link);
            ties.push(Tie {
                to: &link.from,
                names: vec![&link.name],
                near: one(&link.to_columns),
                far: one(&link.columns),
                is_to_one: is_unique,
                is_to_many: !is_unique || link.from == link.to,
                through: None,
                links: vec![link],
            });
            ties.extend(through(shape, from, link));
        }
    }
    ties
}

/// Whether the referring columns are unique, so that there is one row at most.
fn is_unique(shape: &Shape, link: &Link) -> bool {
    let columns: BTreeSet<String> = link.columns.iter().cloned().collect();
    shape
        .relations
        .get(&link.from)
        .is_some_and(|relation| relation.uniques.contains(&columns))
}

/// Many to many: another key of the same joining table, where both are in its primary key.
fn through<'a>(shape: &'a Shape, from: &Named, near: &'a Link) -> Vec<Tie<'a>> {
    let Some(joining) = shape.relations.get(&near.from) else {
        return Vec::new();
    };
    let in_key = |link: &Link| {
        link.columns
            .iter()
            .all(|column| joining.primary_key.contains(column))
    };
    let others = shape
        .links
        .iter()
        .filter(|far| far.from == near.from && *far != near && in_key(near) && in_key(far));
    let others = others.filter(|far| far.columns != near.columns && far.to != *from);
    others
        .map(|far| Tie {
            to: &far.to,
            names: Vec::new(),
            near: None,
            far: None,
            is_to_one: false,
            is_to_many: true,
            through: Some(&near.from),
            links: vec![near, far],
        })
        .collect()
}
