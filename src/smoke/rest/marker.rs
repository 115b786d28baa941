//! A row with a mark, written over REST, deleted, and looked for again: also when something goes wrong in between.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hyper::Method;
use serde_json::{Map, Value, json};

use super::client::{Ask, Endpoint, Key, Refusal, Reply, RestClient, encoded};
use super::elsewhere;
use crate::contract::{ClassName, ObjectId};
use crate::smoke::crud::STEPS;
use crate::smoke::probe::{Kind, Probe, Seen, Way};
use crate::smoke::settings::{Settings, Table};
use crate::smoke::target::Targets;
use crate::sql::{identifier, literal, parts, qualified};

const PREFIX: &str = "pgpact-smoke-";
/// How old a mark is when whoever wrote it cannot be at work any more.
const STALE: u64 = 900;
/// How long somebody who interrupted may be kept waiting for one request.
const CLEANING: Duration = Duration::from_secs(6);
const REPRESENTATION: Option<&str> = Some("return=representation");

/// Tries a row in one table.
pub(super) async fn probe(
    client: &RestClient,
    settings: &Settings,
    table: &Table,
    targets: &Targets,
) -> Vec<Probe> {
    let name = parts(&table.name);
    let id = ObjectId::new(ClassName::new("table"), qualified(&name));
    let role = &settings.roles.service;
    let all = |seen: Seen| -> Vec<Probe> {
        let steps = STEPS.iter();
        steps
            .map(|kind| {
                seen.clone()
                    .probe(*kind, Way::Rest, role, &id, Duration::ZERO)
            })
            .collect()
    };
    let ([schema, name], Some(column)) = (name.as_slice(), &table.marker) else {
        return all(Seen::skipped(
            "no column is named that can hold a mark: marker under [[smoke.table]]",
        ));
    };
    if !settings.allows_writes {
        return all(Seen::skipped("writes are not allowed: --allow-writes"));
    }
    if let Some(Some(why)) = targets.hazards.get(&id) {
        let why =
            format!("{why}; what that leaves behind cannot be deleted, so nothing was written");
        return all(Seen::unproven(why));
    }
    let mut marked = Marked {
        client,
        schema: schema.clone(),
        name: name.clone(),
        column: column.clone(),
        mark: new_mark(),
        is_written: false,
    };
    let row: Map<String, Value> = table.row.clone().into_iter().collect();
    let steps = marked.steps(row, &id).await;
    steps
        .into_iter()
        .map(|(kind, seen, took)| seen.probe(kind, Way::Rest, role, &id, took))
        .collect()
}

/// A row that may be there. Dropped before it is known to be gone, as by an interruption, it deletes what it can.
struct Marked<'a> {
    client: &'a RestClient,
    schema: String,
    name: String,
    column: String,
    mark: String,
    is_written: bool,
}

