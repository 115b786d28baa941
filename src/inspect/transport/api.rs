//! Through the Management API: `POST /v1/projects/{ref}/database/query/read-only`, which runs one text as
//! `supabase_read_only_user` and answers the last result as JSON.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::refusal::{Refusal, asleep, refusal};
use super::statement::{Cursor, Order, statement};
use super::{Cells, Fault, Hosted};
use crate::error::Error;
use crate::web::{Ask, Lost};

/// How much of rows one answer holds; what it gives out at most is not documented, and less is asked for where it
/// says that this is too much.
const MOST: usize = 2 << 20;
const LEAST: usize = 64 << 10;
/// Quotes and backslashes of a text take more room in JSON, and one row may be larger than all others together.
const MOST_BYTES: usize = 64 << 20;
/// A query of the API is ended by its server before that.
const DEADLINE: Duration = Duration::from_secs(150);
/// How long is waited for all limits of rate together: they are of a minute.
const PATIENCE: Duration = Duration::from_secs(90);
/// Pauses before what the API or the way to it broke off is tried again.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// The API, for one project.
#[derive(Debug)]
pub(in crate::inspect) struct Api {
    project: String,
    query: String,
    token: SecretString,
    label: String,
    most: usize,
    waited: Duration,
    /// What answers said of the transactions that they see.
    moments: BTreeSet<String>,
}

/// The one row of an answer.
#[derive(Deserialize)]
struct Answered {
    moment: String,
    path: String,
    is_pinned: String,
    rows: String,
    is_whole: String,
}

/// Query, place in its order, and the values as JSON text.
type Numbered = (usize, u64, String);

impl Api {
    pub(super) fn new(project: &Hosted) -> Result<Self, Error> {
        let address = format!("{}/v1/projects/{}", project.api()?, project.reference());
        Ok(Self {
            query: format!("{address}/database/query/read-only"),
            project: address,
            token: project.token()?,
            label: project.label(),
            most: MOST,
            waited: Duration::ZERO,
            moments: BTreeSet::new(),
        })
    }

    /// Forgets what was seen.
    pub(super) fn begin(&mut self) {
        self.moments.clear();
    }

    /// Whether all answers since the beginning are of one moment.
    pub(super) fn is_still(&self) -> bool {
        self.moments.len() <= 1
    }

    pub(super) async fn rows(&mut self, query: &str, width: usize) -> Result<Vec<Cells>, Fault> {
        let mut rows = Vec::new();
        let queries = [query.to_owned()];
        let take = |_, cells| {
            rows.push(cells);
            Ok::<_, Fault>(())
        };
        self.read(&queries, width, Order::Own, take).await?;
        Ok(rows)
    }

    pub(super) async fn each<E: From<Fault>>(
        &mut self,
        queries: &[String],
        width: usize,
        take: impl FnMut(usize, Cells) -> Result<(), E>,
    ) -> Result<(), E> {
        self.read(queries, width, Order::Text, take).await
    }

    async fn read<E: From<Fault>>(
        &mut self,
        queries: &[String],
        width: usize,
        order: Order,
        mut take: impl FnMut(usize, Cells) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut cursor = Cursor::default();
        loop {
            let text = statement(queries, width, order, &cursor, self.most);
            let (rows, is_whole) = match self.ask(&text).await {
                Ok(answer) => answer,
                Err(Refusal::TooLarge) if self.most > LEAST => {
                    self.most = (self.most / 4).max(LEAST);
                    continue;
                }
                Err(refusal) => return Err(Fault::Api(refusal.error(&self.label)).into()),
            };
            if let Some((query, place, text)) = rows.last() {
                let after = match order {
                    Order::Own => place.to_string(),
                    Order::Text => text.clone(),
                };
                cursor = Cursor {
                    query: *query,
                    after: Some(after),
                };
            }
            let is_over = is_whole || rows.is_empty();
            for (query, _, text) in rows {
                let values = serde_json::from_str(&text).map_err(|_| Fault::Cell(0))?;
                take(query, Cells::new(values))?;
            }
            if is_over {
                return Ok(());
            }
        }
    }

