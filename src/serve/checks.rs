//! Looks at one dependency: what it says on success, or why it is down. Neither repeats an address or a key.

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;

use super::health::{Component, Status};
use super::settings::Database;
use crate::error::{Error, ErrorCode};
use crate::inspect::{Hosted, Session};
use crate::web::Ask;

/// From when on an answer through the API is a slow one; twice as long is none.
const API_SLOW: Duration = Duration::from_secs(5);

type Outcome = Result<String, String>;

/// The database: it takes a connection and answers.
pub(super) async fn database(database: Option<&Database>, slow: Duration) -> Component {
    let Some(database) = database else {
        return Component::skipped("database", "live is no database");
    };
    let begin = Instant::now();
    let (answer, slow) = match database {
        Database::Wire(connection) => (connection.answers(slow * 2).await, slow),
        Database::Hosted(project) => (answers(project).await, slow.max(API_SLOW)),
    };
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

/// The Management API reads from the database, in time.
async fn answers(project: &Hosted) -> Result<(), Error> {
    let asked = tokio::time::timeout(API_SLOW * 2, Session::through_api(project));
    match asked.await {
        Ok(session) => session.map(drop),
        Err(_) => Err(Error::new(
            ErrorCode::LiveUnreachable,
            format!(
                "no answer about {} within {} s",
                project.label(),
                (API_SLOW * 2).as_secs()
            ),
        )),
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
