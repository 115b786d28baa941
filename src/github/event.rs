//! What started the run, and which commit to report on.

use serde::Deserialize;

use super::environment::{Environment, is_sha};
use crate::error::{Error, ErrorCode, Result};

/// A pull request as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// The newest commit of its branch.
    pub head_sha: String,
    /// The commit it is based on.
    pub base_sha: String,
    /// Its branch is in another repository, or in none any more: nothing it brings is trusted.
    pub from_fork: bool,
    /// Dependabot made it, or started the run: secrets are missing and the token only reads.
    pub by_dependabot: bool,
}

/// What started the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// A pull request was opened or changed.
    PullRequest(PullRequest),
    /// Commits were pushed.
    Push,
    /// A merge queue tries a merge.
    MergeGroup,
    /// The clock.
    Schedule,
    /// Somebody, by hand; on the default branch that is like the clock.
    Dispatch {
        /// Whether it runs for the default branch.
        on_default_branch: bool,
    },
    /// Something else, or nothing that says what: the job summary is all that is written.
    Other,
}

/// What started the run, and which commit to report on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What started the run.
    pub trigger: Trigger,
    /// The commit that check runs belong to.
    pub head_sha: Option<String>,
    /// The commit the change starts from.
    pub base_sha: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Payload {
    number: Option<u64>,
    pull_request: Option<PullRequestPayload>,
    merge_group: Option<MergeGroupPayload>,
    repository: Option<RepositoryPayload>,
    sender: Option<UserPayload>,
    before: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PullRequestPayload {
    number: Option<u64>,
    head: BranchPayload,
    base: BranchPayload,
    user: Option<UserPayload>,
}

#[derive(Debug, Deserialize)]
struct BranchPayload {
    sha: String,
    repo: Option<RepositoryPayload>,
}

#[derive(Debug, Deserialize)]
struct MergeGroupPayload {
    head_sha: String,
    base_sha: String,
}

#[derive(Debug, Deserialize)]
struct RepositoryPayload {
    full_name: Option<String>,
    default_branch: Option<String>,
}

#[derive(Debug, Deserialize)]
struct UserPayload {
    login: String,
}

const DEPENDABOT: &str = "dependabot[bot]";

impl Event {
    /// Reads the event's file; see [`Event::parse`].
    pub fn read(environment: &Environment) -> Result<Self> {
        let payload = environment
            .event_path
            .as_ref()
            .and_then(|path| std::fs::read_to_string(path).ok());
        Self::parse(environment, payload.as_deref().unwrap_or_default())
    }

    /// Understands an event by its name and payload.
    ///
    /// The only error is `event-refused`: a `pull_request_target` run holds the repository's secrets and a
    /// token that writes, and must not be used on somebody else's commits.
    pub fn parse(environment: &Environment, payload: &str) -> Result<Self> {
        let name = environment.event_name.as_deref().unwrap_or_default();
        let payload: Option<Payload> = serde_json::from_str(payload).ok();
        let pull_request = payload
            .as_ref()
            .and_then(|payload| pull_request(payload, environment));
        if name == "pull_request_target" && pull_request.as_ref().is_none_or(|pr| pr.from_fork) {
            return Err(refused());
        }
        let payload = payload.unwrap_or_default();
        let (trigger, head_sha, base_sha) = match (name, pull_request) {
            ("pull_request" | "pull_request_target", Some(pr)) => {
                let (head, base) = (pr.head_sha.clone(), pr.base_sha.clone());
                (Trigger::PullRequest(pr), Some(head), Some(base))
            }
            ("push", _) => (Trigger::Push, None, payload.before),
            ("merge_group", _) => {
                let (head, base) = payload
                    .merge_group
                    .map(|group| (group.head_sha, group.base_sha))
                    .unzip();
                (Trigger::MergeGroup, head, base)
            }
            ("schedule", _) => (Trigger::Schedule, None, None),
            ("workflow_dispatch", _) => {
                let on_default_branch = is_default_branch(&payload, environment);
                (Trigger::Dispatch { on_default_branch }, None, None)
            }
            _ => (Trigger::Other, None, None),
        };
        Ok(Self {
            trigger,
            head_sha: head_sha
                .filter(|sha| is_sha(sha))
                .or_else(|| environment.sha.clone()),
            // A first push of a branch has zeros before it.
            base_sha: base_sha.filter(|sha| is_sha(sha) && sha.chars().any(|c| c != '0')),
        })
    }

    /// The pull request that the run is for.
    pub fn pull_request(&self) -> Option<&PullRequest> {
        match &self.trigger {
            Trigger::PullRequest(pull_request) => Some(pull_request),
            Trigger::Push
            | Trigger::MergeGroup
            | Trigger::Schedule
            | Trigger::Dispatch { .. }
            | Trigger::Other => None,
        }
    }

    /// Whether nobody is waiting for the answer, so that an issue has to say it.
    pub fn is_routine(&self) -> bool {
        match self.trigger {
            Trigger::Schedule => true,
            Trigger::Dispatch { on_default_branch } => on_default_branch,
            Trigger::PullRequest(_) | Trigger::Push | Trigger::MergeGroup | Trigger::Other => false,
        }
    }
}

fn pull_request(payload: &Payload, environment: &Environment) -> Option<PullRequest> {
    let pull_request = payload.pull_request.as_ref()?;
    let is_here = |branch: &BranchPayload| {
        let name = branch
            .repo
            .as_ref()
            .and_then(|repo| repo.full_name.as_ref());
        match (name, &environment.repository) {
            (Some(name), Some(here)) => name.eq_ignore_ascii_case(here),
            _ => false,
        }
    };
    let login = |user: &Option<UserPayload>| user.as_ref().map(|user| user.login.clone());
    let people = [
        login(&pull_request.user),
        login(&payload.sender),
        environment.actor.clone(),
    ];
    Some(PullRequest {
        number: pull_request.number.or(payload.number)?,
        head_sha: pull_request.head.sha.clone(),
        base_sha: pull_request.base.sha.clone(),
        from_fork: !is_here(&pull_request.head),
        by_dependabot: people.iter().flatten().any(|login| login == DEPENDABOT),
    })
}

fn is_default_branch(payload: &Payload, environment: &Environment) -> bool {
    let branch = payload
        .repository
        .as_ref()
        .and_then(|repository| repository.default_branch.as_ref());
    let running_for = environment
        .git_ref
        .as_deref()
        .and_then(|git_ref| git_ref.strip_prefix("refs/heads/"));
    matches!((branch, running_for), (Some(branch), Some(running_for)) if branch == running_for)
}

fn refused() -> Error {
    Error::new(
        ErrorCode::EventRefused,
        "a pull_request_target run for a branch of another repository",
    )
    .with_help(
        "Such a run holds this repository's secrets, and migrations of a stranger are code. \
         Use the pull_request event: without secrets the live part is listed as not run.",
    )
}
