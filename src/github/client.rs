//! Requests to GitHub; the only file that knows octocrab.

use std::error::Error as _;
use std::time::Duration;

use octocrab::Octocrab;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use super::retry::{Answer, Patience, Rejection, Trouble, persist};

/// Entries of one page of a list; the most GitHub gives.
const PAGE_SIZE: usize = 100;

/// A connection to one repository.
#[derive(Debug)]
pub(super) struct Client {
    crab: Octocrab,
    /// `/repos/owner/name`
    repository: String,
    patience: Patience,
}

enum Method {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

impl Client {
    /// Prepares requests; nothing is sent yet.
    ///
    /// octocrab is built without its own retries: they send a POST again when a connection is lost, and
    /// what it made would be there twice.
    pub(super) fn new(
        api_url: &str,
        repository: &str,
        token: &SecretString,
        patience: Patience,
    ) -> Result<Self, Trouble> {
        // octocrab panics on a token that cannot stand in a header, such as one with a newline at its end.
        let token = token.expose_secret().trim();
        if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
            return Err(Trouble::Nonsense("the token is not one".to_owned()));
        }
        let header = |name: &str| {
            name.parse()
                .expect("a fixed lower-case header name is valid")
        };
        let crab = Octocrab::builder()
            .base_uri(api_url)
            .map_err(|error| Trouble::Nonsense(describe(&error)))?
            .personal_token(token.to_owned())
            .add_header(header("accept"), "application/vnd.github+json".to_owned())
            .add_header(header("x-github-api-version"), "2022-11-28".to_owned())
            .set_connect_timeout(Some(patience.connect))
            .set_read_timeout(Some(patience.answer))
            .set_write_timeout(Some(patience.answer))
            .build()
            .map_err(|error| Trouble::Nonsense(describe(&error)))?;
        Ok(Self {
            crab,
            repository: format!("/repos/{repository}"),
            patience,
        })
    }