    /// Asks until there is an answer or a reason not to go on.
    async fn ask(&mut self, text: &str) -> Result<(Vec<Numbered>, bool), Refusal> {
        let mut pauses = PAUSES.iter();
        loop {
            let refusal = match self.ask_once(text).await {
                Ok(answer) => return Ok(answer),
                Err(refusal) => refusal,
            };
            let pause = match &refusal {
                Refusal::TooOften(wait) => {
                    let pause = Duration::from_secs(wait.unwrap_or(15).clamp(1, 61));
                    self.waited += pause;
                    (self.waited <= PATIENCE).then_some(pause)
                }
                Refusal::Down(_) | Refusal::Way(_) => pauses.next().copied(),
                Refusal::Token(_)
                | Refusal::Forbidden(_)
                | Refusal::NoProject(_)
                | Refusal::TooLarge
                | Refusal::Slow(_)
                | Refusal::Query(_)
                | Refusal::Asleep(_)
                | Refusal::Shadowed(_)
                | Refusal::Strange(_) => None,
            };
            let Some(pause) = pause else {
                return Err(refusal);
            };
            tracing::debug!(?refusal, ?pause, "asking the Management API again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn ask_once(&mut self, text: &str) -> Result<(Vec<Numbered>, bool), Refusal> {
        let begin = Instant::now();
        let ask = Ask::post(self.query.clone(), &json!({ "query": text })).bearer(&self.token);
        let answer = self.fetch(ask, DEADLINE).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(refusal @ Refusal::Down(_)) => return Err(self.status().await.unwrap_or(refusal)),
            Err(refusal) => return Err(refusal),
        };
        tracing::debug!(bytes = answer.len(), took = ?begin.elapsed(), "the Management API answered");
        let Answered {
            moment,
            path,
            is_pinned,
            rows,
            is_whole,
        } = first(&answer).ok_or_else(strange)?;
        if path != "pg_catalog" {
            return Err(Refusal::Shadowed(path));
        }
        // Without them nothing was read, which is no answer.
        if is_pinned != "true" {
            return Err(strange());
        }
        let rows: Vec<Numbered> = serde_json::from_str(&rows).map_err(|_| strange())?;
        self.moments.insert(moment);
        Ok((rows, is_whole == "true"))
    }

    /// Why the database does not answer, where the project's status says it.
    async fn status(&self) -> Option<Refusal> {
        let ask = Ask::get(self.project.clone()).bearer(&self.token);
        let answer = self.fetch(ask, Duration::from_secs(20)).await.ok()?;
        let project: Value = serde_json::from_slice(&answer).ok()?;
        let status = project.get("status")?.as_str()?.to_owned();
        asleep(&self.label, &status).map(|_| Refusal::Asleep(status))
    }

    async fn fetch(&self, ask: Ask, deadline: Duration) -> Result<Vec<u8>, Refusal> {
        let answer = tokio::time::timeout(deadline, ask.fetch(MOST_BYTES)).await;
        let late = || Refusal::Slow(format!("nothing within {} s", deadline.as_secs()));
        let answer = match answer.map_err(|_| late())? {
            Ok(answer) => answer,
            Err(Lost::Way(why)) => return Err(Refusal::Way(why)),
            Err(Lost::TooLarge) => return Err(Refusal::TooLarge),
        };
        let header = |name: &str| answer.header(name)?.trim().parse().ok();
        match answer.status {
            200..=299 => Ok(answer.body().to_vec()),
            status => {
                let wait = header("retry-after").or_else(|| header("x-ratelimit-reset"));
                Err(refusal(status, answer.body(), wait))
            }
        }
    }
}

/// The one row, which some put below `result`.
fn first(answer: &[u8]) -> Option<Answered> {
    let value: Value = serde_json::from_slice(answer).ok()?;
    let rows = value.get("result").unwrap_or(&value);
    serde_json::from_value(rows.get(0)?.clone()).ok()
}

fn strange() -> Refusal {
    Refusal::Strange("the answer is not the row that was asked for".to_owned())
}
