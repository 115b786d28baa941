//! Reads generated types: `Database` with a member for each schema.
//!
//! They are known by their structure, `{ public: { Tables: { … } } }`, whatever the type is called.

use std::sync::Arc;

use oxc_ast::ast::{TSLiteral, TSSignature, TSType, TSTypeName, TSTypeOperatorOperator};

use super::lines::Lines;
use crate::usage::code::Place;
use crate::usage::generated::{Column, Enum, Function, Kind, Relation, Schema};

/// What a type with these members says of schemas; nothing where it is another type.
pub(super) fn schemas(members: &[TSSignature<'_>], lines: &Lines) -> Vec<Schema> {
    let members = fields(members, lines);
    members
        .iter()
        .filter_map(|field| schema(field, lines))
        .collect()
}

/// A named member of a type.
struct Member<'a, 't> {
    name: Arc<str>,
    place: Place,
    is_optional: bool,
    is_of: &'t TSType<'a>,
}

fn fields<'a, 't>(members: &'t [TSSignature<'a>], lines: &Lines) -> Vec<Member<'a, 't>> {
    let properties = members.iter().filter_map(|member| match member {
        TSSignature::TSPropertySignature(property) => Some(property),
        _ => None,
    });
    properties
        .filter_map(|property| {
            Some(Member {
                name: property.key.static_name()?.as_ref().into(),
                place: lines.place(property.span.start),
                is_optional: property.optional,
                is_of: &property.type_annotation.as_ref()?.type_annotation,
            })
        })
        .collect()
}

/// The members of a type that is written out; none of others, such as of one that has none.
fn inside<'a, 't>(given: &'t TSType<'a>, lines: &Lines) -> Option<Vec<Member<'a, 't>>> {
    match given {
        TSType::TSTypeLiteral(literal) => Some(fields(&literal.members, lines)),
        _ => None,
    }
}

fn schema(field: &Member<'_, '_>, lines: &Lines) -> Option<Schema> {
    let groups = inside(field.is_of, lines)?;
    let group = |name: &str| groups.iter().find(|group| &*group.name == name);
    let of = |name: &str| {
        let members = group(name).and_then(|group| inside(group.is_of, lines));
        members.unwrap_or_default()
    };
    group("Tables")?;
    let tables = of("Tables").into_iter().map(|member| (member, false));
    let views = of("Views").into_iter().map(|member| (member, true));
    let relations = tables.chain(views);
    let mut functions = Vec::new();
    let mut overloaded = Vec::new();
    for member in of("Functions") {
        match function(&member, lines) {
            Some(function) => functions.push(function),
            None => overloaded.push(member.name),
        }
    }
    Some(Schema {
        name: field.name.clone(),
        place: field.place,
        is_whole: ["Views", "Functions", "Enums"]
            .iter()
            .all(|name| group(name).is_some()),
        relations: relations
            .filter_map(|(member, is_view)| relation(&member, is_view, lines))
            .collect(),
        functions,
        overloaded,
        enums: of("Enums").iter().filter_map(enumerated).collect(),
    })
}

fn relation(field: &Member<'_, '_>, is_view: bool, lines: &Lines) -> Option<Relation> {
    let parts = inside(field.is_of, lines)?;
    let part = |name: &str| parts.iter().find(|part| &*part.name == name);
    let row = part("Row")?;
    let new = part("Insert").and_then(|new| inside(new.is_of, lines));
    let columns = inside(row.is_of, lines)?.into_iter().map(|member| {
        let (kind, may_be_null) = values(member.is_of);
        Column {
            name: member.name,
            place: member.place,
            kind,
            may_be_null,
        }
    });
    Some(Relation {
        name: field.name.clone(),
        place: field.place,
        row: row.place,
        is_view,
        columns: columns.collect(),
        optional: new
            .into_iter()
            .flatten()
            .filter(|member| member.is_optional)
            .map(|member| member.name)
            .collect(),
    })
}

/// A function with one set of arguments.
fn function(field: &Member<'_, '_>, lines: &Lines) -> Option<Function> {
    let parts = inside(field.is_of, lines)?;
    let arguments = parts.iter().find(|part| &*part.name == "Args")?;
    let arguments = match arguments.is_of {
        // `Record<PropertyKey, never>` and `never`: it takes nothing.
        TSType::TSTypeReference(_) | TSType::TSNeverKeyword(_) => Some(Vec::new()),
        given => inside(given, lines)
            .map(|members| members.into_iter().map(|member| member.name).collect()),
    };
    Some(Function {
        name: field.name.clone(),
        place: field.place,
        arguments,
    })
}

fn enumerated(field: &Member<'_, '_>) -> Option<Enum> {
    let mut values = Vec::new();
    for one in alternatives(field.is_of) {
        values.push(literal(one)?);
    }
    Some(Enum {
        name: field.name.clone(),
        place: field.place,
        values,
    })
}

fn alternatives<'a, 't>(given: &'t TSType<'a>) -> Vec<&'t TSType<'a>> {
    match given {
        TSType::TSUnionType(union) => union.types.iter().collect(),
        other => vec![other],
    }
}

fn literal(given: &TSType<'_>) -> Option<Arc<str>> {
    match given {
        TSType::TSLiteralType(literal) => match &literal.literal {
            TSLiteral::StringLiteral(text) => Some(text.value.as_str().into()),
            _ => None,
        },
        _ => None,
    }
}

/// What values a type has, and whether null is among them.
fn values(given: &TSType<'_>) -> (Kind, bool) {
    let all = alternatives(given);
    let kinds: Vec<&TSType<'_>> = all
        .iter()
        .copied()
        .filter(|one| !matches!(one, TSType::TSNullKeyword(_)))
        .collect();
    let may_be_null = kinds.len() < all.len();
    let is_literals = !kinds.is_empty() && kinds.iter().all(|one| literal(one).is_some());
    match kinds.as_slice() {
        [one] if !is_literals => (kind(one), may_be_null),
        _ => (Kind::Other, may_be_null),
    }
}

fn kind(given: &TSType<'_>) -> Kind {
    match given {
        TSType::TSStringKeyword(_) => Kind::Text,
        TSType::TSNumberKeyword(_) => Kind::Number,
        TSType::TSBooleanKeyword(_) => Kind::Boolean,
        TSType::TSParenthesizedType(inner) => kind(&inner.type_annotation),
        TSType::TSArrayType(list) => Kind::List(Box::new(kind(&list.element_type))),
        TSType::TSTypeOperatorType(operator)
            if operator.operator == TSTypeOperatorOperator::Readonly =>
        {
            kind(&operator.type_annotation)
        }
        TSType::TSTypeReference(reference) => match &reference.type_name {
            TSTypeName::IdentifierReference(name) if name.name == "Json" => Kind::Json,
            _ => Kind::Other,
        },
        TSType::TSIndexedAccessType(_) => of_enum(given).unwrap_or(Kind::Other),
        _ => Kind::Other,
    }
}

/// `Database["public"]["Enums"]["role"]`.
fn of_enum(given: &TSType<'_>) -> Option<Kind> {
    let step = |given: &'_ TSType<'_>| match given {
        TSType::TSIndexedAccessType(access) => literal(&access.index_type),
        _ => None,
    };
    let TSType::TSIndexedAccessType(last) = given else {
        return None;
    };
    let TSType::TSIndexedAccessType(group) = &last.object_type else {
        return None;
    };
    let is_enum = step(&last.object_type).as_deref() == Some("Enums");
    let (schema, name) = (step(&group.object_type)?, step(given)?);
    is_enum.then_some(Kind::Enum(schema, name))
}
