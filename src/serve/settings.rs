//! How a server listens, how often it looks, and what it checks.

use std::net::SocketAddr;
use std::time::Duration;

use croner::Cron;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::alert::Alert;
use super::check::Check;
use crate::inspect::{Connection, Hosted};

/// What flags, configuration and environment come to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// When the next verification begins.
    pub schedule: Schedule,
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
    pub database: Option<Database>,
    /// What else is checked.
    pub checks: Vec<Check>,
    /// Whether probes are run besides.
    pub probes: bool,
    /// Who is told when the verdict changes.
    pub alerts: Vec<Alert>,
}

/// The way to the database that is asked whether it answers.
#[derive(Debug, Clone)]
pub enum Database {
    /// A connection.
    Wire(Box<Connection>),
    /// Supabase's Management API, which takes its time: it is asked less often and waited for longer.
    Hosted(Hosted),
}

impl Database {
    /// How long an answer about health is good for, where nobody says: the API counts requests.
    pub fn usual_fresh(&self) -> Duration {
        match self {
            Self::Wire(_) => Settings::FRESH,
            Self::Hosted(_) => Settings::FRESH * 10,
        }
    }
}

/// When is verified.
#[derive(Debug, Clone)]
pub enum Schedule {
    /// So long after the last one ended.
    Every(Duration),
    /// At the times of a pattern, in UTC.
    Cron(Box<Cron>),
}

impl Schedule {
    /// How long from a moment to the next verification; a pattern that never comes again waits a day and looks anew.
    pub fn wait(&self, now: Timestamp) -> Duration {
        match self {
            Self::Every(every) => *every,
            Self::Cron(cron) => {
                let now = now.to_zoned(TimeZone::UTC);
                let next = cron.find_next_occurrence(&now, false).ok();
                let wait = next.and_then(|next| Duration::try_from(now.duration_until(&next)).ok());
                wait.unwrap_or(Duration::from_secs(24 * 60 * 60))
            }
        }
    }
}

impl Settings {
    /// How long an answer about health is good for, unless it is configured.
    pub const FRESH: Duration = Duration::from_secs(3);
    /// Where a server listens that nobody told otherwise.
    pub const LISTEN: &'static str = "127.0.0.1:8080";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_in_utc_and_never_now() {
        let schedule = Schedule::Cron(Box::new("17 2 * * *".parse().unwrap()));
        let wait = |now: &str| schedule.wait(now.parse().unwrap());
        assert_eq!(wait("2026-11-23T02:16:30Z"), Duration::from_secs(30));
        assert_eq!(wait("2026-11-23T02:17:00Z"), Duration::from_secs(86_400));
        assert_eq!(
            wait("2026-11-22T21:17:00-05:00"),
            Duration::from_secs(86_400)
        );
    }
}
