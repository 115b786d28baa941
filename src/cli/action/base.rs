//! What a change starts from: from the checkout's history where it goes back so far, else from GitHub.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Result;
use crate::github::{self, Environment, Event, Trigger};
use crate::source::{Files, Repository, Sources};

/// What the repository declares without the change, and whether the change touches the configuration.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) sources: Sources,
    pub(super) touches_config: bool,
}

/// The base of a pull request or merge queue; none where the event is no change, or the contract is not SQL of
/// this repository. `config` is what is configured: the configuration file, what was accepted.
pub(super) async fn of(
    event: &Event,
    environment: &Environment,
    publishing: &github::Settings,
    expected: &Sources,
    config: &[PathBuf],
) -> Result<Option<Base>> {
    let is_change = matches!(event.trigger, Trigger::PullRequest(_) | Trigger::MergeGroup);
    let (true, Some(tip)) = (is_change, event.base_sha.as_deref()) else {
        return Ok(None);
    };
    let places: Vec<PathBuf> = expected.places().map(Path::to_owned).collect();
    let Some(first) = places.first() else {
        return Ok(None);
    };
    let asked: Vec<PathBuf> = places
        .iter()
        .cloned()
        .chain(config.iter().cloned())
        .collect();
    let (commit, files): (String, Arc<dyn Files>) = match from_history(first, tip, &asked) {
        Some((commit, files)) => (commit, files?),
        None => {
            let files = github::files_at(environment, publishing, tip, &asked).await?;
            (tip.to_owned(), Arc::new(files))
        }
    };
    let short = &commit[..commit.len().min(7)];
    let is_touched = |path: &PathBuf| files.read(path).ok() != std::fs::read(path).ok();
    let touches_config = config.iter().any(is_touched);
    let sources = expected.among(&files, &format!("git:{short}"));
    Ok(sources.map(|sources| Base {
        sources,
        touches_config,
    }))
}

/// The files where the change branched off, when the checkout's history knows the base.
fn from_history(
    first: &Path,
    tip: &str,
    places: &[PathBuf],
) -> Option<(String, Result<Arc<dyn Files>>)> {
    let repository = Repository::around(first).ok()?;
    let tip = repository.commit(tip).ok()?;
    // A test merge has the tip itself for a parent; a clone that is cut off there knows no more.
    let commit = repository.merge_base(&tip, "HEAD").ok().flatten();
    let commit = commit.unwrap_or(tip);
    let files = places
        .iter()
        .map(|place| repository.files_at(&commit, place));
    let files: Result<Vec<_>> = files.collect();
    let files = files.map(|files| -> Arc<dyn Files> {
        Arc::new(
            files
                .into_iter()
                .reduce(crate::source::Kept::with)
                .unwrap_or_default(),
        )
    });
    Some((commit, files))
}
