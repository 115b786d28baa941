//! Keeps what happened: failures with the line they happened on, statements left out, gaps.

use std::collections::BTreeSet;

use super::{Runner, Statement};
use crate::contract::{Gap, Location};
use crate::error::{Error, ErrorCode, Result};
use crate::findings::FailedStatement;
use crate::scratch::replay::names::names;
use crate::scratch::replay::{Failure, Skipped};

/// Whoever raises an error decides how long its message is.
const MOST_CHARS: usize = 2_000;

impl Runner {
    pub(super) fn fail(
        &mut self,
        statement: &Statement,
        error: &sqlx::Error,
        is_data: bool,
    ) -> Result<()> {
        if ends_connection(error) {
            return Err(Error::new(ErrorCode::ScratchFailed, format!("the scratch's server broke off at {}", self.location()))
                .with_help("See what this statement does to the server; a statement that ends its own connection cannot be replayed."));
        }
        let mut location = self.location();
        location.line += lines_before_error(error, &statement.text);
        let names = names(&statement.text);
        self.record(location, &statement.text, error_text(error), names, is_data)
    }

    pub(super) fn record(
        &mut self,
        location: Location,
        text: &str,
        message: String,
        names: BTreeSet<String>,
        is_data: bool,
    ) -> Result<()> {
        // Only what does not exist can be missing for an earlier failure's sake.
        let missing = message
            .contains(" does not exist")
            .then(|| message.split('"').nth(1))
            .flatten()
            .and_then(|name| name.rsplit('.').next());
        let follows = missing.and_then(|name| {
            let earlier = self
                .outcome
                .failures
                .iter()
                .find(|failure| failure.statement.names.contains(name));
            earlier.map(|failure| failure.statement.location.clone())
        });
        if self.is_strict {
            return Err(Error::new(ErrorCode::MigrationFailed, format!("{location}: {message}"))
                .with_help("Repair the statement, or leave out --strict-replay to compare what the rest builds."));
        }
        let mut text: String = text.chars().take(400).collect();
        text.truncate(text.trim_end().len());
        self.outcome.failures.push(Failure {
            statement: FailedStatement { location, names },
            text,
            message,
            is_data,
            follows,
        });
        Ok(())
    }

    pub(super) fn skip(&mut self, why: &str) {
        let location = self.location();
        self.outcome.skipped.push(Skipped {
            location,
            why: why.to_owned(),
        });
    }

    pub(super) fn gap(&mut self, what: String, why: &str) {
        self.outcome.gaps.insert(Gap {
            what,
            why: why.to_owned(),
        });
    }
}

/// Whether nothing more can be asked after it: the way is gone, or the server ended the session (documentation, appendix
/// "Error Codes": shutdowns and time-outs of sessions).
pub(super) fn ends_connection(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return true;
    };
    matches!(
        error.code().as_deref(),
        Some("25P03" | "25P04" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05")
    )
}

/// Lines between a statement's beginning and the place that an error names.
fn lines_before_error(error: &sqlx::Error, text: &str) -> u32 {
    let position = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>())
        .and_then(sqlx::postgres::PgDatabaseError::position);
    let Some(sqlx::postgres::PgErrorPosition::Original(position)) = position else {
        return 0;
    };
    let newlines = text
        .chars()
        .take(position.saturating_sub(1))
        .filter(|c| *c == '\n')
        .count();
    u32::try_from(newlines).unwrap_or(0)
}

pub(super) fn error_text(error: &sqlx::Error) -> String {
    let Some(error) = error.as_database_error() else {
        return error.to_string();
    };
    let message = error.message();
    match message.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}
