//! Looks at one dependency: what it says on success, or why it is down. Neither repeats an address or a key.

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;

use super::health::{Component, Status};
use crate::inspect::Connection;
use crate::web::Ask;

type Outcome = Result<String, String>;

/// The database: it takes a connection and answers.
pub(super) async fn database(connection: Option<&Connection>, slow: Duration) -> Component {
    let Some(connection) = connection else {
        return Component::skipped("database", "live is no database");
    };
    let begin = Instant::now();
    let answer = connection.answers(slow * 2).await;
    let took = begin.elapsed();
    let (status, message) = match answer {
        Ok(()) if took > slow => (Status::Degraded, "answers slowly".to_owned()),
        Ok(()) => (Status::Ok, "answers".to_owned()),
        Err(error) => (Status::Down, error.to_string()),
    };
    Component {
        name: "database".to_owned(),
        status,
        message,
        duration: Some(took),
        detail: None,
    }
}

/// Redis answers PING.
pub(super) async fn redis(address: &SecretString) -> Outcome {
    // What the crate says of an address may repeat it.
    let client = redis::Client::open(address.expose_secret())
        .map_err(|_| "the address is none of a Redis server".to_owned())?;
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .map_err(|error| format!("no connection: {}", error.category()))?;
    let answer: Result<String, redis::RedisError> =
        redis::cmd("PING").query_async(&mut connection).await;
    match answer {
        Ok(answer) if answer == "PONG" => Ok("answers PING".to_owned()),
        Ok(_) => Err("answers PING with something else".to_owned()),
        Err(error) => Err(format!("PING failed: {}", error.category())),
    }
}

/// Stripe takes the key: the balance is the cheapest thing that one may read.
pub(super) async fn stripe(base: &str, key: &SecretString) -> Outcome {
    let ask = Ask::get(format!("{base}/v1/balance")).bearer(key);
    match ask.send().await?.status {
        200 => Ok("takes the key".to_owned()),
        // A restricted key that may not read the balance is a good one all the same.
        403 => Ok("takes the key, which is restricted".to_owned()),
        401 => Err("refuses the key".to_owned()),
        status => Err(format!("answers with status {status}")),
    }
}

/// An address answers with success.
pub(super) async fn http(address: &SecretString) -> Outcome {
    let ask = Ask::get(address.expose_secret().to_owned());
    match ask.send().await?.status {
        status @ 200..=299 => Ok(format!("answers with status {status}")),
        status => Err(format!("answers with status {status}")),
    }
}

/// A host takes connections.
pub(super) async fn tcp(address: &str) -> Outcome {
    match TcpStream::connect(address).await {
        Ok(_) => Ok("takes connections".to_owned()),
        Err(error) => Err(format!("no connection: {}", error.kind())),
    }
}
