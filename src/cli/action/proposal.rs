//! The pull request that brings the database back: planned and proven here, kept by `github`.

use std::path::Path;

use super::super::reconcile::naming;
use crate::app::{self, Request, Settings};
use crate::error::Result;
use crate::github::{Environment, Proposal, Publisher};
use crate::progress::Progress;
use crate::report::{Report, Verdict, markdown};

/// Opens, updates or closes it, where that is wanted; why it was not is a notice.
pub(super) async fn keep(
    publisher: &mut Publisher,
    environment: &Environment,
    settings: &Settings,
    report: &Report,
    progress: &dyn Progress,
) {
    // Without a verdict nobody knows what would bring it back.
    if !publisher.wants_proposal() || report.verdict == Verdict::Unknown {
        return;
    }
    match planned(environment, settings, report, progress).await {
        Ok(Planned::Nothing) => publisher.propose(None).await,
        Ok(Planned::Plan(proposal)) => publisher.propose(Some(&proposal)).await,
        Ok(Planned::Unable(why)) => publisher.say(format!("no pull request: {why}")),
        Err(error) => publisher.say(format!("no pull request: {}", error.chain())),
    }
}

enum Planned {
    /// Nothing is to be brought back.
    Nothing,
    Plan(Box<Proposal>),
    Unable(String),
}

async fn planned(
    environment: &Environment,
    settings: &Settings,
    report: &Report,
    progress: &dyn Progress,
) -> Result<Planned> {
    if report.verdict == Verdict::Holds {
        return Ok(Planned::Nothing);
    }
    let Some(folder) = settings
        .expected
        .folder()
        .map(|place| place.path().to_owned())
    else {
        let why =
            "what is expected is no directory of migrations, so there is no place for one more";
        return Ok(Planned::Unable(why.to_owned()));
    };
    let request = Request {
        with_proof: true,
        with_data_checks: true,
        in_transaction: naming::is_run_in_transactions(&folder),
        as_applied: true,
        ..Request::default()
    };
    let reconciled = app::reconcile(settings, &request, progress).await?;
    if reconciled.plan.steps.is_empty() {
        let withheld = reconciled.plan.withheld.len();
        return Ok(match withheld {
            0 => Planned::Nothing,
            _ => Planned::Unable(format!(
                "all {withheld} steps lose data or are a person's to do; `pgpact reconcile` shows them"
            )),
        });
    }
    let statements = reconciled.plan.steps.iter();
    let plan: Vec<&str> = statements.map(|step| step.statement.sql.as_str()).collect();
    let (expected, live) = (settings.expected.label(), settings.live.label());
    let (title, body) = markdown::proposal(&reconciled.plan, &expected, &live);
    Ok(Planned::Plan(Box::new(Proposal {
        folder: in_repository(environment, &folder),
        file_name: file_name(&folder)?,
        plan: blake3::hash(plan.join(";\n").as_bytes()).to_hex()[..32].to_owned(),
        sql: reconciled.sql,
        title,
        body,
    })))
}

fn file_name(folder: &Path) -> Result<String> {
    let next = naming::next_in(folder)?;
    let name = next.file_name().unwrap_or_default();
    Ok(name.to_string_lossy().into_owned())
}

/// A folder as the repository has it.
fn in_repository(environment: &Environment, folder: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let inside = environment.path_in_repository(folder);
    let inside = inside.strip_prefix(&here).unwrap_or(inside);
    let parts = inside.components().filter(|part| part.as_os_str() != ".");
    let plain: std::path::PathBuf = parts.collect();
    plain.display().to_string()
}
