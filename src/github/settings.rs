//! What the workflow asks for: the action's inputs that concern publishing.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::retry::Patience;

/// Whether a check run is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum CheckRunMode {
    /// Where the event has a commit to report on and the token may.
    #[default]
    Auto,
    /// Also for events that are not known.
    Always,
    /// Not at all.
    Never,
}

/// When a pull request gets a comment; one that exists is kept up to date in all but `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum CommentMode {
    /// Always.
    Always,
    /// When there are findings, or no verdict.
    #[default]
    Changes,
    /// When the contract is broken, or there is no verdict.
    Failures,
    /// Never; an existing one is left alone.
    Off,
}

/// How to publish.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether a check run is made.
    pub check_run: CheckRunMode,
    /// The name of the check run, and the heading of every report.
    pub check_name: String,
    /// When a pull request gets a comment.
    pub comment: CommentMode,
    /// Tells apart comments and check runs of several uses in one job, or of the jobs of a matrix.
    pub comment_key: String,
    /// Whether a routine run keeps an issue about what it finds.
    pub issue_on_schedule: bool,
    /// Whether a pull request is kept that brings the database back.
    pub open_pull_request: bool,
    /// The job's token; without one nothing is sent.
    pub token: Option<SecretString>,
    /// The day, in UTC.
    pub today: Date,
    /// How long GitHub is waited for.
    pub patience: Patience,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            check_run: CheckRunMode::default(),
            check_name: "Database contract".to_owned(),
            comment: CommentMode::default(),
            comment_key: String::new(),
            issue_on_schedule: true,
            open_pull_request: false,
            token: None,
            today: jiff::Timestamp::now().to_zoned(TimeZone::UTC).date(),
            patience: Patience::default(),
        }
    }
}
