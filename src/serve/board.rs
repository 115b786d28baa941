//! What is known, and how it is kept from being asked for too often.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Mutex, mpsc};

use super::checks;
use super::health::{Component, Health, Status, of_verification};
use super::metrics::Metrics;
use super::settings::Settings;
use crate::report::{Report, Verdict};

/// What was looked at in one go.
#[derive(Debug)]
pub struct Round {
    /// What comparing said.
    pub report: Report,
    /// What probing the running database said, where that is asked for.
    pub probes: Option<Report>,
}

/// A verification that ended.
#[derive(Debug)]
pub struct Seen {
    /// What it said.
    pub report: Report,
    /// What probes said.
    pub probes: Option<Report>,
    /// When it ended, in whole seconds.
    pub at: Timestamp,
    /// The same for measuring how old it is, whatever somebody does to the clock.
    pub ended: Instant,
}

/// Everything that requests are answered from.
#[derive(Debug)]
pub struct Board {
    settings: RwLock<Arc<Settings>>,
    seen: RwLock<Option<Arc<Seen>>>,
    health: RwLock<Option<(Instant, Arc<Health>)>>,
    /// Held by whoever looks: all others wait for what that finds.
    looking: Mutex<()>,
    orders: mpsc::Sender<()>,
    pub(super) metrics: Metrics,
}

impl Board {
    /// A board on which nothing stands yet. Orders for a verification go where the other end of `orders` is.
    pub fn new(settings: Settings, orders: mpsc::Sender<()>) -> Self {
        Self {
            settings: RwLock::new(Arc::new(settings)),
            seen: RwLock::default(),
            health: RwLock::default(),
            looking: Mutex::default(),
            orders,
            metrics: Metrics::default(),
        }
    }

    /// The settings in force.
    pub fn settings(&self) -> Arc<Settings> {
        read(&self.settings)
    }

    /// Takes other settings; where it listens stays as it is.
    pub fn reload(&self, settings: Settings) {
        write(&self.settings, Arc::new(settings));
        write(&self.health, None);
    }

    /// The last verification.
    pub fn seen(&self) -> Option<Arc<Seen>> {
        read(&self.seen)
    }

    /// Takes what a verification said.
    pub fn tell(&self, round: Round) -> Arc<Seen> {
        self.metrics.verified(&round.report);
        let seen = Arc::new(Seen {
            report: round.report,
            probes: round.probes,
            at: whole_seconds(),
            ended: Instant::now(),
        });
        write(&self.seen, Some(seen.clone()));
        write(&self.health, None);
        seen
    }

    /// Asks for a verification; false when one waits already.
    pub fn order(&self) -> bool {
        self.orders.try_send(()).is_ok()
    }

    /// How things stand: what was found a moment ago, or what looking finds now. However many ask, one looks.
    pub async fn health(&self) -> Arc<Health> {
        let settings = self.settings();
        if let Some(fresh) = self.found(settings.fresh) {
            return fresh;
        }
        let _turn = self.looking.lock().await;
        if let Some(fresh) = self.found(settings.fresh) {
            return fresh;
        }
        let health = Arc::new(self.look(&settings).await);
        write(&self.health, Some((Instant::now(), health.clone())));
        health
    }

    fn found(&self, fresh: Duration) -> Option<Arc<Health>> {
        let (at, health) = read(&self.health)?;
        (at.elapsed() < fresh).then_some(health)
    }

    async fn look(&self, settings: &Settings) -> Health {
        self.metrics.looked();
        let checks = settings.checks.iter().map(super::check::Check::look);
        let (database, others) = tokio::join!(
            checks::database(settings.database.as_ref(), settings.slow),
            futures_util::future::join_all(checks),
        );
        let mut components = vec![database];
        components.extend(of_verification(self.seen().as_deref(), settings.probes));
        components.extend(others);
        Health { components }
    }

    /// Whether somebody may rely on what is said here: the database answers, and the last verdict is young and one.
    pub async fn is_ready(&self) -> Result<(), String> {
        let max_age = self.settings().max_age;
        let seen = self.seen().ok_or("nothing was verified yet")?;
        if seen.report.verdict == Verdict::Unknown {
            return Err("the last verification could not look".to_owned());
        }
        if seen.ended.elapsed() > max_age {
            return Err("the last verdict is too old".to_owned());
        }
        let health = self.health().await;
        let is_down = |component: &Component| component.status == Status::Down;
        match health.components.first().is_some_and(is_down) {
            true => Err("the database does not answer".to_owned()),
            false => Ok(()),
        }
    }
}

fn whole_seconds() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

fn read<T: Clone>(of: &RwLock<T>) -> T {
    of.read().unwrap_or_else(PoisonError::into_inner).clone()
}

fn write<T>(of: &RwLock<T>, value: T) {
    *of.write().unwrap_or_else(PoisonError::into_inner) = value;
}
