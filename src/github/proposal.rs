//! The pull request that brings a database back: one branch, one pull request, never a second.
//!
//! The branch gets commits through the contents API and is never overwritten while somebody else's commit is its last
//! (docs.github.com/rest/repos/contents, docs.github.com/rest/git/refs, docs.github.com/rest/pulls).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::client::Client;
use super::retry::Trouble;

/// What is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The folder of the file, as the repository has it.
    pub folder: String,
    /// The name that the file gets where there is none yet.
    pub file_name: String,
    /// The file.
    pub sql: String,
    /// A hash of what the plan does: nothing is written anew for the same plan.
    pub plan: String,
    /// The pull request's title.
    pub title: String,
    /// What it says, below the first line.
    pub body: String,
}

/// What became of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proposed {
    /// It stands there.
    Stands(String),
    /// The one that stood there is closed, for nothing is left to bring back.
    Closed(String),
    /// Nothing is proposed.
    Nothing,
    /// It was left alone, with the reason.
    Left(String),
}

#[derive(Debug, Clone, Deserialize)]
struct Pull {
    number: u64,
    html_url: String,
    body: Option<String>,
    merged_at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Reference {
    object: Target,
}

#[derive(Debug, Deserialize)]
struct Target {
    sha: String,
}

#[derive(Debug, Deserialize)]
struct Written {
    commit: Target,
}

#[derive(Debug, Deserialize)]
struct File {
    sha: String,
}

/// What the pull request's text keeps for the next run.
struct Mark {
    plan: String,
    path: String,
    tip: String,
}

/// Where the pull request of one target is kept.
pub(super) struct Proposals<'a> {
    pub(super) client: &'a Client,
    /// The owner of the repository.
    pub(super) owner: &'a str,
    /// The branch that it is for.
    pub(super) base: &'a str,
    /// The commit that was looked at.
    pub(super) commit: &'a str,
    /// The branch that is ours.
    pub(super) branch: &'a str,
    pub(super) deadline: Instant,
}

