//! Publishing: what is written where, in which order, and what happens when it cannot be.

mod check;
mod local;

use std::path::Path;

use tokio::time::Instant;

use self::check::Progress;
use super::author;
use super::check_run::CheckRun;
use super::client::Client;
use super::comment::{self, Comments};
use super::environment::Environment;
use super::event::Event;
use super::issue::Issues;
use super::page::{Page, Purpose};
use super::proposal::{Proposal, Proposals, Proposed};
use super::retry::Patience;
use super::settings::{CommentMode, Settings};
use crate::report::Report;

/// Publishes one run. Nothing it does changes the verdict: what fails becomes a notice.
#[derive(Debug)]
pub struct Publisher {
    environment: Environment,
    event: Event,
    settings: Settings,
    client: Option<Client>,
    check_run: Progress,
    proposal_url: Option<String>,
    notices: Vec<String>,
}

/// What was published, and what is to be printed about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Published {
    /// The check run's page.
    pub check_run_url: Option<String>,
    /// The pull-request comment.
    pub comment_url: Option<String>,
    /// The issue of a routine run.
    pub issue_url: Option<String>,
    /// The pull request that brings the database back.
    pub proposal_url: Option<String>,
    /// Workflow commands to print, a line each, as they are.
    pub log_lines: Vec<String>,
    /// What could not be done, and why; plain text that may quote GitHub's answers.
    pub notices: Vec<String>,
}

impl Publisher {
    /// Gets ready, and creates the check run as in progress where there is to be one.
    pub async fn begin(environment: Environment, event: Event, settings: Settings) -> Self {
        let mut publisher = Self {
            client: None,
            check_run: Progress::Absent,
            proposal_url: None,
            notices: Vec::new(),
            environment,
            event,
            settings,
        };
        publisher.connect();
        if publisher.wants_check_run() {
            publisher.check_run = Progress::Pending;
            let deadline = Instant::now() + publisher.patience().begin;
            publisher.start_check_run(deadline).await;
        }
        publisher
    }

    /// What could not be done so far, and why.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Publishes the report; `report_path` is where its JSON was written.
    pub async fn finish(&mut self, report: &Report, report_path: Option<&Path>) -> Published {
        let mut published = Published::default();
        self.write_summary(report);
        self.write_outputs(report, report_path);
        self.conclude_check_run(report).await;
        published.check_run_url = self.check_run().and_then(|run| run.url.clone());
        if !matches!(self.check_run, Progress::Concluded(_)) {
            published.log_lines = self.log_lines(report);
        }
        published.comment_url = self.comment(report).await;
        published.issue_url = self.keep_issue(report).await;
        published.proposal_url = self.proposal_url.take();
        self.write_urls(&published);
        published.notices = std::mem::take(&mut self.notices);
        published
    }

    fn connect(&mut self) {
        let Some(token) = &self.settings.token else {
            self.notices
                .push("no token: nothing is sent to GitHub".to_owned());
            return;
        };
        let Some(repository) = &self.environment.repository else {
            self.notices
                .push("no GITHUB_REPOSITORY: nothing is sent to GitHub".to_owned());
            return;
        };
        let api_url = &self.environment.api_url;
        match Client::new(api_url, repository, token, *self.patience()) {
            Ok(client) => self.client = Some(client),
            Err(trouble) => self.notice("nothing is sent to GitHub", &trouble),
        }
    }

