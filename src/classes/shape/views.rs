//! Views: which columns of tables they show, and what keys and foreign keys become of that.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{Index, fills_rows, named};
use super::types::Types;
use super::{Column, Link, Named, Relation, RelationKind, origins};
use crate::classes::rules::texts;
use crate::classes::{materialized_view, trigger, view};
use crate::contract::Object;
use crate::sql;

pub(super) fn add(index: &Index<'_>, types: &Types, relations: &mut BTreeMap<Named, Relation>) {
    for (class, kind) in [
        (view::CLASS.name, RelationKind::View),
        (materialized_view::CLASS.name, RelationKind::Materialized),
    ] {
        for object in index.all(class) {
            if let Some(named) = named(&object.id) {
                relations.insert(named, shown(object, kind, index, types));
            }
        }
    }
    // Views of views: each step sees through one more.
    for _ in 0..8 {
        if !see_through(relations) {
            break;
        }
    }
    let views: Vec<Named> = relations
        .iter()
        .filter(|(_, relation)| is_view(relation))
        .map(|(named, _)| named.clone())
        .collect();
    for named in views {
        let keys = keys_of_view(&relations[&named], relations);
        if let Some(relation) = relations.get_mut(&named) {
            (relation.primary_key, relation.uniques) = keys;
        }
    }
}

fn is_view(relation: &Relation) -> bool {
    matches!(
        relation.kind,
        RelationKind::View | RelationKind::Materialized
    )
}

fn shown(object: &Object, kind: RelationKind, index: &Index<'_>, types: &Types) -> Relation {
    let origins = object.text("definition").map(origins::read);
    let origins = origins.unwrap_or_default();
    let printed = texts(object, "columns");
    let columns = printed.iter().enumerate().filter_map(|(at, printed)| {
        let (name, type_name) = name_and_type(printed)?;
        Some(Column {
            kind: types.kind(&type_name),
            name,
            type_name,
            is_required: false,
            has_default: false,
            is_generated: false,
            origin: origins.columns.get(at).cloned().flatten(),
        })
    });
    Relation {
        id: object.id.clone(),
        kind,
        columns: object
            .facts
            .contains_key("columns")
            .then(|| columns.collect()),
        primary_key: Vec::new(),
        uniques: Vec::new(),
        leading: BTreeSet::new(),
        is_filled_by_triggers: index
            .inside(&object.id, trigger::CLASS.name)
            .any(fills_rows),
        is_partition: false,
        is_traced: origins.is_whole,
    }
}

fn name_and_type(printed: &str) -> Option<(String, String)> {
    let end = match printed.strip_prefix('"') {
        Some(rest) => {
            let mut at = 0;
            // Two quotes are one that belongs to the name.
            loop {
                let quote = at + rest[at..].find('"')?;
                match rest[quote + 1..].starts_with('"') {
                    true => at = quote + 2,
                    false => break quote + 2,
                }
            }
        }
        None => printed.find(' ')?,
    };
    let type_name = printed.get(end..)?.trim();
    Some((sql::parts(&printed[..end]).concat(), type_name.to_owned()))
}

/// Replaces origins that are columns of views by what those show; whether there was any.
fn see_through(relations: &mut BTreeMap<Named, Relation>) -> bool {
    let mut changes = Vec::new();
    let mut untraced = Vec::new();
    for (named, relation) in relations.iter().filter(|(_, relation)| is_view(relation)) {
        for (at, column) in relation.columns.iter().flatten().enumerate() {
            let Some((of, name)) = &column.origin else {
                continue;
            };
            if let Some(inner) = relations.get(of).filter(|inner| is_view(inner)) {
                let origin = inner.column(name).and_then(|inner| inner.origin.clone());
                changes.push((named.clone(), at, origin));
                if !inner.is_traced {
                    untraced.push(named.clone());
                }
            }
        }
    }
    for named in untraced {
        if let Some(relation) = relations.get_mut(&named) {
            relation.is_traced = false;
        }
    }
    let is_changed = !changes.is_empty();
    for (named, at, origin) in changes {
        let columns = relations
            .get_mut(&named)
            .and_then(|relation| relation.columns.as_mut());
        if let Some(column) = columns.and_then(|columns| columns.get_mut(at)) {
            column.origin = origin;
        }
    }
    is_changed
}

/// The name under which a view shows a column of a table.
fn shown_as<'a>(view: &'a Relation, of: &Named, column: &str) -> Option<&'a str> {
    let columns = view.columns.as_ref()?;
    let is_it = |origin: &(Named, String)| origin.0 == *of && origin.1 == column;
    let found = columns
        .iter()
        .find(|shown| shown.origin.as_ref().is_some_and(is_it));
    found.map(|shown| shown.name.as_str())
}

fn shown_all(view: &Relation, of: &Named, columns: &[String]) -> Option<Vec<String>> {
    columns
        .iter()
        .map(|column| shown_as(view, of, column).map(str::to_owned))
        .collect()
}

/// Keys of the tables that a view shows, where it shows all of their columns.
fn keys_of_view(
    view: &Relation,
    relations: &BTreeMap<Named, Relation>,
) -> (Vec<String>, Vec<BTreeSet<String>>) {
    let columns = view.columns.iter().flatten();
    let bases: BTreeSet<&Named> = columns
        .filter_map(|column| column.origin.as_ref().map(|(of, _)| of))
        .collect();
    let (mut primary_key, mut uniques) = (Vec::new(), Vec::new());
    for base in bases {
        let Some(table) = relations.get(base) else {
            continue;
        };
        if let Some(key) = shown_all(view, base, &table.primary_key)
            && primary_key.is_empty()
        {
            primary_key = key;
        }
        uniques.extend(table.uniques.iter().filter_map(|unique| {
            let columns: Vec<String> = unique.iter().cloned().collect();
            shown_all(view, base, &columns).map(|shown| shown.into_iter().collect())
        }));
    }
    (primary_key, uniques)
}

/// Adds what foreign keys become where views show the columns of one side or both.
pub(super) fn links(relations: &BTreeMap<Named, Relation>, links: &mut Vec<Link>) {
    let mut showing: BTreeMap<&Named, BTreeSet<&Named>> = BTreeMap::new();
    for (named, view) in relations.iter().filter(|(_, relation)| is_view(relation)) {
        for (of, _) in view
            .columns
            .iter()
            .flatten()
            .filter_map(|column| column.origin.as_ref())
        {
            showing.entry(of).or_default().insert(named);
        }
    }
    let mut more = BTreeSet::new();
    for link in links.iter() {
        let sides = |of: &Named, columns: &[String]| -> Vec<(Named, Vec<String>)> {
            let views = showing.get(of).into_iter().flatten();
            let shown = views.filter_map(|named| {
                let view = relations.get(*named)?;
                shown_all(view, of, columns).map(|shown| ((*named).clone(), shown))
            });
            std::iter::once((of.clone(), columns.to_vec()))
                .chain(shown)
                .collect()
        };
        for (from, columns) in sides(&link.from, &link.columns) {
            for (to, to_columns) in sides(&link.to, &link.to_columns) {
                more.insert(Link {
                    is_of_views: from != link.from || to != link.to,
                    name: link.name.clone(),
                    from: from.clone(),
                    columns: columns.clone(),
                    to,
                    to_columns,
                });
            }
        }
    }
    *links = more.into_iter().collect();
}
