//! Makes a shape from the objects of a contract.

use std::collections::{BTreeMap, BTreeSet};

use super::types::Types;
use super::{Column, Link, Named, Reach, Relation, RelationKind, Routine, Shape, routine, views};
use crate::classes::rules::texts;
use crate::classes::{
    bucket, column, constraint, default, domain, enum_type, extension, foreign_table, function,
    index, publication_table, schema, table, trigger,
};
use crate::contract::{ClassName, Contract, Object, ObjectId};
use crate::sql;

/// The publication that Supabase sends changes of tables from.
const REALTIME: &str = "supabase_realtime";

/// What rows are kept in.
const STORED: [(&str, RelationKind); 2] = [
    (table::CLASS.name, RelationKind::Table),
    (foreign_table::CLASS.name, RelationKind::Foreign),
];

/// Objects by the class's name and, for what is inside of another, by that one.
pub(super) struct Index<'a> {
    by_class: BTreeMap<&'a str, Vec<&'a Object>>,
    inside: BTreeMap<&'a ObjectId, Vec<&'a Object>>,
}

impl<'a> Index<'a> {
    fn of(objects: impl Iterator<Item = &'a Object>) -> Self {
        let (mut by_class, mut inside) = (BTreeMap::new(), BTreeMap::new());
        for object in objects {
            let class: &mut Vec<&Object> = by_class.entry(object.id.class.as_str()).or_default();
            class.push(object);
            if let Some(parent) = &object.parent {
                let inside: &mut Vec<&Object> = inside.entry(parent).or_default();
                inside.push(object);
            }
        }
        Self { by_class, inside }
    }

    pub(super) fn all(&self, class: &str) -> &[&'a Object] {
        self.by_class.get(class).map_or(&[], Vec::as_slice)
    }

    pub(super) fn inside(&self, id: &ObjectId, class: &str) -> impl Iterator<Item = &'a Object> {
        let inside = self.inside.get(id).map_or(&[][..], Vec::as_slice);
        let class = class.to_owned();
        inside
            .iter()
            .copied()
            .filter(move |object| object.id.class.as_str() == class)
    }
}

pub(super) fn shape(contract: &Contract) -> Shape {
    let index = Index::of(contract.objects.values());
    let types = types(&index);
    let mut relations = BTreeMap::new();
    for (class, kind) in STORED {
        for object in index.all(class) {
            if let Some(named) = named(&object.id) {
                relations.insert(named, stored(object, kind, &index, &types));
            }
        }
    }
    let mut links = foreign_keys(contract);
    views::add(&index, &types, &mut relations);
    views::links(&relations, &mut links);
    let names: Vec<Named> = relations.keys().cloned().collect();
    let mut routines: BTreeMap<Named, Vec<Routine>> = BTreeMap::new();
    for object in index.all(function::CLASS.name) {
        if let Some(named) = name_of_routine(&object.id) {
            let read = routine::read(object, &names, &types);
            routines.entry(named).or_default().push(read);
        }
    }
    let extension_schemas = index
        .all(extension::CLASS.name)
        .iter()
        .filter_map(|object| object.text("schema"))
        .map(|schema| sql::parts(schema).concat());
    let schemas = index.all(schema::CLASS.name).iter();
    Shape {
        buckets: buckets(&index),
        members: contract
            .members
            .keys()
            .filter(|id| id.class.as_str() == function::CLASS.name)
            .filter_map(name_of_routine)
            .collect(),
        // What is needed by what is read together with what belongs to extensions.
        extension_schemas: extension_schemas
            .filter(|_| !contract.knows_needs)
            .collect(),
        published: published(&index),
        schemas: schemas
            .map(|object| sql::parts(&object.id.path).concat())
            .collect(),
        enums: types.enums,
        reach: Reach::of(contract),
        relations,
        links,
        routines,
    }
}

