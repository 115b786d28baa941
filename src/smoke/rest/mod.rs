//! Probes over REST: the endpoint as a browser uses it, with a visitor's key and the service's.

mod client;
mod marker;

use std::time::Duration;

use hyper::Method;
use serde_json::Value;

use super::probe::{Kind, Probe, Seen, Way};
use super::settings::{Call, Settings};
use super::target::{Served, Targets, Visitors};
use crate::contract::{ClassName, ObjectId};
use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;
use crate::sql::parts;
pub use client::Endpoint;
use client::{Ask, Key, Refusal, Reply, RestClient, encoded};

/// Probes the endpoint.
///
/// What the endpoint answers is the outcome of probes; beside them stands why no verdict is to be had, when there is no
/// way to it. Errors: a client that cannot be made.
pub async fn over_rest(
    endpoint: &Endpoint,
    settings: &Settings,
    targets: &Targets,
    progress: &dyn Progress,
) -> Result<(Vec<Probe>, Option<Error>)> {
    let mut rest = Rest {
        client: RestClient::new(endpoint)?,
        settings,
        lost: None,
        refused: Vec::new(),
        probes: Vec::new(),
    };
    rest.reach();
    for served in &targets.relations {
        progress.phase(&format!("probing {} over REST", served.id.path));
        rest.relation(served).await;
    }
    for call in &settings.calls {
        rest.call(call, targets).await;
    }
    let is_refused = rest.refused.contains(&Key::Service) || rest.lost.is_some();
    for table in settings.tables.iter().filter(|_| !is_refused) {
        progress.phase(&format!(
            "writing to {} over REST and deleting it",
            table.name
        ));
        let more = marker::probe(&rest.client, settings, table, targets).await;
        rest.probes.extend(more);
    }
    let lost = rest.lost.map(|said| {
        let message = format!("no way to {}: {said}", endpoint.label());
        Error::new(ErrorCode::LiveUnreachable, message)
            .with_help("Check SUPABASE_URL, and whether the project is paused.")
    });
    Ok((rest.probes, lost))
}

struct Rest<'a> {
    client: RestClient,
    settings: &'a Settings,
    /// Why there is no way to it, once there is none.
    lost: Option<String>,
    /// Keys that the endpoint did not take: asking on with one shows nothing.
    refused: Vec<Key>,
    probes: Vec<Probe>,
}

impl Rest<'_> {
    fn role(&self, key: Key) -> &str {
        match key {
            Key::Anon => &self.settings.roles.anon,
            Key::Service => &self.settings.roles.service,
        }
    }

    fn say(&mut self, kind: Kind, key: Key, what: &ObjectId, seen: Seen, took: Duration) {
        let role = self.role(key).to_owned();
        self.probes
            .push(seen.probe(kind, Way::Rest, &role, what, took));
    }

    fn reach(&mut self) {
        let what = ObjectId::new(ClassName::new("connection"), self.client.endpoint().label());
        let seen = match self.client.endpoint().is_encrypted() {
            true => Seen::passed("https"),
            false => Seen::unproven("http: whoever is in between sees the keys"),
        };
        self.say(Kind::Tls, Key::Service, &what, seen, Duration::ZERO);
    }

    /// Asks with a key, unless it was refused before; a refusal is told once.
    async fn ask(&mut self, kind: Kind, key: Key, what: &ObjectId, ask: &Ask<'_>) -> Option<Reply> {
        if self.refused.contains(&key) || self.lost.is_some() {
            let seen = Seen::skipped(match self.lost {
                Some(_) => "there is no way to the endpoint",
                None => "the endpoint did not take the key",
            });
            self.say(kind, key, what, seen, Duration::ZERO);
            return None;
        }
        let reply = self.client.ask(key, ask).await;
        if let Err(Refusal::Unreachable(said)) = &reply.outcome {
            self.lost = Some(said.clone());
            let seen = Seen::unproven(format!("no way to the endpoint: {said}"));
            let took = reply.took;
            self.say(kind, key, what, seen, took);
            return None;
        }
        if let Err(Refusal::Key(said)) = &reply.outcome {
            self.refused.push(key);
            let seen = Seen::failed(
                "smoke-key-refused",
                format!("the key of {} is refused: {said}", self.role(key)),
            );
            let took = reply.took;
            self.say(kind, key, what, seen, took);
            return None;
        }
        Some(reply)
    }

    async fn relation(&mut self, served: &Served) {
        let ask = Ask {
            method: Method::GET,
            path: encoded(&served.name),
            query: vec![("select", "*".to_owned()), ("limit", "1".to_owned())],
            schema: &served.schema,
            prefer: None,
            body: None,
        };
        let mut has_rows = false;
        if let Some(reply) = self.ask(Kind::Select, Key::Service, &served.id, &ask).await {
            has_rows = reply.outcome.as_ref().is_ok_and(has_row);
            let seen = match &reply.outcome {
                Ok(value) if has_row(value) => Seen::passed(""),
                Ok(_) => Seen::passed("no row in it"),
                Err(Refusal::NotFound(said)) => {
                    Seen::failed("smoke-table-missing", format!("not served: {said}"))
                }
                Err(Refusal::Denied(said)) => Seen::failed("smoke-table-unreachable", said),
                Err(refusal) => elsewhere(refusal, "smoke-query-failed"),
            };
            self.say(Kind::Select, Key::Service, &served.id, seen, reply.took);
        }
        if !served.is_private && served.visitors.is_none() {
            return;
        }
        let mut ask = ask;
        if let Some(Visitors::Columns(columns)) = &served.visitors {
            ask.query[0].1.clone_from(columns);
        }
        let kind = match served.is_private {
            true => Kind::NoRows,
            false => Kind::Select,
        };
        if let Some(reply) = self.ask(kind, Key::Anon, &served.id, &ask).await {
            if let Some(seen) = opened(served, &reply) {
                self.say(Kind::Select, Key::Anon, &served.id, seen, reply.took);
            }
            if served.is_private {
                let seen = hidden(served, has_rows, &reply);
                self.say(Kind::NoRows, Key::Anon, &served.id, seen, reply.took);
            }
        }
    }

    /// The endpoint commits what a volatile function does, so that it is called only where writes are allowed.
    async fn call(&mut self, call: &Call, targets: &Targets) {
        let name = parts(super::routine::name_of(&call.function));
        let what = ObjectId::new(ClassName::new("function"), call.function.as_str());
        let usual = [self.settings.roles.service.clone()];
        let roles = if call.roles.is_empty() {
            &usual[..]
        } else {
            &call.roles
        };
        for role in roles {
            let key = match () {
                () if *role == self.settings.roles.anon => Key::Anon,
                () if *role == self.settings.roles.service => Key::Service,
                () => {
                    let seen = Seen::skipped(
                        "there is a key for visitors and one for the service, none for it",
                    );
                    self.probes.push(seen.probe(
                        Kind::Call,
                        Way::Rest,
                        role,
                        &what,
                        Duration::ZERO,
                    ));
                    continue;
                }
            };
            if !self.settings.allows_writes && !targets.is_harmless(&name) {
                let seen = Seen::skipped(
                    "it is volatile, or nobody knows, and over REST what it writes would stay: --allow-writes",
                );
                self.say(Kind::Call, key, &what, seen, Duration::ZERO);
                continue;
            }
            let ask = Ask {
                method: Method::POST,
                path: format!("rpc/{}", encoded(name.last().map_or("", String::as_str))),
                query: Vec::new(),
                schema: name.first().map_or("public", String::as_str),
                // Honoured where the endpoint is configured to.
                prefer: Some("tx=rollback"),
                body: Some(Value::Object(call.arguments.clone())),
            };
            if let Some(reply) = self.ask(Kind::Call, key, &what, &ask).await {
                let seen = match &reply.outcome {
                    Ok(_) => Seen::passed(""),
                    Err(Refusal::NotFound(said)) => {
                        Seen::failed("smoke-function-missing", format!("not served: {said}"))
                    }
                    Err(Refusal::Denied(said)) => {
                        Seen::failed("smoke-call-failed", format!("{role} is denied: {said}"))
                    }
                    Err(refusal) => elsewhere(refusal, "smoke-call-failed"),
                };
                self.say(Kind::Call, key, &what, seen, reply.took);
            }
        }
    }
}

