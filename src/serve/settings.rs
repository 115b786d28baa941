//! How a server listens, how often it looks, and what it checks.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;

use super::alert::Alert;
use super::check::Check;
use crate::inspect::Connection;

/// What flags, configuration and environment come to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// How long after one verification the next one begins.
    pub every: Duration,
    /// Up to how much later it may begin, so that many servers do not all look at once.
    pub jitter: Duration,
    /// How old the last verdict may be for the server to be ready.
    pub max_age: Duration,
    /// How long an answer about health is good for.
    pub fresh: Duration,
    /// How long an answer of the database may take; twice as long is down, longer than this degraded.
    pub slow: Duration,
    /// What `/admin` asks for; without it nobody gets in.
    pub token: Option<SecretString>,
    /// The database, where live is one.
    pub database: Option<Connection>,
    /// What else is checked.
    pub checks: Vec<Check>,
    /// Whether probes are run besides.
    pub probes: bool,
    /// Who is told when the verdict changes.
    pub alerts: Vec<Alert>,
}

impl Settings {
    /// Where a server listens that nobody told otherwise.
    pub const LISTEN: &'static str = "127.0.0.1:8080";
}
