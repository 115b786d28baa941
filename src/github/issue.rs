//! The issue of routine runs: opened when the contract is broken, closed when it holds again.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::author::Author;
use super::client::Client;
use super::page::Page;
use super::retry::Trouble;
use super::since::Since;
use crate::report::{Report, Verdict};

/// Pages of a hundred that are searched, the last changed first.
const MOST_PAGES: u32 = 20;

#[derive(Debug, Clone, Deserialize)]
struct Issue {
    number: u64,
    html_url: String,
    title: String,
    body: Option<String>,
    user: Option<Author>,
    /// Lists of issues hold pull requests too.
    pull_request: Option<Value>,
}

/// The open issues of the repository, and which of them are ours.
pub(super) struct Issues<'a> {
    pub(super) client: &'a Client,
    /// The login the token writes under.
    pub(super) login: &'a str,
    /// What the report is called.
    pub(super) name: &'a str,
    pub(super) today: Date,
    pub(super) deadline: Instant,
}

impl Issues<'_> {
    /// Opens, updates or closes our issue; `None` when there is none and none is needed.
    pub(super) async fn publish(
        &self,
        page: &Page,
        report: &Report,
    ) -> Result<Option<String>, Trouble> {
        let issue = self.own(page).await?;
        let title = self.title(report);
        let before = issue.as_ref().and_then(|issue| issue.body.as_deref());
        let since = Since::read(before.unwrap_or_default()).after(report, self.today);
        let page = &page.with(since.text(report));
        match (issue, report.verdict) {
            (None, Verdict::Holds) => Ok(None),
            (None, Verdict::Broken | Verdict::Unknown) => {
                let body = json!({ "title": title, "body": page.body() });
                let exists = async || self.own(page).await;
                let issue: Issue = self
                    .client
                    .create("/issues", &body, self.deadline, exists)
                    .await?;
                Ok(Some(issue.html_url))
            }
            (Some(issue), Verdict::Holds) => {
                let body = json!({
                    "body": page.body(),
                    "state": "closed",
                    "state_reason": "completed",
                });
                self.change(&issue, &body).await
            }
            (Some(issue), Verdict::Broken | Verdict::Unknown) => {
                let body = issue.body.as_deref().unwrap_or_default();
                if issue.title == title && page.says_the_same(body) {
                    return Ok(Some(issue.html_url));
                }
                let body = json!({ "title": title, "body": page.body() });
                self.change(&issue, &body).await
            }
        }
    }

    async fn change(&self, issue: &Issue, body: &Value) -> Result<Option<String>, Trouble> {
        let path = format!("/issues/{}", issue.number);
        let _: Value = self.client.change(&path, body, self.deadline).await?;
        Ok(Some(issue.html_url.clone()))
    }

    fn title(&self, report: &Report) -> String {
        let state = match report.verdict {
            Verdict::Holds => "holds",
            Verdict::Broken => "is broken",
            Verdict::Unknown => "could not be verified",
        };
        format!("{} {state}", self.name)
    }

    /// Our open issue, the oldest where there are several.
    async fn own(&self, page: &Page) -> Result<Option<Issue>, Trouble> {
        let path = "/issues?state=open&sort=updated&direction=desc";
        let mut own: Option<Issue> = None;
        for number in 1..=MOST_PAGES {
            let (issues, is_last) = self
                .client
                .page::<Issue>(path, number, self.deadline)
                .await?;
            let ours = issues.into_iter().filter(|issue| {
                let body = issue.body.as_deref().unwrap_or_default();
                let by_us = issue.user.as_ref().is_some_and(|user| user.is(self.login));
                issue.pull_request.is_none() && by_us && page.marks(body)
            });
            own = own.into_iter().chain(ours).min_by_key(|issue| issue.number);
            if is_last || own.is_some() {
                return Ok(own);
            }
        }
        Err(Trouble::Nonsense(
            "the repository has too many open issues to find ours".to_owned(),
        ))
    }
}
