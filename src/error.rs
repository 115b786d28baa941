//! Why there is no verdict: one error type, a stable code each, and what to do about it.

mod meaning;

use std::error::Error as StdError;
use std::fmt;

use serde::Serialize;

/// Why there is no verdict. The names are stable: scripts match on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// A configuration file, flag or input cannot be used.
    ConfigInvalid,
    /// A source names nothing that can be read.
    SourceInvalid,
    /// A saved contract cannot be read.
    SnapshotInvalid,
    /// The event that started the action must not be trusted with what it asks for.
    EventRefused,
    /// No connection to the live database.
    LiveUnreachable,
    /// The live database refused to let us in.
    LiveRefused,
    /// Reading a database's catalogs failed.
    InspectFailed,
    /// No Postgres for the scratch.
    ScratchUnavailable,
    /// A Postgres for the scratch could not be fetched.
    FetchFailed,
    /// What was fetched is not what was asked for.
    FetchRefused,
    /// The scratch did not start or broke.
    ScratchFailed,
    /// A migration failed and the replay is strict.
    MigrationFailed,
    /// A plan did not do in a scratch what it is for.
    ProofFailed,
    /// Probes were made and show nothing.
    NothingProven,
    /// A plan stopped while it was being applied to live.
    ApplyFailed,
    /// Nobody could be found who tries.
    NothingToTry,
    /// There is no verdict on one of several targets.
    TargetUnknown,
    /// The time allowed ran out.
    TimedOut,
    /// A report could not be written where it was asked for.
    ReportFailed,
    /// Somebody ended the run.
    Interrupted,
}

impl ErrorCode {
    /// Every code, for documentation and the test that pins them.
    pub const ALL: [Self; 20] = [
        Self::ConfigInvalid,
        Self::SourceInvalid,
        Self::SnapshotInvalid,
        Self::EventRefused,
        Self::LiveUnreachable,
        Self::LiveRefused,
        Self::InspectFailed,
        Self::ScratchUnavailable,
        Self::FetchFailed,
        Self::FetchRefused,
        Self::ScratchFailed,
        Self::MigrationFailed,
        Self::ProofFailed,
        Self::ApplyFailed,
        Self::NothingProven,
        Self::NothingToTry,
        Self::TargetUnknown,
        Self::TimedOut,
        Self::ReportFailed,
        Self::Interrupted,
    ];

    /// The code of that spelling.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// The code as it is printed, e.g. `live-unreachable`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigInvalid => "config-invalid",
            Self::SourceInvalid => "source-invalid",
            Self::SnapshotInvalid => "snapshot-invalid",
            Self::EventRefused => "event-refused",
            Self::LiveUnreachable => "live-unreachable",
            Self::LiveRefused => "live-refused",
            Self::InspectFailed => "inspect-failed",
            Self::ScratchUnavailable => "scratch-unavailable",
            Self::FetchFailed => "fetch-failed",
            Self::FetchRefused => "fetch-refused",
            Self::ScratchFailed => "scratch-failed",
            Self::MigrationFailed => "migration-failed",
            Self::ProofFailed => "proof-failed",
            Self::ApplyFailed => "apply-failed",
            Self::NothingProven => "nothing-proven",
            Self::NothingToTry => "nothing-to-try",
            Self::TargetUnknown => "target-unknown",
            Self::TimedOut => "timed-out",
            Self::ReportFailed => "report-failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// The exit status that goes with it: 2 wrong usage, 3 no verdict, 130 interrupted.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::ConfigInvalid
            | Self::SourceInvalid
            | Self::SnapshotInvalid
            | Self::EventRefused => 2,
            Self::LiveUnreachable
            | Self::LiveRefused
            | Self::InspectFailed
            | Self::ScratchUnavailable
            | Self::FetchFailed
            | Self::FetchRefused
            | Self::ScratchFailed
            | Self::MigrationFailed
            | Self::ProofFailed
            | Self::ApplyFailed
            | Self::NothingProven
            | Self::NothingToTry
            | Self::TargetUnknown
            | Self::TimedOut
            | Self::ReportFailed => 3,
            Self::Interrupted => 130,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What failed, on what, and what to do. Never holds a secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    code: ErrorCode,
    message: String,
    help: Option<String>,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of anything that can end without a verdict.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A message is lower-case, without a full stop, and names what it is about.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            help: None,
            source: None,
        }
    }

    /// Adds what the reader should do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// What to do about it, when there is something.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The message followed by its causes, `: ` between them.
    pub fn chain(&self) -> String {
        let mut text = self.message.clone();
        let mut source = self.source();
        while let Some(cause) = source {
            // Some causes repeat their own cause in their message.
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text.push_str(": ");
                text.push_str(&cause_text);
            }
            source = cause.source();
        }
        text
    }
}
