//! What values a type takes, as far as a literal can be held to it.

use std::collections::BTreeMap;

use super::Named;
use crate::sql;

/// What values a column or argument takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers from the first to the second.
    Integer(i64, i64),
    /// Any number.
    Number,
    /// Texts, with the most characters they may have.
    Text(Option<u32>),
    /// True or false.
    Boolean,
    /// Identifiers of 32 hexadecimal digits.
    Uuid,
    /// A day, a time, or both.
    Moment,
    /// JSON.
    Json,
    /// One of these.
    Enum(Vec<String>),
    /// A list.
    List(Box<Kind>),
    /// Something else.
    Other,
}

/// Domains and enums, to see through names of types.
pub(super) struct Types {
    pub(super) domains: BTreeMap<Named, String>,
    pub(super) enums: BTreeMap<Named, Vec<String>>,
}

impl Types {
    /// The kind of a type by its printed name.
    pub(super) fn kind(&self, type_name: &str) -> Kind {
        self.kind_within(type_name, 8)
    }

    fn kind_within(&self, type_name: &str, depth: u8) -> Kind {
        if let Some(element) = type_name.strip_suffix("[]") {
            return Kind::List(Box::new(self.kind_within(element, depth)));
        }
        let (bare, modifier) = match type_name.split_once('(') {
            Some((bare, rest)) => (bare.trim(), rest.split([',', ')']).next()),
            None => (type_name, None),
        };
        match bare {
            "smallint" => Kind::Integer(i16::MIN.into(), i16::MAX.into()),
            "integer" => Kind::Integer(i32::MIN.into(), i32::MAX.into()),
            "bigint" => Kind::Integer(i64::MIN, i64::MAX),
            "numeric" | "real" | "double precision" => Kind::Number,
            "text" | "name" | "citext" | "extensions.citext" | "public.citext" => Kind::Text(None),
            "character varying" | "character" => {
                Kind::Text(modifier.and_then(|length| length.parse().ok()))
            }
            "boolean" => Kind::Boolean,
            "uuid" => Kind::Uuid,
            "json" | "jsonb" => Kind::Json,
            "date" => Kind::Moment,
            _ if bare.starts_with("timestamp") || bare.starts_with("time ") => Kind::Moment,
            _ => self.made(bare, depth),
        }
    }

    fn made(&self, bare: &str, depth: u8) -> Kind {
        let parts = sql::parts(bare);
        let [schema, name] = parts.as_slice() else {
            return Kind::Other;
        };
        let named = Named::new(schema, name);
        if let Some(values) = self.enums.get(&named) {
            return Kind::Enum(values.clone());
        }
        match self.domains.get(&named) {
            Some(base) if depth > 0 => self.kind_within(base, depth - 1),
            _ => Kind::Other,
        }
    }
}