    /// Reads something of the repository.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        deadline: Instant,
    ) -> Result<T, Trouble> {
        let path = format!("{}{path}", self.repository);
        self.persist(Method::Get, &path, None, deadline).await
    }

    /// Reads something outside of the repository.
    pub(super) async fn get_global<T: DeserializeOwned>(
        &self,
        path: &str,
        deadline: Instant,
    ) -> Result<T, Trouble> {
        self.persist(Method::Get, path, None, deadline).await
    }

    /// Reads a page of a list; the second value says whether it may be the last.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        number: u32,
        deadline: Instant,
    ) -> Result<(Vec<T>, bool), Trouble> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{separator}per_page={PAGE_SIZE}&page={number}");
        let entries: Vec<T> = self.get(&path, deadline).await?;
        let is_last = entries.len() < PAGE_SIZE;
        Ok((entries, is_last))
    }

    /// Makes something; `exists` finds what a try made whose answer was lost.
    pub(super) async fn create<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        deadline: Instant,
        exists: impl AsyncFnMut() -> Result<Option<T>, Trouble>,
    ) -> Result<T, Trouble> {
        let path = format!("{}{path}", self.repository);
        let attempt = async || self.attempt(&Method::Post, &path, Some(body)).await;
        persist(&self.patience, deadline, attempt, exists).await
    }

    /// Changes something that may be changed the same way twice.
    pub(super) async fn change<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        deadline: Instant,
    ) -> Result<T, Trouble> {
        let path = format!("{}{path}", self.repository);
        self.persist(Method::Patch, &path, Some(body), deadline)
            .await
    }

    /// Sets something that may be set the same way twice.
    pub(super) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        deadline: Instant,
    ) -> Result<T, Trouble> {
        let path = format!("{}{path}", self.repository);
        self.persist(Method::Put, &path, Some(body), deadline).await
    }

    /// Adds to something; `exists` finds out whether a try whose answer was lost did so.
    pub(super) async fn add<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        deadline: Instant,
        exists: impl AsyncFnMut() -> Result<Option<T>, Trouble>,
    ) -> Result<T, Trouble> {
        let path = format!("{}{path}", self.repository);
        let attempt = async || self.attempt(&Method::Patch, &path, Some(body)).await;
        persist(&self.patience, deadline, attempt, exists).await
    }

    /// Deletes something; that it is gone already is as good.
    pub(super) async fn delete(&self, path: &str, deadline: Instant) -> Result<(), Trouble> {
        let path = format!("{}{path}", self.repository);
        let gone: Result<Value, Trouble> =
            self.persist(Method::Delete, &path, None, deadline).await;
        match gone {
            Ok(_) | Err(Trouble::Refused { status: 404, .. }) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    async fn persist<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        deadline: Instant,
    ) -> Result<T, Trouble> {
        let attempt = async || self.attempt(&method, path, body).await;
        let look = async || Ok(None);
        persist(&self.patience, deadline, attempt, look).await
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, Rejection> {
        let response = match method {
            Method::Get => self.crab._get(path).await,
            Method::Post => self.crab._post(path, body).await,
            Method::Patch => self.crab._patch(path, body).await,
            Method::Put => self.crab._put(path, body).await,
            Method::Delete => self.crab._delete(path, body).await,
        };
        let response = octocrab::map_github_error(response.map_err(|error| rejection(&error))?)
            .await
            .map_err(|error| rejection(&error))?;
        let text = self
            .crab
            .body_to_string(response)
            .await
            .map_err(|error| rejection(&error))?;
        let text = if text.is_empty() { "null" } else { &text };
        serde_json::from_str(text).map_err(|error| {
            Rejection::Nonsense(format!("GitHub's answer is not as expected: {error}"))
        })
    }
}

fn rejection(error: &octocrab::Error) -> Rejection {
    let octocrab::Error::GitHub { source, .. } = error else {
        return match error {
            octocrab::Error::Service { .. } | octocrab::Error::Hyper { .. } => {
                Rejection::NoAnswer(describe(error))
            }
            _ => Rejection::Nonsense(describe(error)),
        };
    };
    let header = |name: &str| {
        let headers = source.headers.as_ref()?;
        headers.get(name)?.to_str().ok().map(str::trim)
    };
    let retry_after = header("retry-after").and_then(|seconds| seconds.parse().ok());
    let used_up = header("x-ratelimit-remaining") == Some("0");
    let reset = header("x-ratelimit-reset").and_then(|epoch| epoch.parse().ok());
    let details = source.errors.as_ref().map(|errors| {
        let errors: Vec<String> = errors.iter().map(Value::to_string).collect();
        format!(" {}", errors.join(", "))
    });
    Rejection::Answer(Answer {
        status: source.status_code.as_u16(),
        message: format!("{}{}", source.message, details.unwrap_or_default()),
        retry_after: retry_after.map(Duration::from_secs),
        limit_reset: reset
            .filter(|_| used_up)
            .map(|epoch| until(epoch, header("date"))),
    })
}

/// How long until then by GitHub's own clock, which it sends along; ours may be wrong.
fn until(epoch: i64, date: Option<&str>) -> Duration {
    let now = date
        .and_then(|date| jiff::fmt::rfc2822::parse(date).ok())
        .map_or_else(jiff::Timestamp::now, |date| date.timestamp());
    let seconds = epoch.saturating_sub(now.as_second()).max(0);
    // A second more, as both are cut to whole ones.
    Duration::from_secs(seconds.unsigned_abs() + 1)
}

/// The message and its causes; octocrab's own is often only `GitHub`.
fn describe(error: &octocrab::Error) -> String {
    let mut text = match error {
        octocrab::Error::Service { .. } | octocrab::Error::Hyper { .. } => {
            "no answer from GitHub".to_owned()
        }
        error => error.to_string(),
    };
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