impl Marked<'_> {
    /// Whatever the answer to the insert was, a row may be there: it is deleted in any case.
    async fn steps(
        &mut self,
        row: Map<String, Value>,
        id: &ObjectId,
    ) -> Vec<(Kind, Seen, Duration)> {
        let swept = self.sweep().await;
        let insert = self.insert(row).await;
        let is_inserted = insert.outcome.is_ok();
        let is_certain = !matches!(
            insert.outcome,
            Err(Refusal::Late(_) | Refusal::Unreachable(_) | Refusal::Other(_))
        );
        let mut steps = vec![(Kind::Insert, rows(&insert, 1, &swept), insert.took)];
        if is_inserted {
            let found = self.find().await;
            steps.push((Kind::SelectRow, rows(&found, 1, ""), found.took));
            let updated = self.update().await;
            steps.push((Kind::Update, rows(&updated, 1, ""), updated.took));
        } else {
            let skipped = || Seen::skipped("no row was inserted");
            steps.push((Kind::SelectRow, skipped(), Duration::ZERO));
            steps.push((Kind::Update, skipped(), Duration::ZERO));
        }
        let delete = self.delete().await;
        let seen = match &delete.outcome {
            Ok(_) if !is_inserted => Seen::passed("in case the row arrived all the same"),
            Ok(_) | Err(_) => rows(&delete, 1, ""),
        };
        steps.push((Kind::Delete, seen, delete.took));
        let (gone, took) = self.is_gone(id, is_certain).await;
        steps.push((Kind::Gone, gone, took));
        steps
    }

    async fn insert(&mut self, mut row: Map<String, Value>) -> Reply {
        row.insert(self.column.clone(), json!(self.mark));
        self.is_written = true;
        self.ask(Method::POST, Vec::new(), Some(Value::Object(row)))
            .await
    }

    async fn find(&self) -> Reply {
        let mut query = self.filter();
        query.push(("select", encoded_column(&self.column)));
        self.ask(Method::GET, query, None).await
    }

    async fn update(&self) -> Reply {
        let same = json!({ self.column.as_str(): self.mark });
        self.ask(Method::PATCH, self.filter(), Some(same)).await
    }

    async fn delete(&self) -> Reply {
        self.ask(Method::DELETE, self.filter(), None).await
    }

    /// Looks until it is gone; deletes again while it is not. Where nobody knows what became of the insert, it may
    /// still arrive: then the last look counts.
    async fn is_gone(&mut self, id: &ObjectId, is_certain: bool) -> (Seen, Duration) {
        let mut said = String::new();
        let mut took = Duration::ZERO;
        for pause in [0, 500, 2_000] {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let found = self.find().await;
            took = found.took;
            said = match found.outcome {
                Ok(Value::Array(rows)) if rows.is_empty() => String::new(),
                Ok(_) => "it is still there".to_owned(),
                Err(refusal) => refusal.said().to_owned(),
            };
            if said.is_empty() && is_certain {
                break;
            }
            self.delete().await;
        }
        if said.is_empty() {
            self.is_written = false;
            return (Seen::passed(""), took);
        }
        let by_hand = format!(
            "delete from {} where {} = {};",
            id.path,
            identifier(&self.column),
            literal(&self.mark).trim()
        );
        let why = format!("the row with the mark may be left, {said}: {by_hand}");
        (Seen::failed("smoke-marker-left", why), took)
    }

    /// Deletes what runs left that were killed; says so.
    async fn sweep(&self) -> String {
        let query = vec![
            ("select", encoded_column(&self.column)),
            (self.column.as_str(), format!("like.{PREFIX}*")),
        ];
        let found = self.ask(Method::GET, query, None).await;
        let rows = found.outcome.unwrap_or_default();
        let marks = rows.as_array().into_iter().flatten();
        let marks = marks.filter_map(|row| row.get(&self.column)?.as_str());
        let stale: Vec<String> = marks
            .filter(|mark| is_stale(mark))
            .map(str::to_owned)
            .collect();
        for mark in &stale {
            let query = vec![(self.column.as_str(), format!("eq.{mark}"))];
            self.ask(Method::DELETE, query, None).await;
        }
        match stale.len() {
            0 => String::new(),
            count => format!("rows left by a run that was killed were deleted: {count}"),
        }
    }

    fn filter(&self) -> Vec<(&str, String)> {
        vec![(self.column.as_str(), format!("eq.{}", self.mark))]
    }

    async fn ask(&self, method: Method, query: Vec<(&str, String)>, body: Option<Value>) -> Reply {
        let is_read = method == Method::GET;
        let ask = Ask {
            method,
            path: encoded(&self.name),
            query,
            schema: &self.schema,
            prefer: REPRESENTATION.filter(|_| !is_read),
            body,
        };
        self.client.ask(Key::Service, &ask).await
    }
}

impl Drop for Marked<'_> {
    fn drop(&mut self) {
        if !self.is_written {
            return;
        }
        // The runtime may be on its way out, so that this takes one of its own.
        let endpoint = self.client.endpoint().clone();
        let place = (
            self.schema.clone(),
            self.name.clone(),
            self.column.clone(),
            self.mark.clone(),
        );
        let cleaning = std::thread::spawn(move || clean(&endpoint, place));
        cleaning.join().ok();
    }
}

fn clean(endpoint: &Endpoint, (schema, name, column, mark): (String, String, String, String)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let (Ok(runtime), Ok(client)) = (runtime, RestClient::new(endpoint)) else {
        return;
    };
    let mut marked = Marked {
        client: &client,
        schema,
        name,
        column,
        mark,
        is_written: false,
    };
    // An insert that was on its way may arrive after the first.
    for pause in [0, 1_000] {
        let delete = async {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            marked.delete().await
        };
        let reply = runtime.block_on(async { tokio::time::timeout(CLEANING, delete).await });
        let said = match reply.map(|reply| reply.outcome) {
            Ok(Ok(_)) => continue,
            Ok(Err(refusal)) => refusal.said().to_owned(),
            Err(_) => "no answer".to_owned(),
        };
        let (mark, table) = (&marked.mark, &marked.name);
        tracing::error!("a row with the mark {mark} may be left in {table}: {said}");
    }
    marked.is_written = false;
}

/// Names of columns stand in `select` as they are, in double quotes where they have other letters.
fn encoded_column(name: &str) -> String {
    identifier(name)
}

fn rows(reply: &Reply, wanted: usize, note: &str) -> Seen {
    match &reply.outcome {
        Ok(Value::Array(rows)) if rows.len() == wanted => Seen::passed(note),
        Ok(Value::Array(rows)) => Seen::failed(
            "smoke-write-failed",
            format!("{} rows came back, not {wanted}", rows.len()),
        ),
        Ok(_) => Seen::failed("smoke-write-failed", "the answer holds no rows"),
        Err(refusal) => elsewhere(refusal, "smoke-write-failed"),
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// When it was written, for those who find it, and what no other run has.
fn new_mark() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.map_or(0, |since| since.as_nanos());
    let own = blake3::hash(format!("{nanos} {}", std::process::id()).as_bytes());
    format!("{PREFIX}{}-{}", now(), &own.to_hex()[..8])
}

fn is_stale(mark: &str) -> bool {
    let written = mark
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split('-').next());
    let written: Option<u64> = written.and_then(|written| written.parse().ok());
    written.is_some_and(|written| written + STALE < now())
}
