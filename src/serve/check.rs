//! What a server depends on besides its database.

use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::checks;
use super::health::{Component, Status};

/// Something that is looked at whenever health is asked for.
#[derive(Debug, Clone)]
pub struct Check {
    /// What it is called in answers.
    pub name: String,
    /// What is looked at; none where a variable that names it is not set.
    pub target: Option<Target>,
    /// How long it may take.
    pub timeout: Duration,
    /// Whether nothing works without it.
    pub is_required: bool,
}

/// What is looked at.
#[derive(Debug, Clone)]
pub enum Target {
    /// A Redis server by its address, which may hold a password: it answers PING.
    Redis(SecretString),
    /// Stripe's API at an address, with a key: it takes the key.
    Stripe(String, SecretString),
    /// An address: it answers with success.
    Http(SecretString),
    /// A host and port: it takes connections.
    Tcp(String),
}

impl Check {
    /// Looks; whatever goes wrong is an answer.
    pub(super) async fn look(&self) -> Component {
        let Some(target) = &self.target else {
            return Component::skipped(&self.name, "not configured");
        };
        let begin = Instant::now();
        let work = async {
            match target {
                Target::Redis(address) => checks::redis(address).await,
                Target::Stripe(base, key) => checks::stripe(base, key).await,
                Target::Http(address) => checks::http(address).await,
                Target::Tcp(address) => checks::tcp(address).await,
            }
        };
        let outcome = tokio::time::timeout(self.timeout, work).await;
        let outcome = outcome
            .unwrap_or_else(|_| Err(format!("no answer within {} ms", self.timeout.as_millis())));
        let (status, message) = match outcome {
            Ok(message) => (Status::Ok, message),
            Err(message) if self.is_required => (Status::Down, message),
            Err(message) => (Status::Degraded, message),
        };
        Component {
            name: self.name.clone(),
            status,
            message,
            duration: Some(begin.elapsed()),
            detail: None,
        }
    }
}
