//! Functions as a request calls them: argument names, defaults and what comes back.

use std::collections::BTreeMap;

use super::types::Types;
use super::{Kind, Named};
use crate::classes::rules::split_outside_quotes;
use crate::contract::{Object, ObjectId};
use crate::sql;

/// An argument that a caller may give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Its name; `None` for one that only has a place.
    pub name: Option<String>,
    /// Its type as Postgres prints it.
    pub type_name: String,
    /// What values it takes.
    pub kind: Kind,
    /// Whether it may be left out.
    pub has_default: bool,
    /// Whether it takes all that follow.
    pub is_variadic: bool,
}

/// A function.
#[derive(Debug, Clone)]
pub struct Routine {
    /// Which object of the contract it is.
    pub id: ObjectId,
    /// What goes in, in order.
    pub arguments: Vec<Argument>,
    /// The type of what comes back, a set or not, as Postgres prints it.
    pub returns: String,
    /// Whether it gives rows, however many.
    pub is_set: bool,
    /// The relation whose rows it gives, one or many.
    pub rows_of: Option<Named>,
    /// Names of the columns it gives, where it says them itself.
    pub columns: Option<Vec<String>>,
    /// Whether it may write.
    pub is_volatile: bool,
    /// Whether it is called by a trigger and by nobody else.
    pub is_trigger: bool,
}

/// Reads a function from its object.
pub(super) fn read(object: &Object, relations: &[Named], types: &Types) -> Routine {
    let printed = object.text("arguments").unwrap_or_default();
    let mut input = input_types(&object.id.path).into_iter();
    let (mut arguments, mut given) = (Vec::new(), Vec::new());
    for piece in top_level(printed) {
        let (mode, rest) = mode(piece);
        if mode != "OUT" {
            let type_name = input.next().unwrap_or_default();
            let argument = argument(rest, type_name, mode == "VARIADIC", types);
            if mode == "INOUT" {
                given.extend(argument.name.clone());
            }
            arguments.push(argument);
        } else if let Some(name) = first_word(rest) {
            given.push(name);
        }
    }
    let printed = object.text("returns").unwrap_or_default();
    let (is_set, bare) = match printed.strip_prefix("SETOF ") {
        Some(bare) => (true, bare),
        None => (printed.starts_with("TABLE("), printed),
    };
    if let Some(columns) = bare
        .strip_prefix("TABLE(")
        .and_then(|rest| rest.strip_suffix(')'))
    {
        given.extend(top_level(columns).into_iter().filter_map(first_word));
    }
    Routine {
        id: object.id.clone(),
        arguments,
        returns: printed.to_owned(),
        is_set,
        rows_of: relation_of(bare, relations),
        columns: (!given.is_empty()).then_some(given),
        is_volatile: object.text("volatility") == Some("volatile"),
        is_trigger: matches!(printed, "trigger" | "event_trigger"),
    }
}

impl Routine {
    /// The relation whose row is its one argument: requests read it as a column, or embed it.
    pub fn row_argument(&self, relations: &BTreeMap<Named, super::Relation>) -> Option<Named> {
        let [argument] = self.arguments.as_slice() else {
            return None;
        };
        let parts = sql::parts(&argument.type_name);
        let [schema, name] = parts.as_slice() else {
            return None;
        };
        let named = Named::new(schema, name);
        relations.contains_key(&named).then_some(named)
    }
}

fn argument(text: &str, type_name: &str, is_variadic: bool, types: &Types) -> Argument {
    let (declared, has_default) = match split_outside_quotes(text, " DEFAULT ") {
        Some((declared, _)) => (declared, true),
        None => (text, false),
    };
    let name = declared
        .strip_suffix(type_name)
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| sql::parts(name).concat());
    Argument {
        name,
        type_name: type_name.to_owned(),
        kind: types.kind(type_name),
        has_default,
        is_variadic,
    }
}

fn relation_of(type_name: &str, relations: &[Named]) -> Option<Named> {
    let parts = sql::parts(type_name);
    let [schema, name] = parts.as_slice() else {
        return None;
    };
    let named = Named::new(schema, name);
    relations.contains(&named).then_some(named)
}

/// The types between the parentheses of a path.
fn input_types(path: &str) -> Vec<&str> {
    let bytes = path.as_bytes();
    let mut in_quotes = false;
    let opening = bytes.iter().position(|byte| {
        in_quotes ^= *byte == b'"';
        *byte == b'(' && !in_quotes
    });
    let inside = opening.and_then(|at| path.get(at + 1..path.len().saturating_sub(1)));
    inside.map(top_level).unwrap_or_default()
}

fn mode(piece: &str) -> (&str, &str) {
    for mode in ["INOUT", "OUT", "VARIADIC"] {
        if let Some(rest) = piece
            .strip_prefix(mode)
            .and_then(|rest| rest.strip_prefix(' '))
        {
            return (mode, rest);
        }
    }
    ("IN", piece)
}

fn first_word(text: &str) -> Option<String> {
    let mut in_quotes = false;
    let end = text.char_indices().find(|(_, c)| {
        in_quotes ^= *c == '"';
        *c == ' ' && !in_quotes
    });
    // A type alone has no name in front of it.
    end.map(|(end, _)| sql::parts(&text[..end]).concat())
}

/// A list's items: split at commas outside of quotes and brackets.
fn top_level(list: &str) -> Vec<&str> {
    let (mut items, mut start, mut depth) = (Vec::new(), 0, 0_u32);
    let mut quote = None;
    for (at, c) in list.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                items.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = list[start..].trim();
    if !last.is_empty() {
        items.push(last);
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split_outside_of_quotes_and_brackets() {
        let list = r#"a text DEFAULT 'x, y'::text, "b, c" numeric DEFAULT (1), d text[]"#;
        assert_eq!(
            top_level(list),
            [
                "a text DEFAULT 'x, y'::text",
                r#""b, c" numeric DEFAULT (1)"#,
                "d text[]"
            ]
        );
        assert!(top_level("").is_empty());
    }

    #[test]
    fn types_stand_between_the_parentheses_of_a_path() {
        assert_eq!(
            input_types(r#"public."f(x"(text, double precision)"#),
            ["text", "double precision"]
        );
        assert!(input_types("public.f()").is_empty());
    }

    #[test]
    fn an_argument_has_the_name_in_front_of_its_type() {
        let types = Types {
            domains: BTreeMap::new(),
            enums: BTreeMap::new(),
        };
        let named = argument(
            r#""when" timestamp with time zone DEFAULT now()"#,
            "timestamp with time zone",
            false,
            &types,
        );
        assert_eq!(
            (named.name.as_deref(), named.has_default),
            (Some("when"), true)
        );
        let bare = argument("double precision", "double precision", false, &types);
        assert_eq!((bare.name, bare.has_default), (None, false));
    }
}
