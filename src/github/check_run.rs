//! The check run: created before the work starts, concluded with the verdict.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::client::Client;
use super::environment::Environment;
use super::page::short_hash;
use super::retry::Trouble;
use super::settings::Settings;
use crate::report::Verdict;
use crate::report::annotations::{Annotation, Level};

/// The most annotations of one request.
const BATCH: usize = 50;
/// The most annotations of one check run: all jobs of a repository share a thousand requests an hour.
const MOST_ANNOTATIONS: usize = 1_000;

/// What identifies our check run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    name: String,
    head_sha: String,
    external_id: String,
    details_url: Option<String>,
}

/// A check run of ours.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CheckRun {
    id: u64,
    /// The page for people.
    #[serde(rename = "html_url")]
    pub(super) url: Option<String>,
    status: String,
    external_id: Option<String>,
    output: OutputState,
    app: Option<App>,
}

#[derive(Debug, Clone, Deserialize)]
struct OutputState {
    annotations_count: usize,
}

#[derive(Debug, Clone, Deserialize)]
struct App {
    slug: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    check_runs: Vec<CheckRun>,
}

/// What the check run's page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) text: String,
}

impl Subject {
    /// The identity of the check run of this step in this try of the run.
    pub(super) fn new(environment: &Environment, settings: &Settings, head_sha: &str) -> Self {
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
        // The runner's name tells jobs of a matrix apart, which have all else in common.
        let key = short_hash(&[
            &settings.check_name,
            &settings.comment_key,
            &part(&environment.action),
            &part(&environment.runner_name),
        ]);
        Self {
            name: settings.check_name.clone(),
            head_sha: head_sha.to_owned(),
            external_id: format!(
                "{}.{}.{}.{key}",
                part(&environment.run_id),
                part(&environment.run_attempt),
                part(&environment.job)
            ),
            details_url: environment.run_url(),
        }
    }

    /// Creates the check run as in progress, or takes over the one that an earlier try left so.
    pub(super) async fn begin(
        &self,
        client: &Client,
        deadline: Instant,
    ) -> Result<CheckRun, Trouble> {
        if let Some(found) = self.find(client, deadline).await? {
            return Ok(found);
        }
        let mut body = json!({
            "name": self.name,
            "head_sha": self.head_sha,
            "external_id": self.external_id,
            "status": "in_progress",
        });
        if let Some(url) = &self.details_url {
            body["details_url"] = json!(url);
        }
        let exists = async || self.find(client, deadline).await;
        client.create("/check-runs", &body, deadline, exists).await
    }

    async fn find(&self, client: &Client, deadline: Instant) -> Result<Option<CheckRun>, Trouble> {
        let path = format!(
            "/commits/{}/check-runs?check_name={}&filter=all&per_page=100",
            self.head_sha,
            utf8_percent_encode(&self.name, NON_ALPHANUMERIC)
        );
        let listed: Listed = client.get(&path, deadline).await?;
        Ok(listed.check_runs.into_iter().find(|run| {
            run.status != "completed" && run.external_id.as_ref() == Some(&self.external_id)
        }))
    }
}

impl CheckRun {
    /// The app that made it: the one the token belongs to.
    pub(super) fn app_slug(&self) -> Option<&str> {
        self.app.as_ref()?.slug.as_deref()
    }

    /// Sends all annotations, then the conclusion; the notices say what was left out.
    ///
    /// A batch that fails ends the annotations, not the check run: one that never concludes would hold up
    /// a merge for ever. `deadline` is for the annotations, `end` for the conclusion.
    pub(super) async fn conclude(
        &self,
        client: &Client,
        verdict: Verdict,
        output: &Output,
        annotations: &[Annotation],
        (deadline, end): (Instant, Instant),
    ) -> Result<Vec<String>, Trouble> {
        let taken = &annotations[..annotations.len().min(MOST_ANNOTATIONS)];
        let last = taken.len().saturating_sub(1) / BATCH * BATCH;
        let mut notices = Vec::new();
        let mut sent = 0;
        while sent < last {
            let batch = &taken[sent..sent + BATCH];
            let body = json!({ "output": page(output, batch, false) });
            if let Err(trouble) = self.add(client, &body, sent + BATCH, false, deadline).await {
                notices.push(format!("not all annotations were written: {trouble}"));
                break;
            }
            sent += BATCH;
        }
        let rest = if sent == last { &taken[last..] } else { &[] };
        if annotations.len() > taken.len() {
            let left = annotations.len() - taken.len();
            notices.push(format!("{left} further annotations were left out"));
        }
        let mut body = conclusion(verdict);
        body.insert("output".to_owned(), page(output, rest, true));
        let body = Value::Object(body);
        match self.add(client, &body, sent + rest.len(), true, end).await {
            Ok(()) => Ok(notices),
            Err(Trouble::Refused { status, message }) => {
                notices.push(format!(
                    "GitHub did not take the check run's page ({status}: {message})"
                ));
                self.conclude_plainly(client, verdict, output, end).await?;
                Ok(notices)
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Concludes it as cancelled.
    pub(super) async fn cancel(&self, client: &Client, deadline: Instant) -> Result<(), Trouble> {
        let body = json!({
            "status": "completed",
            "conclusion": "cancelled",
            "output": {
                "title": "interrupted",
                "summary": "The run was interrupted before there was a verdict.",
            },
        });
        let _: Value = client.change(&self.path(), &body, deadline).await?;
        Ok(())
    }

    /// Without what GitHub may have refused.
    async fn conclude_plainly(
        &self,
        client: &Client,
        verdict: Verdict,
        output: &Output,
        deadline: Instant,
    ) -> Result<(), Trouble> {
        let mut body = conclusion(verdict);
        let output = json!({ "title": output.title, "summary": output.title });
        body.insert("output".to_owned(), output);
        let _: Value = client
            .change(&self.path(), &Value::Object(body), deadline)
            .await?;
        Ok(())
    }

    /// Annotations are added to those before, so a lost answer is no reason to send them again.
    async fn add(
        &self,
        client: &Client,
        body: &Value,
        annotation_count: usize,
        concludes: bool,
        deadline: Instant,
    ) -> Result<(), Trouble> {
        let wanted = self.output.annotations_count + annotation_count;
        let exists = async || {
            let now: Self = client.get(&self.path(), deadline).await?;
            let is_there = now.output.annotations_count >= wanted;
            let is_done = !concludes || now.status == "completed";
            Ok((is_there && is_done).then_some(now))
        };
        let _: Self = client.add(&self.path(), body, deadline, exists).await?;
        Ok(())
    }

    fn path(&self) -> String {
        format!("/check-runs/{}", self.id)
    }
}

/// No verdict is a failure: `neutral` would satisfy a required check.
fn conclusion(verdict: Verdict) -> Map<String, Value> {
    let conclusion = match verdict {
        Verdict::Holds => "success",
        Verdict::Broken | Verdict::Unknown => "failure",
    };
    Map::from_iter([
        ("status".to_owned(), json!("completed")),
        ("conclusion".to_owned(), json!(conclusion)),
    ])
}

fn page(output: &Output, annotations: &[Annotation], with_text: bool) -> Value {
    let annotations: Vec<Value> = annotations.iter().map(annotation).collect();
    let mut page = json!({
        "title": output.title,
        "summary": output.summary,
        "annotations": annotations,
    });
    if with_text {
        page["text"] = json!(output.text);
    }
    page
}

fn annotation(annotation: &Annotation) -> Value {
    let level = match annotation.level {
        Level::Failure => "failure",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    json!({
        "path": annotation.path,
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": level,
        "title": annotation.title,
        "message": annotation.message,
    })
}
