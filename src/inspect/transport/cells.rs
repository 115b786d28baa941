//! One row of an answer, each value as Postgres prints it, whichever way it came.

use std::borrow::Cow;
use std::str::FromStr;

use sqlx::postgres::PgRow;
use sqlx::{Row as _, ValueRef as _};

use super::Fault;

/// The values of a row.
pub(in crate::inspect) struct Cells(Values);

enum Values {
    /// As they came over a connection: only what is asked for is copied.
    Row(PgRow),
    Texts(Vec<Option<String>>),
}

impl Cells {
    pub(super) fn new(values: Vec<Option<String>>) -> Self {
        Self(Values::Texts(values))
    }

    /// Takes a row of the simple protocol, whose values are text.
    pub(super) fn of(row: PgRow) -> Self {
        Self(Values::Row(row))
    }

    fn shown(&self, at: usize) -> Result<Option<Cow<'_, str>>, Fault> {
        match &self.0 {
            Values::Row(row) if at < row.len() => {
                let raw = row.try_get_raw(at)?;
                match raw.is_null() {
                    true => Ok(None),
                    false => Ok(Some(raw.as_str().map_err(sqlx::Error::Decode)?.into())),
                }
            }
            Values::Row(_) => Ok(None),
            Values::Texts(values) => Ok(values
                .get(at)
                .and_then(|value| value.as_deref().map(Cow::from))),
        }
    }

    /// A text, if there is one.
    pub(in crate::inspect) fn optional(&mut self, at: usize) -> Result<Option<String>, Fault> {
        match &mut self.0 {
            Values::Texts(values) => Ok(values.get_mut(at).and_then(Option::take)),
            Values::Row(_) => Ok(self.shown(at)?.map(Cow::into_owned)),
        }
    }

    /// A text that is there.
    pub(in crate::inspect) fn text(&mut self, at: usize) -> Result<String, Fault> {
        self.optional(at)?.ok_or(Fault::Cell(at))
    }

    /// A number, if there is one.
    pub(in crate::inspect) fn optional_number<T: FromStr>(
        &self,
        at: usize,
    ) -> Result<Option<T>, Fault> {
        let number = |text: Cow<'_, str>| text.parse().map_err(|_| Fault::Cell(at));
        self.shown(at)?.map(number).transpose()
    }

    /// A number that is there.
    pub(in crate::inspect) fn number<T: FromStr>(&self, at: usize) -> Result<T, Fault> {
        self.optional_number(at)?.ok_or(Fault::Cell(at))
    }

    /// Whether it says yes, as a value or as its text.
    pub(in crate::inspect) fn flag(&self, at: usize) -> Result<bool, Fault> {
        match self.shown(at)?.as_deref() {
            Some("t" | "true") => Ok(true),
            Some("f" | "false") => Ok(false),
            _ => Err(Fault::Cell(at)),
        }
    }
}
