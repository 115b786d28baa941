//! One row of an answer, each value as Postgres prints it, whichever way it came.

use std::str::FromStr;

use sqlx::postgres::PgRow;
use sqlx::{Row as _, ValueRef as _};

use super::Fault;

/// The values of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::inspect) struct Cells(Vec<Option<String>>);

impl Cells {
    pub(super) fn new(values: Vec<Option<String>>) -> Self {
        Self(values)
    }

    /// Takes a row of the simple protocol, whose values are text.
    pub(super) fn of(row: &PgRow) -> Result<Self, Fault> {
        let value = |at: usize| {
            let raw = row.try_get_raw(at)?;
            if raw.is_null() {
                return Ok(None);
            }
            let text = raw.as_str().map_err(sqlx::Error::Decode)?;
            Ok(Some(text.to_owned()))
        };
        (0..row.len())
            .map(value)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// A text, if there is one.
    pub(in crate::inspect) fn optional(&mut self, at: usize) -> Option<String> {
        self.0.get_mut(at).and_then(Option::take)
    }

    /// A text that is there.
    pub(in crate::inspect) fn text(&mut self, at: usize) -> Result<String, Fault> {
        self.optional(at).ok_or(Fault::Cell(at))
    }

    /// A number, if there is one.
    pub(in crate::inspect) fn optional_number<T: FromStr>(
        &mut self,
        at: usize,
    ) -> Result<Option<T>, Fault> {
        let text = self.optional(at);
        let number = |text: String| text.parse().map_err(|_| Fault::Cell(at));
        text.map(number).transpose()
    }

    /// A number that is there.
    pub(in crate::inspect) fn number<T: FromStr>(&mut self, at: usize) -> Result<T, Fault> {
        self.optional_number(at)?.ok_or(Fault::Cell(at))
    }

    /// Whether it says yes, as a value or as its text.
    pub(in crate::inspect) fn flag(&mut self, at: usize) -> Result<bool, Fault> {
        match self.text(at)?.as_str() {
            "t" | "true" => Ok(true),
            "f" | "false" => Ok(false),
            _ => Err(Fault::Cell(at)),
        }
    }
}
