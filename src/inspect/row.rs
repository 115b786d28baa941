//! The one row type that all class queries return.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

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
            address: Address::read(&cells, 0)?,
            parent,
            schema: cells.optional(6)?,
            name: cells.optional(7)?,
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
        let mut segments = self.segments()?.into_iter().rev();
        segments.find_map(|segment| match segment {
            Segment::Name(mut parts) => parts.pop().map(Cow::into_owned),
            Segment::Plain(_) => None,
        })
    }

    /// The name as it is spelled; none where it is no list of segments.
    pub(super) fn path(&self) -> Option<String> {
        let mut path = String::new();
        for segment in self.segments()? {
            match segment {
                Segment::Plain(text) => path.push_str(&text),
                Segment::Name(parts) => path.push_str(&sql::qualified(&parts)),
            }
        }
        Some(path)
    }

    fn segments(&self) -> Option<Vec<Segment<'_>>> {
        serde_json::from_str(self.name.as_deref()?).ok()
    }
}

/// A part of a name: an array is a qualified name to be quoted, a string stands as it is.
enum Segment<'a> {
    Plain(Cow<'a, str>),
    Name(Vec<Cow<'a, str>>),
}

/// There are as many names as objects, so nothing is copied that needs no change.
impl<'de> Deserialize<'de> for Segment<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfSegment;

        impl<'de> Visitor<'de> for OfSegment {
            type Value = Segment<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a list of texts")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Segment::Plain(text.into()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Segment::Plain(text.to_owned().into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
                let mut name = Vec::with_capacity(3);
                while let Some(Part(part)) = parts.next_element()? {
                    name.push(part);
                }
                Ok(Segment::Name(name))
            }
        }

        deserializer.deserialize_any(OfSegment)
    }
}

#[derive(Deserialize)]
struct Part<'a>(#[serde(borrow)] Cow<'a, str>);

impl Address {
    /// Reads the three columns from the one that is given.
    pub(super) fn read(cells: &Cells, at: usize) -> Result<Self, Fault> {
        Ok(Self {
            class: cells.number(at)?,
            object: cells.number(at + 1)?,
            sub: cells.number(at + 2)?,
        })
    }
}
