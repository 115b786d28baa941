//! Texts of values, and places inside of them.

use std::sync::Arc;

use crate::usage::code::{At, Place, Value};

/// A text that code hands over, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) text: Arc<str>,
    place: Place,
    is_verbatim: bool,
}

impl Text {
    /// The place of a byte of it; of a text that stands elsewhere the place where it is used.
    pub(super) fn place(&self, at: usize) -> Place {
        if !self.is_verbatim {
            return self.place;
        }
        let before = self.text.get(..at).unwrap_or(&self.text);
        let breaks = before.matches('\n').count();
        let last = before.rsplit('\n').next().unwrap_or_default();
        let width = u32::try_from(last.chars().count()).unwrap_or(0);
        match u32::try_from(breaks).unwrap_or(0) {
            0 => Place {
                line: self.place.line,
                column: self.place.column + width,
            },
            breaks => Place {
                line: self.place.line + breaks,
                column: width + 1,
            },
        }
    }

    /// A piece of the same text.
    pub(super) fn piece(&self, at: usize, text: &str) -> Self {
        Self {
            place: self.place(at),
            text: text.into(),
            is_verbatim: self.is_verbatim,
        }
    }
}

/// The texts that a value may be, and whether it may be others that nobody knows.
pub(super) fn texts(at: &At) -> (Vec<Text>, bool) {
    match &at.value {
        Value::Text { text, is_verbatim } => {
            let text = Text {
                text: text.clone(),
                place: at.place,
                is_verbatim: *is_verbatim,
            };
            (vec![text], false)
        }
        Value::OneOf(values) => {
            let mut all = (Vec::new(), false);
            for (texts, is_open) in values.iter().map(texts) {
                all.0.extend(texts);
                all.1 |= is_open;
            }
            all
        }
        _ => (Vec::new(), true),
    }
}

/// The same, with texts of which parts are not known.
pub(super) fn molds(at: &At) -> (Vec<Text>, bool) {
    match &at.value {
        Value::Mold(text) => {
            let text = Text {
                text: text.clone(),
                place: at.place,
                is_verbatim: false,
            };
            (vec![text], false)
        }
        Value::OneOf(values) => {
            let mut all = (Vec::new(), false);
            for (texts, is_open) in values.iter().map(molds) {
                all.0.extend(texts);
                all.1 |= is_open;
            }
            all
        }
        _ => texts(at),
    }
}

/// A field of an object, of whichever it may be.
pub(super) fn field<'a>(at: Option<&'a At>, name: &str) -> Option<&'a crate::usage::code::Field> {
    let Value::Fields { fields, .. } = &at?.value else {
        return None;
    };
    fields.iter().find(|field| &*field.name == name)
}

/// The texts that a field may be.
pub(super) fn field_texts(at: Option<&At>, name: &str) -> Vec<Text> {
    let Some(field) = field(at, name) else {
        return Vec::new();
    };
    let value = At {
        value: field.value.clone(),
        place: field.place,
    };
    texts(&value).0
}