impl Proposals<'_> {
    /// Opens, updates or closes it.
    pub(super) async fn keep(&self, proposal: Option<&Proposal>) -> Result<Proposed, Trouble> {
        let open = self.newest("open").await?;
        match (proposal, open) {
            (None, None) => Ok(Proposed::Nothing),
            (None, Some(pull)) => self.close(&pull).await,
            (Some(proposal), Some(pull)) => self.update(proposal, &pull).await,
            (Some(proposal), None) => self.open(proposal).await,
        }
    }

    async fn update(&self, proposal: &Proposal, pull: &Pull) -> Result<Proposed, Trouble> {
        let Some(mark) = pull.mark() else {
            return Ok(Proposed::Left(format!("{} is not ours", pull.html_url)));
        };
        if mark.plan == proposal.plan {
            return Ok(Proposed::Stands(pull.html_url.clone()));
        }
        if self.tip().await?.as_deref() != Some(&*mark.tip) {
            let why = format!(
                "{} has another plan by now, and commits that are not ours: it was left as it is",
                pull.html_url
            );
            return Ok(Proposed::Left(why));
        }
        let tip = self.write(proposal, &mark.path).await?;
        let body = json!({ "title": proposal.title, "body": proposal.text(&mark.path, &tip) });
        self.change(pull, &body).await?;
        Ok(Proposed::Stands(pull.html_url.clone()))
    }

    async fn open(&self, proposal: &Proposal) -> Result<Proposed, Trouble> {
        let closed = self.newest("closed").await?;
        let refused = closed.filter(|pull| {
            let is_same = pull.mark().is_some_and(|mark| mark.plan == proposal.plan);
            is_same && pull.merged_at.is_none() && !pull.says_done()
        });
        if let Some(pull) = refused {
            let why = format!(
                "{} proposed the same and was closed: reopen it if it is wanted after all",
                pull.html_url
            );
            return Ok(Proposed::Left(why));
        }
        let body = json!({ "sha": self.commit, "force": true });
        match self.tip().await? {
            // What is left of an earlier one, merged or closed.
            Some(_) => {
                let path = format!("/git/refs/heads/{}", self.branch);
                let _: Value = self.client.change(&path, &body, self.deadline).await?;
            }
            None => {
                let name = format!("refs/heads/{}", self.branch);
                let body = json!({ "ref": name, "sha": self.commit });
                let exists = async || {
                    let tip = self.tip().await?;
                    Ok(tip.map(|tip| json!({ "object": { "sha": tip } })))
                };
                let _: Value = self
                    .client
                    .create("/git/refs", &body, self.deadline, exists)
                    .await?;
            }
        }
        let path = format!("{}/{}", proposal.folder, proposal.file_name);
        let path = path.trim_start_matches('/').to_owned();
        let tip = self.write(proposal, &path).await?;
        let body = json!({
            "title": proposal.title,
            "head": self.branch,
            "base": self.base,
            "body": proposal.text(&path, &tip),
        });
        let exists = async || self.newest("open").await;
        let pull: Pull = self
            .client
            .create("/pulls", &body, self.deadline, exists)
            .await?;
        Ok(Proposed::Stands(pull.html_url))
    }

    async fn close(&self, pull: &Pull) -> Result<Proposed, Trouble> {
        let Some(mark) = pull.mark() else {
            return Ok(Proposed::Left(format!("{} is not ours", pull.html_url)));
        };
        let was = pull.body.as_deref().unwrap_or_default();
        let body = json!({ "state": "closed", "body": format!("{DONE}\n\n{was}") });
        self.change(pull, &body).await?;
        if self.tip().await?.as_deref() == Some(&*mark.tip) {
            let path = format!("/git/refs/heads/{}", self.branch);
            self.client.delete(&path, self.deadline).await?;
        }
        Ok(Proposed::Closed(pull.html_url.clone()))
    }

    /// Writes the file in a commit of its own; the branch's new last commit.
    async fn write(&self, proposal: &Proposal, path: &str) -> Result<String, Trouble> {
        let address = format!("/contents/{path}");
        let there = format!("{address}?ref={}", self.branch);
        let sha = match self.client.get::<File>(&there, self.deadline).await {
            Ok(file) => Some(file.sha),
            Err(Trouble::Refused { status: 404, .. }) => None,
            Err(trouble) => return Err(trouble),
        };
        let mut body = json!({
            "message": proposal.title,
            "content": STANDARD.encode(&proposal.sql),
            "branch": self.branch,
        });
        if let Some(sha) = sha {
            body["sha"] = json!(sha);
        }
        let written: Written = self.client.put(&address, &body, self.deadline).await?;
        Ok(written.commit.sha)
    }

    async fn change(&self, pull: &Pull, body: &Value) -> Result<(), Trouble> {
        // A pull request is an issue too (docs.github.com/rest/issues/issues#update-an-issue).
        let path = format!("/issues/{}", pull.number);
        let _: Value = self.client.change(&path, body, self.deadline).await?;
        Ok(())
    }

    /// The last commit of our branch.
    async fn tip(&self) -> Result<Option<String>, Trouble> {
        let path = format!("/git/ref/heads/{}", self.branch);
        match self.client.get::<Reference>(&path, self.deadline).await {
            Ok(reference) => Ok(Some(reference.object.sha)),
            Err(Trouble::Refused { status: 404, .. }) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// The pull request of our branch that changed last.
    async fn newest(&self, state: &str) -> Result<Option<Pull>, Trouble> {
        let path = format!(
            "/pulls?state={state}&head={}:{}&base={}&sort=updated&direction=desc",
            self.owner, self.branch, self.base
        );
        let (pulls, _) = self.client.page::<Pull>(&path, 1, self.deadline).await?;
        Ok(pulls.into_iter().next())
    }
}

const DONE: &str = "**Nothing is left to bring back: the database is as the repository declares.**";
const MARK: &str = "<!-- pgpact:reconcile ";

impl Proposal {
    fn text(&self, path: &str, tip: &str) -> String {
        format!("{}\n\n{MARK}{} {tip} {path} -->\n", self.body, self.plan)
    }
}

impl Pull {
    fn mark(&self) -> Option<Mark> {
        let (_, rest) = self.body.as_deref()?.rsplit_once(MARK)?;
        let (words, _) = rest.split_once(" -->")?;
        let mut words = words.splitn(3, ' ').map(str::to_owned);
        Some(Mark {
            plan: words.next()?,
            tip: words.next()?,
            path: words.next()?,
        })
    }

    /// Whether we closed it ourselves.
    fn says_done(&self) -> bool {
        self.body
            .as_deref()
            .is_some_and(|body| body.starts_with(DONE))
    }
}
