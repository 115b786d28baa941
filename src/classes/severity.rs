//! How bad a difference is, and the codes that name it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a finding is, worst last.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth a look.
    Warning,
    /// The contract is broken.
    Error,
    /// Somebody may reach what they should not.
    Critical,
}

impl Severity {
    /// Worst first, the order of reports.
    pub const WORST_FIRST: [Self; 4] = [Self::Critical, Self::Error, Self::Warning, Self::Note];

    /// The word that is printed and configured.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Default severities of a class by kind of change.
#[derive(Debug, Clone, Copy)]
pub struct Severities {
    /// Expected has it, live has not.
    pub missing: Severity,
    /// Live has it, expected has not.
    pub unexpected: Severity,
    /// A fact differs.
    pub changed: Severity,
}

impl Severities {
    /// Missing and changed are errors, unexpected is a warning.
    pub(super) const USUAL: Self = Self {
        missing: Severity::Error,
        unexpected: Severity::Warning,
        changed: Severity::Error,
    };
}

/// What a class says about a difference beyond the usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The code; `None` keeps the usual one.
    pub code: Option<&'static str>,
    /// How bad it is.
    pub severity: Severity,
    /// What a person reads; `None` keeps the usual sentence.
    pub message: Option<Cow<'static, str>>,
}

impl Judgement {
    /// The usual code and sentence with a severity of its own.
    pub(super) fn severity(severity: Severity) -> Self {
        Self {
            code: None,
            severity,
            message: None,
        }
    }

    /// A code of its own.
    pub(super) fn code(code: &'static str, severity: Severity) -> Self {
        Self {
            code: Some(code),
            severity,
            message: None,
        }
    }

    /// Adds a sentence of its own.
    pub(super) fn saying(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = Some(message.into());
        self
    }
}

/// A finding code with what it means, for `docs/codes.md`.
#[derive(Debug, Clone, Copy)]
pub struct CodeEntry {
    /// The code, e.g. `rls-disabled`.
    pub code: &'static str,
    /// Its default severity; where it depends, the worst.
    pub severity: Severity,
    /// What it means, one sentence.
    pub meaning: &'static str,
    /// What to do, one or two sentences.
    pub help: &'static str,
}
