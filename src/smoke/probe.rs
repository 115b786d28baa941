//! What one probe is, and what came of it.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::contract::{Location, ObjectId};

/// What was tried. The names are stable: scripts match on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// How long connecting takes.
    Connect,
    /// How long a query that does nothing takes.
    Query,
    /// Whether the connection is encrypted.
    Tls,
    /// What stands between us and the server.
    Route,
    /// Which server answers.
    Server,
    /// The service role selects from a table or view.
    Select,
    /// Somebody who must not sees no rows.
    NoRows,
    /// A function exists as the contract says.
    Signature,
    /// A role may, or may not, execute a function.
    Execute,
    /// A function that is safe to call is called.
    Call,
    /// A row is inserted.
    Insert,
    /// It is selected again.
    SelectRow,
    /// It is updated.
    Update,
    /// It is deleted.
    Delete,
    /// It is gone.
    Gone,
}

impl Kind {
    /// The word as it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Query => "query",
            Self::Tls => "tls",
            Self::Route => "route",
            Self::Server => "server",
            Self::Select => "select",
            Self::NoRows => "no-rows",
            Self::Signature => "signature",
            Self::Execute => "execute",
            Self::Call => "call",
            Self::Insert => "insert",
            Self::SelectRow => "select-row",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Gone => "gone",
        }
    }

    /// Whether it is a step of writing a row and taking it back.
    pub fn is_of_row(self) -> bool {
        matches!(
            self,
            Self::Insert | Self::SelectRow | Self::Update | Self::Delete | Self::Gone
        )
    }

    /// Whether it is about the way to the database: it proves nothing about what is in there.
    pub fn is_of_connection(self) -> bool {
        matches!(
            self,
            Self::Connect | Self::Query | Self::Tls | Self::Route | Self::Server
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The way a probe went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// A connection to the database.
    Sql,
    /// The REST endpoint, as a browser uses it.
    Rest,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is as it should be.
    Passed,
    /// It is not.
    Failed,
    /// It was tried and shows nothing, as an empty table shows nothing about row security.
    Unproven,
    /// It was not tried.
    Skipped,
}

impl Outcome {
    /// The word as it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unproven => "unproven",
            Self::Skipped => "skipped",
        }
    }
}

/// One probe.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// What was tried.
    pub kind: Kind,
    /// The way it went.
    pub way: Way,
    /// As whom: a role.
    pub who: String,
    /// On what: a table, a function, or the server.
    pub what: ObjectId,
    /// What came of it.
    pub outcome: Outcome,
    /// How long the statement or request took, the way there and back included.
    pub took: Duration,
    /// What was seen, in words; empty where there is nothing to say.
    pub why: String,
    /// The code of the finding that it makes when it failed.
    pub code: Option<&'static str>,
    /// The migration line that it is about.
    pub location: Option<Location>,
}

/// What was seen, before it is said of whom and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) outcome: Outcome,
    pub(super) why: String,
    pub(super) code: Option<&'static str>,
}

impl Seen {
    pub(super) fn passed(why: impl Into<String>) -> Self {
        Self::of(Outcome::Passed, why)
    }

    pub(super) fn unproven(why: impl Into<String>) -> Self {
        Self::of(Outcome::Unproven, why)
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self::of(Outcome::Skipped, why)
    }

    pub(super) fn failed(code: &'static str, why: impl Into<String>) -> Self {
        Self {
            code: Some(code),
            ..Self::of(Outcome::Failed, why)
        }
    }

    fn of(outcome: Outcome, why: impl Into<String>) -> Self {
        Self {
            outcome,
            why: why.into(),
            code: None,
        }
    }

    /// The probe that it is the outcome of.
    pub(super) fn probe(
        self,
        kind: Kind,
        way: Way,
        who: &str,
        what: &ObjectId,
        took: Duration,
    ) -> Probe {
        Probe {
            kind,
            way,
            who: who.to_owned(),
            what: what.clone(),
            outcome: self.outcome,
            took,
            why: self.why,
            code: self.code,
            location: None,
        }
    }
}
