//! What types and tagged templates say about a database.

use oxc_ast::ast::{
    Expression, TSIndexedAccessType, TSLiteral, TSType, TSTypeName, TSTypeReference,
    TaggedTemplateExpression,
};

use super::lines::Lines;
use crate::usage::code::{Place, Query, Typed};

/// Types that generated definitions bring for the rows of a table.
const OF_TABLES: &[&str] = &["Tables", "TablesInsert", "TablesUpdate"];

/// `Tables<"invitations">`.
pub(super) fn table(reference: &TSTypeReference<'_>, lines: &Lines) -> Option<Typed> {
    let TSTypeName::IdentifierReference(name) = &reference.type_name else {
        return None;
    };
    if !OF_TABLES.contains(&name.name.as_str()) {
        return None;
    }
    let arguments = &reference.type_arguments.as_ref()?.params;
    let (name, place) = literal(arguments.first()?, lines)?;
    (arguments.len() == 1).then(|| Typed {
        schema: None,
        name: name.as_str().into(),
        place,
    })
}

/// `Database["public"]["Tables"]["invitations"]`.
pub(super) fn row(access: &TSIndexedAccessType<'_>, lines: &Lines) -> Option<Typed> {
    let (name, place) = literal(&access.index_type, lines)?;
    let TSType::TSIndexedAccessType(kind) = &access.object_type else {
        return None;
    };
    let (word, _) = literal(&kind.index_type, lines)?;
    let TSType::TSIndexedAccessType(schema) = &kind.object_type else {
        return None;
    };
    let (schema, _) = literal(&schema.index_type, lines)?;
    matches!(word.as_str(), "Tables" | "Views").then(|| Typed {
        schema: Some(schema.as_str().into()),
        name: name.as_str().into(),
        place,
    })
}

fn literal(given: &TSType<'_>, lines: &Lines) -> Option<(String, Place)> {
    let TSType::TSLiteralType(literal) = given else {
        return None;
    };
    let TSLiteral::StringLiteral(text) = &literal.literal else {
        return None;
    };
    let place = lines.place(text.span.start + 1);
    Some((text.value.as_str().to_owned(), place))
}

/// A template tagged `sql`, with `$1` and so on for what the program puts in.
pub(super) fn query(tagged: &TaggedTemplateExpression<'_>, lines: &Lines) -> Option<Query> {
    let tag = match &tagged.tag {
        Expression::Identifier(name) => name.name.as_str(),
        Expression::StaticMemberExpression(member) => member.property.name.as_str(),
        _ => return None,
    };
    if !tag.eq_ignore_ascii_case("sql") {
        return None;
    }
    let mut text = String::new();
    for (at, quasi) in tagged.quasi.quasis.iter().enumerate() {
        if at > 0 {
            text.push_str(&format!("${at}"));
        }
        text.push_str(quasi.value.raw.as_str());
    }
    let first: String = text
        .trim_start()
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    // Pieces of statements are put together elsewhere.
    matches!(
        first.to_ascii_lowercase().as_str(),
        "select" | "insert" | "update" | "delete" | "with"
    )
    .then(|| Query {
        text: text.as_str().into(),
        place: lines.place(tagged.quasi.span.start + 1),
        is_verbatim: tagged.quasi.expressions.is_empty(),
    })
}