/// The tables of these paths, foreign ones too: those of a shape, for less than all of it takes.
pub fn tables(contract: &Contract, paths: &BTreeSet<&str>) -> Vec<Relation> {
    let all = contract.objects.values();
    let index = Index::of(all.filter(|object| is_type(object) || is_of(object, paths, contract)));
    let types = types(&index);
    let all = STORED.iter().flat_map(|(class, kind)| {
        let objects = index.all(class).iter();
        objects.map(|object| stored(object, *kind, &index, &types))
    });
    all.collect()
}

/// Whether it says what types are.
fn is_type(object: &Object) -> bool {
    [domain::CLASS.name, enum_type::CLASS.name].contains(&object.id.class.as_str())
}

/// Whether it is such a table, or inside of one or of its columns.
fn is_of(object: &Object, paths: &BTreeSet<&str>, contract: &Contract) -> bool {
    let mut id = &object.id;
    let mut above = object.parent.as_ref();
    loop {
        let class = id.class.as_str();
        if STORED.iter().any(|(stored, _)| *stored == class) {
            return paths.contains(&*id.path);
        }
        let Some(next) = above else { return false };
        id = next;
        let is_column = id.class.as_str() == column::CLASS.name;
        let object = is_column.then(|| contract.objects.get(id)).flatten();
        above = object.and_then(|object| object.parent.as_ref());
    }
}

pub(super) fn named(id: &ObjectId) -> Option<Named> {
    Named::read(&id.path)
}

fn name_of_routine(id: &ObjectId) -> Option<Named> {
    let mut in_quotes = false;
    let end = id.path.char_indices().find(|(_, c)| {
        in_quotes ^= *c == '"';
        *c == '(' && !in_quotes
    });
    Named::read(&id.path[..end?.0])
}

fn types(index: &Index<'_>) -> Types {
    let domains = index.all(domain::CLASS.name).iter();
    let enums = index.all(enum_type::CLASS.name).iter();
    Types {
        domains: domains
            .filter_map(|object| Some((named(&object.id)?, object.text("type")?.to_owned())))
            .collect(),
        enums: enums
            .filter_map(|object| {
                let values = texts(object, "values").into_iter();
                Some((named(&object.id)?, values.map(str::to_owned).collect()))
            })
            .collect(),
    }
}

fn stored(object: &Object, kind: RelationKind, index: &Index<'_>, types: &Types) -> Relation {
    let mut columns: Vec<Column> = index
        .inside(&object.id, column::CLASS.name)
        .filter_map(|column| column_of(column, index, types))
        .collect();
    let order = texts(object, "column_order");
    let place = |column: &Column| order.iter().position(|name| *name == column.name);
    columns.sort_by_key(|column| place(column).unwrap_or(usize::MAX));
    let mut relation = Relation {
        id: object.id.clone(),
        kind,
        // Of a platform's tables only what people may have changed is read.
        columns: (!columns.is_empty() || object.facts.contains_key("column_order"))
            .then_some(columns)
            .filter(|columns| columns.len() >= order.len()),
        primary_key: Vec::new(),
        uniques: Vec::new(),
        leading: BTreeSet::new(),
        is_filled_by_triggers: index
            .inside(&object.id, trigger::CLASS.name)
            .any(fills_rows),
        is_partition: object.text("partition_bound").is_some(),
        is_traced: true,
    };
    keys(&object.id, index, &mut relation);
    relation
}

pub(super) fn fills_rows(trigger: &Object) -> bool {
    trigger.text("timing") != Some("after")
        && trigger.text("level") == Some("row")
        && trigger.text("enabled") != Some("disabled")
        && texts(trigger, "events").contains(&"insert")
}

