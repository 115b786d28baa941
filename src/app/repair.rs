//! Whether the files build the same contract after they are renamed as the report proposes.

use super::Settings;
use crate::classes;
use crate::contract::{self, Location};
use crate::error::Result;
use crate::findings::Finding;
use crate::inspect::Scope;
use crate::source::{Loaded, Loader, Migrations, Sources, Standing};

const RENAMED: &str = "migration-renamed";

/// A proposed repair: the files as they are, and in the order that they have after it.
pub(super) struct Repair {
    now: Sources,
    then: Sources,
}

impl Repair {
    /// What is proposed, if anything is.
    pub(super) fn new(
        settings: &Settings,
        migrations: &Migrations,
        standing: &Standing,
    ) -> Option<Self> {
        if !standing.proposes_renames() {
            return None;
        }
        let running = |migrations: &Migrations| settings.expected.running(migrations.batches());
        Some(Self {
            now: running(migrations),
            then: running(&standing.repaired(migrations)),
        })
    }

    /// Replays both where the order changes, and says in the findings what came out.
    pub(super) async fn prove(
        &self,
        settings: &Settings,
        loader: &Loader<'_>,
        scope: &Scope,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        if self.keeps_order()? {
            add_to_help(
                findings,
                "Renamed so, the files run in the order in which they run now, and build the same contract.",
            );
            return Ok(());
        }
        loader.progress.phase("replaying the repaired history");
        let mut now = loader.load(&self.now).await?;
        let mut then = loader.load(&self.then).await?;
        let Some(what) = parted(scope, &mut now, &mut then) else {
            add_to_help(
                findings,
                "Proven by replay: renamed so, the files run in another order and build the same contract.",
            );
            return Ok(());
        };
        let renamed = findings
            .iter_mut()
            .filter(|finding| finding.code == RENAMED);
        let mut first: Option<Location> = None;
        for finding in renamed {
            first = first.or_else(|| finding.location.clone());
            finding.help = format!(
                "Not by renaming alone, see migration-repair-differs. {}",
                finding.help
            );
        }
        let message =
            format!("renamed as proposed, the files would build another contract: {what}");
        findings.push(Finding::of_statement(
            "migration-repair-differs",
            first.unwrap_or_default(),
            message,
            None,
            &settings.severities,
        ));
        Ok(())
    }

    /// Whether the same texts run in the same order.
    fn keeps_order(&self) -> Result<bool> {
        let texts = |sources: &Sources| -> Result<Vec<String>> {
            let batches = sources.batches()?.0;
            let files = batches.into_iter().flat_map(|(files, _)| files);
            Ok(files.map(|file| file.text).collect())
        };
        Ok(texts(&self.now)? == texts(&self.then)?)
    }
}

fn add_to_help(findings: &mut [Finding], words: &str) {
    for finding in findings
        .iter_mut()
        .filter(|finding| finding.code == RENAMED)
    {
        finding.help.push(' ');
        finding.help.push_str(words);
    }
}

/// In what two replays of the same files part, in words.
fn parted(scope: &Scope, now: &mut Loaded, then: &mut Loaded) -> Option<String> {
    for side in [&mut *now, &mut *then] {
        scope.limit_expected(&mut side.contract, &side.provenance);
    }
    classes::align(&mut now.contract, &then.contract);
    classes::align(&mut then.contract, &now.contract);
    let fails = |side: &Loaded| {
        side.outcome
            .failures
            .iter()
            .filter(|one| !one.is_data)
            .count()
    };
    if fails(then) > fails(now)
        && let Some(failure) = then.outcome.failures.iter().find(|one| !one.is_data)
    {
        return Some(format!(
            "{} fails: {}",
            failure.statement.location, failure.message
        ));
    }
    let deltas = contract::diff(&now.contract, &then.contract);
    let first = deltas.first()?;
    let more = match deltas.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Some(format!("{} differs{more}", first.id))
}