    async fn comment(&mut self, report: &Report) -> Option<String> {
        let client = self.client.as_ref()?;
        let pull_request = self.event.pull_request()?;
        // Their tokens only read, and what a stranger brings is not to be said under our name.
        let outsider = pull_request.from_fork || pull_request.by_dependabot;
        if outsider || self.settings.comment == CommentMode::Off {
            return None;
        }
        let deadline = Instant::now() + self.patience().step;
        let page = self.page(report, Purpose::Comment);
        let may_create = comment::is_wanted(self.settings.comment, report);
        let publish = async || {
            let app = self.check_run().and_then(CheckRun::app_slug);
            let login = author::login(client, app, deadline).await?;
            let comments = Comments {
                client,
                pull_request: pull_request.number,
                login: &login,
                deadline,
            };
            comments.publish(&page, may_create).await
        };
        match publish().await {
            Ok(Some(commented)) => {
                if !commented.found_again {
                    self.notices.push(
                        "the comment stands under another name than expected, so the next run will \
                         not find it: give the token permission to write checks"
                            .to_owned(),
                    );
                }
                Some(commented.url)
            }
            Ok(None) => None,
            Err(trouble) => {
                self.notice("the comment was not written", &trouble);
                None
            }
        }
    }

    async fn keep_issue(&mut self, report: &Report) -> Option<String> {
        let client = self.client.as_ref()?;
        if !self.settings.issue_on_schedule || !self.event.is_routine() {
            return None;
        }
        let deadline = Instant::now() + self.patience().step;
        let page = self.page(report, Purpose::Issue);
        let publish = async || {
            let app = self.check_run().and_then(CheckRun::app_slug);
            let login = author::login(client, app, deadline).await?;
            let issues = Issues {
                client,
                login: &login,
                name: &self.settings.check_name,
                today: self.settings.today,
                deadline,
            };
            issues.publish(&page, report).await
        };
        match publish().await {
            Ok(url) => url,
            Err(trouble) => {
                self.notice("the issue was not written", &trouble);
                None
            }
        }
    }

    /// Whether a pull request that brings the database back is wanted for this run.
    pub fn wants_proposal(&self) -> bool {
        self.settings.open_pull_request && self.event.is_routine() && self.client.is_some()
    }

    /// Opens, updates or closes that pull request; `None` says that nothing is to be brought back. Where it
    /// stands, and what could not be done, is told by [`Publisher::finish`].
    pub async fn propose(&mut self, proposal: Option<&Proposal>) {
        let (Some(client), Some(repository), Some(commit)) = (
            &self.client,
            &self.environment.repository,
            self.event.head_sha.as_deref(),
        ) else {
            return;
        };
        let git_ref = self.environment.git_ref.as_deref().unwrap_or_default();
        let target = match self.settings.comment_key.as_str() {
            "" => "live".to_owned(),
            key => slug(key),
        };
        let proposals = Proposals {
            client,
            owner: repository.split('/').next().unwrap_or_default(),
            base: git_ref.strip_prefix("refs/heads/").unwrap_or("main"),
            commit,
            branch: &format!("pgpact/reconcile-{target}"),
            deadline: Instant::now() + self.patience().step,
        };
        match proposals.keep(proposal).await {
            Ok(Proposed::Stands(url)) => self.proposal_url = Some(url),
            Ok(Proposed::Nothing) => {}
            Ok(Proposed::Closed(url)) => {
                self.say(format!("{url} was closed: nothing is left to bring back"));
            }
            Ok(Proposed::Left(why)) => self.say(format!("no pull request: {why}")),
            Err(trouble) => self.notice("the pull request was not written", &trouble),
        }
    }

    /// Says why nothing is proposed.
    pub fn say(&mut self, why: String) {
        self.notices.push(why);
    }

    fn page(&self, report: &Report, purpose: Purpose) -> Page {
        let sha = self.event.head_sha.as_deref();
        Page::new(report, purpose, &self.environment, &self.settings, sha)
    }

    fn blob_url(&self) -> Option<String> {
        let sha = self.event.head_sha.as_ref()?;
        self.environment.blob_url(sha)
    }

    fn patience(&self) -> &Patience {
        &self.settings.patience
    }

    fn notice(&mut self, what: &str, why: &dyn std::error::Error) {
        self.notices.push(format!("{what}: {why}"));
    }
}

/// A name as a branch may have it.
fn slug(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.chars()
        .map(|c| if fits(c) { c } else { '-' })
        .collect()
}