fn column_of(object: &Object, index: &Index<'_>, types: &Types) -> Option<Column> {
    let type_name = object.text("type")?.to_owned();
    let identity = object.text("identity");
    let generated = object.facts.contains_key("generated");
    Some(Column {
        name: sql::parts(&object.id.path).pop()?,
        kind: types.kind(&type_name),
        is_required: object.is("not_null"),
        has_default: identity.is_some()
            || generated
            || index
                .inside(&object.id, default::CLASS.name)
                .next()
                .is_some()
            || has_own_default(&type_name, index),
        is_generated: generated || identity == Some("always"),
        origin: None,
        type_name,
    })
}

/// Whether a domain gives a value where a column has none.
fn has_own_default(type_name: &str, index: &Index<'_>) -> bool {
    let mut domains = index.all(domain::CLASS.name).iter();
    domains.any(|object| &*object.id.path == type_name && object.text("default").is_some())
}

fn keys(id: &ObjectId, index: &Index<'_>, relation: &mut Relation) {
    for object in index.inside(id, constraint::CLASS.name) {
        let columns = texts(object, "columns").into_iter().map(str::to_owned);
        let kind = object.text("kind");
        if !matches!(kind, Some("primary key" | "unique")) {
            continue;
        }
        let columns: Vec<String> = columns.collect();
        relation.leading.extend(columns.first().cloned());
        relation.uniques.push(columns.iter().cloned().collect());
        if kind == Some("primary key") {
            relation.primary_key = columns;
        }
    }
    for object in index.inside(id, index::CLASS.name) {
        let keys = texts(object, "keys");
        let columns: Option<BTreeSet<String>> = keys.iter().map(|key| plain(key)).collect();
        relation
            .leading
            .extend(keys.first().and_then(|key| plain(key)));
        let is_for_all = object.text("predicate").is_none() && object.is("valid");
        if object.is("unique") && is_for_all {
            relation.uniques.extend(columns);
        }
    }
}

/// The column of an index key that is one and nothing more.
fn plain(key: &str) -> Option<String> {
    let is_quoted = key.starts_with('"');
    let end = match is_quoted {
        true => key[1..].find('"').map(|end| end + 2)?,
        false => key.find(' ').unwrap_or(key.len()),
    };
    let name = &key[..end];
    let is_name = is_quoted || !name.contains(['(', ':', '.', '\'']);
    is_name.then(|| sql::parts(name).concat())
}

/// All foreign keys, as they are without views.
pub fn foreign_keys(contract: &Contract) -> Vec<Link> {
    let first = ObjectId::new(ClassName::new(constraint::CLASS.name), "");
    let all = contract.objects.range(&first..).map(|(_, object)| object);
    let all = all.take_while(|object| object.id.class == first.class);
    let all = all.filter(|object| object.text("kind") == Some("foreign key"));
    all.filter_map(|object| {
        let list =
            |fact| -> Vec<String> { texts(object, fact).into_iter().map(str::to_owned).collect() };
        Some(Link {
            name: sql::parts(&object.id.path).pop()?,
            from: named(object.parent.as_ref()?)?,
            columns: list("columns"),
            to: Named::read(object.text("references")?)?,
            to_columns: list("referenced_columns"),
            is_of_views: false,
        })
    })
    .collect()
}

fn buckets(index: &Index<'_>) -> Option<BTreeSet<String>> {
    let all = index.all(bucket::CLASS.name);
    // Buckets are mostly made in a dashboard: without any, nobody says which there are.
    (!all.is_empty()).then(|| {
        all.iter()
            .map(|object| sql::parts(&object.id.path).concat())
            .collect()
    })
}

fn published(index: &Index<'_>) -> Option<BTreeSet<Named>> {
    let all = index.all(publication_table::CLASS.name).iter();
    let tables: BTreeSet<Named> = all
        .filter(|object| {
            object
                .parent
                .as_ref()
                .is_some_and(|parent| &*parent.path == REALTIME)
                || object.id.path.contains(REALTIME)
        })
        .filter_map(|object| Named::read(object.text("table")?))
        .collect();
    (!tables.is_empty()).then_some(tables)
}
