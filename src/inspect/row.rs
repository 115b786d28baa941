//! The one row type that all class queries return.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::Address;
use super::redact::redact;
use crate::contract::Gap;
use crate::sql;

/// One object as a class query gives it.
pub(super) struct Row {
    pub(super) address: Address,
    pub(super) parent: Option<Address>,
    pub(super) schema: Option<String>,
    /// None in a row that says why nothing could be read, see [`Row::gap`].
    pub(super) name: Option<String>,
    pub(super) facts: String,
}

impl Row {
    pub(super) fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let class: i64 = row.try_get_unchecked(0)?;
        let object: i64 = row.try_get_unchecked(1)?;
        let sub: i32 = row.try_get_unchecked(2)?;
        let parent_class: Option<i64> = row.try_get_unchecked(3)?;
        let parent_object: Option<i64> = row.try_get_unchecked(4)?;
        let parent_sub: Option<i32> = row.try_get_unchecked(5)?;
        let parent = match (parent_class, parent_object, parent_sub) {
            (Some(class), Some(object), Some(sub)) => Some(address(class, object, sub)?),
            _ => None,
        };
        Ok(Self {
            address: address(class, object, sub)?,
            parent,
            schema: row.try_get_unchecked(6)?,
            name: row.try_get_unchecked(7)?,
            facts: redact(row.try_get_unchecked(8)?),
        })
    }

    /// What could not be read and why: a query says so in a row without a name, and its class counts as not read.
    pub(super) fn gap(&self) -> Option<serde_json::Result<Gap>> {
        self.name
            .is_none()
            .then(|| serde_json::from_str(&self.facts))
    }

    /// The object's own name, unquoted: the last part of the last qualified name.
    pub(super) fn last_name(&self) -> Option<String> {
        let segments: Vec<Value> = serde_json::from_str(self.name.as_deref()?).ok()?;
        let parts = segments.iter().rev().find_map(Value::as_array)?;
        parts.last()?.as_str().map(str::to_owned)
    }

    /// The name's segments: an array is a qualified name to be quoted, a string stands as it is.
    pub(super) fn path(&self) -> Option<String> {
        let segments: Vec<Value> = serde_json::from_str(self.name.as_deref()?).ok()?;
        let mut path = String::new();
        for segment in &segments {
            match segment {
                Value::String(text) => path.push_str(text),
                Value::Array(parts) => {
                    let parts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
                    path.push_str(&sql::qualified(&parts?));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
            }
        }
        Some(path)
    }
}

fn address(class: i64, object: i64, sub: i32) -> Result<Address, sqlx::Error> {
    let oid =
        |number: i64| u32::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()));
    Ok(Address {
        class: oid(class)?,
        object: oid(object)?,
        sub,
    })
}
