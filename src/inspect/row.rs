//! The one row type that all class queries return.

use serde_json::Value;

use super::Address;
use super::redact::redact;
use super::transport::{Cells, Fault};
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
    /// How many columns there are.
    pub(super) const WIDTH: usize = 9;

    pub(super) fn read(mut cells: Cells) -> Result<Self, Fault> {
        let parent = (
            cells.optional_number(3)?,
            cells.optional_number(4)?,
            cells.optional_number(5)?,
        );
        let parent = match parent {
            (Some(class), Some(object), Some(sub)) => Some(Address { class, object, sub }),
            _ => None,
        };
        Ok(Self {
            address: Address::read(&mut cells, 0)?,
            parent,
            schema: cells.optional(6),
            name: cells.optional(7),
            facts: cells.text(8)?,
        })
    }

    /// What could not be read and why: a query says so in a row without a name, and its class counts as not read.
    pub(super) fn gap(&self) -> Option<serde_json::Result<Gap>> {
        self.name
            .is_none()
            .then(|| serde_json::from_str(&redact(&self.facts)))
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

impl Address {
    /// Reads the three columns from the one that is given.
    pub(super) fn read(cells: &mut Cells, at: usize) -> Result<Self, Fault> {
        Ok(Self {
            class: cells.number(at)?,
            object: cells.number(at + 1)?,
            sub: cells.number(at + 2)?,
        })
    }
}
