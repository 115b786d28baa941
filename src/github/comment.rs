//! The pull-request comment: one, kept up to date.

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::author::Author;
use super::client::Client;
use super::page::Page;
use super::retry::Trouble;
use super::settings::CommentMode;
use crate::findings::Finding;
use crate::report::{Report, Verdict};

/// Pages of a hundred that are searched; a pull request with more comments gets no new one.
const MOST_PAGES: u32 = 50;

/// A comment as GitHub lists it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Comment {
    id: u64,
    html_url: String,
    body: Option<String>,
    user: Option<Author>,
}

/// Where the comment is, and whether the next run will find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commented {
    pub(super) url: String,
    pub(super) found_again: bool,
}

/// The comments of one pull request, and which of them are ours.
pub(super) struct Comments<'a> {
    pub(super) client: &'a Client,
    pub(super) pull_request: u64,
    /// The login the token writes under.
    pub(super) login: &'a str,
    pub(super) deadline: Instant,
}

/// Whether a comment that does not exist yet is written.
pub(super) fn is_wanted(mode: CommentMode, report: &Report) -> bool {
    let holds = report.verdict == Verdict::Holds;
    match mode {
        CommentMode::Always => true,
        CommentMode::Changes => {
            let has_changes = report
                .proposed
                .as_ref()
                .is_some_and(|proposed| !proposed.changes.is_empty());
            !holds || has_changes || report.findings.iter().any(Finding::counts)
        }
        CommentMode::Failures => !holds,
        CommentMode::Off => false,
    }
}

impl Comments<'_> {
    /// Brings our comment up to date, or writes it where that is wanted; `None` when there is none.
    pub(super) async fn publish(
        &self,
        page: &Page,
        may_create: bool,
    ) -> Result<Option<Commented>, Trouble> {
        let own = self.own(page).await?;
        let Some((first, others)) = own.split_first() else {
            return if may_create {
                self.create(page).await.map(Some)
            } else {
                Ok(None)
            };
        };
        let up_to_date = first
            .body
            .as_ref()
            .is_some_and(|body| page.says_the_same(body));
        if !up_to_date {
            let path = format!("/issues/comments/{}", first.id);
            let body = json!({ "body": page.body() });
            let _: Value = self.client.change(&path, &body, self.deadline).await?;
        }
        for other in others {
            let path = format!("/issues/comments/{}", other.id);
            self.client.delete(&path, self.deadline).await?;
        }
        Ok(Some(Commented {
            url: first.html_url.clone(),
            found_again: true,
        }))
    }

    async fn create(&self, page: &Page) -> Result<Commented, Trouble> {
        let path = format!("/issues/{}/comments", self.pull_request);
        let body = json!({ "body": page.body() });
        let exists = async || Ok(self.own(page).await?.into_iter().next());
        let comment: Comment = self
            .client
            .create(&path, &body, self.deadline, exists)
            .await?;
        Ok(Commented {
            found_again: self.is_own(&comment),
            url: comment.html_url,
        })
    }

    /// Our comments, oldest first.
    async fn own(&self, page: &Page) -> Result<Vec<Comment>, Trouble> {
        let path = format!("/issues/{}/comments", self.pull_request);
        let mut own = Vec::new();
        for number in 1..=MOST_PAGES {
            let (comments, is_last) = self
                .client
                .page::<Comment>(&path, number, self.deadline)
                .await?;
            own.extend(comments.into_iter().filter(|comment| {
                let body = comment.body.as_deref().unwrap_or_default();
                self.is_own(comment) && page.marks(body)
            }));
            if is_last {
                own.sort_by_key(|comment| comment.id);
                return Ok(own);
            }
        }
        Err(Trouble::Nonsense(
            "the pull request has too many comments to find ours".to_owned(),
        ))
    }

    fn is_own(&self, comment: &Comment) -> bool {
        comment
            .user
            .as_ref()
            .is_some_and(|author| author.is(self.login))
    }
}