/// Whether visitors may select from it as the contract says.
fn opened(served: &Served, reply: &Reply) -> Option<Seen> {
    let seen = match (served.visitors.as_ref()?, &reply.outcome) {
        (Visitors::Columns(_), Ok(_)) => Seen::passed(""),
        (Visitors::Nothing, Ok(_)) => Seen::failed(
            "smoke-table-open",
            "a visitor may select from it, by the contract nobody but others may",
        ),
        (Visitors::Columns(_), Err(Refusal::Denied(said))) if is_denied_itself(served, said) => {
            Seen::failed("smoke-table-closed", said)
        }
        // What a view of the reader's rights or a policy needs besides is not granted: that may be meant.
        (Visitors::Columns(_), Err(Refusal::Denied(said))) => {
            Seen::unproven(format!("denied by something else: {said}"))
        }
        (Visitors::Nothing, Err(Refusal::Denied(said))) => Seen::passed(format!("denied: {said}")),
        // The service's probe says so.
        (_, Err(Refusal::NotFound(_))) => return None,
        (_, Err(refusal)) => elsewhere(refusal, "smoke-query-failed"),
    };
    Some(seen)
}

/// Whether the right that is missing is one on the relation itself (`aclcheck_error` in Postgres' aclchk.c).
fn is_denied_itself(served: &Served, said: &str) -> bool {
    let kinds = ["table", "view", "materialized view", "foreign table"];
    let own = kinds.map(|kind| format!("permission denied for {kind} {}", served.name));
    own.iter().any(|denied| {
        said.split_once(denied.as_str())
            .is_some_and(|(_, rest)| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

/// Whether visitors see no rows of a table of users.
fn hidden(served: &Served, has_rows: bool, reply: &Reply) -> Seen {
    match &reply.outcome {
        Ok(value) if has_row(value) && served.has_meant_rows => Seen::unproven(
            "rows are shown, and a policy shows visitors some by name: which, only SQL tells",
        ),
        Ok(value) if has_row(value) => {
            Seen::failed("smoke-rows-exposed", "a visitor is served rows")
        }
        Ok(_) if has_rows => Seen::passed("filtered: there are rows, and none is served"),
        Ok(_) => Seen::unproven("no row in it: an empty table shows nothing about row security"),
        Err(Refusal::Denied(said)) => Seen::passed(format!("denied: {said}")),
        Err(Refusal::NotFound(said)) => Seen::unproven(format!("not served: {said}")),
        Err(refusal) => elsewhere(refusal, "smoke-query-failed"),
    }
}

fn has_row(value: &Value) -> bool {
    value.as_array().is_some_and(|rows| !rows.is_empty())
}

/// What is not told apart further.
fn elsewhere(refusal: &Refusal, code: &'static str) -> Seen {
    match refusal {
        Refusal::Late(said) => Seen::unproven(format!("not finished: {said}")),
        refusal => Seen::failed(code, refusal.said()),
    }
}
