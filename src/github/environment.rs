//! What the runner says about itself and the job.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The runner's variables; what it did not give is missing here too, and the part that needs it is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// The repository as `owner/name`.
    pub repository: Option<String>,
    /// The commit the workflow runs for; a test merge for pull requests.
    pub sha: Option<String>,
    /// The full ref, e.g. `refs/heads/main`.
    pub git_ref: Option<String>,
    /// The event's name, e.g. `pull_request`.
    pub event_name: Option<String>,
    /// The file with the event's payload.
    pub event_path: Option<PathBuf>,
    /// Where the API is.
    pub api_url: String,
    /// Where the pages for people are.
    pub server_url: String,
    /// The run's number across the repository.
    pub run_id: Option<String>,
    /// Which try of the run this is.
    pub run_attempt: Option<String>,
    /// The job's name in the workflow file; the same for all jobs of a matrix.
    pub job: Option<String>,
    /// The workflow's name.
    pub workflow: Option<String>,
    /// The step's name or number, unique in the job.
    pub action: Option<String>,
    /// Which runner this is; tells jobs of a matrix apart while they run.
    pub runner_name: Option<String>,
    /// Who started the run.
    pub actor: Option<String>,
    /// The file that takes outputs.
    pub output_path: Option<PathBuf>,
    /// The file that takes the job summary.
    pub step_summary_path: Option<PathBuf>,
    /// The checked out repository.
    pub workspace: Option<PathBuf>,
}

impl Environment {
    /// Reads the runner's variables; an empty one counts as missing.
    pub fn from_variables(variables: &BTreeMap<String, String>) -> Self {
        let text = |name: &str| {
            let value = variables.get(name).map(|value| value.trim());
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let url = |name: &str, usual: &str| {
            let url = text(name).unwrap_or_else(|| usual.to_owned());
            url.trim_end_matches('/').to_owned()
        };
        Self {
            repository: text("GITHUB_REPOSITORY").filter(|name| is_repository(name)),
            sha: text("GITHUB_SHA").filter(|sha| is_sha(sha)),
            git_ref: text("GITHUB_REF"),
            event_name: text("GITHUB_EVENT_NAME"),
            event_path: text("GITHUB_EVENT_PATH").map(PathBuf::from),
            api_url: url("GITHUB_API_URL", "https://api.github.com"),
            server_url: url("GITHUB_SERVER_URL", "https://github.com"),
            run_id: text("GITHUB_RUN_ID"),
            run_attempt: text("GITHUB_RUN_ATTEMPT"),
            job: text("GITHUB_JOB"),
            workflow: text("GITHUB_WORKFLOW"),
            action: text("GITHUB_ACTION"),
            runner_name: text("RUNNER_NAME"),
            actor: text("GITHUB_ACTOR"),
            output_path: text("GITHUB_OUTPUT").map(PathBuf::from),
            step_summary_path: text("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            workspace: text("GITHUB_WORKSPACE").map(PathBuf::from),
        }
    }

    /// The page of the run, with its job summary.
    pub fn run_url(&self) -> Option<String> {
        let (repository, run_id) = (self.repository.as_ref()?, self.run_id.as_ref()?);
        let attempt = self
            .run_attempt
            .as_ref()
            .map(|attempt| format!("/attempts/{attempt}"))
            .unwrap_or_default();
        let server = &self.server_url;
        Some(format!(
            "{server}/{repository}/actions/runs/{run_id}{attempt}"
        ))
    }

    /// Where files of a commit can be read.
    pub fn blob_url(&self, sha: &str) -> Option<String> {
        let repository = self.repository.as_ref()?;
        Some(format!("{}/{repository}/blob/{sha}", self.server_url))
    }

    /// A path as the repository has it: without the workspace before it.
    pub fn path_in_repository<'a>(&self, path: &'a Path) -> &'a Path {
        let workspace = self.workspace.as_deref();
        workspace
            .and_then(|workspace| path.strip_prefix(workspace).ok())
            .unwrap_or(path)
    }
}

/// `owner/name` of characters GitHub allows: it becomes part of request paths.
fn is_repository(name: &str) -> bool {
    let is_part = |part: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !part.is_empty() && part != "." && part != ".." && part.chars().all(allowed)
    };
    matches!(name.split_once('/'), Some((owner, name)) if is_part(owner) && is_part(name))
}

/// A full commit hash: it becomes part of request paths and links.
pub(super) fn is_sha(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.chars().all(|c| c.is_ascii_hexdigit())
}
