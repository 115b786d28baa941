//! A run that finds all as an earlier one did says what that one said: nothing is elaborated, read or compared again.
//!
//! Taken together, what the earlier report came from is its key: the files, what would elaborate them, the configuration,
//! the history that live tells, and the fingerprint of live, before and after live was read.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Opened, Settings, compare_opened, report, smoke};
use crate::contract::Gap;
use crate::error::Result;
use crate::findings::Finding;
use crate::progress::Progress;
use crate::report::{Drawing, Drawn, Report, Side, Timing, Verdict};
use crate::scratch::Shelf;
use crate::source::Live;

/// How long it may take to see whether a report can be kept: it is there already, and must not be lost over that.
const PATIENCE: Duration = Duration::from_secs(20);

/// A comparison, or what came of the same one before.
pub(super) async fn verify(settings: &Settings, progress: &dyn Progress) -> Result<Report> {
    let mut opened = super::opened(settings, progress).await?;
    let place = Place::of(settings, &mut opened, progress).await?;
    if let Some(known) = place.as_ref().and_then(|place| place.known(settings)) {
        tracing::info!("live and its contract are what they were when this was verified before");
        return Ok(known);
    }
    let mut compared = compare_opened(settings, opened, false, progress).await?;
    let probes = smoke::beside(settings, &mut compared, progress).await?;
    let place = match place {
        // The history is read anew where it went on meanwhile. What could not be printed again may be next time.
        Some(place)
            if compared.history.as_read == place.history && compared.unprinted.is_empty() =>
        {
            let look = fingerprint(&mut compared.live);
            let after = tokio::time::timeout(PATIENCE, look).await;
            let after = after.ok().and_then(Result::ok).flatten();
            (after.as_ref() == Some(&place.fingerprint)).then_some(place)
        }
        Some(_) | None => None,
    };
    let report = Report {
        probes,
        ..report(settings, compared)
    };
    if let Some(place) = place {
        place.keep(&report);
    }
    Ok(report)
}

/// Where the report of these very sides is kept.
struct Place {
    shelf: Shelf,
    key: String,
    fingerprint: String,
    history: String,
}

impl Place {
    /// None where nothing is kept, or where one side cannot be told from another.
    async fn of(
        settings: &Settings,
        opened: &mut Opened,
        progress: &dyn Progress,
    ) -> Result<Option<Self>> {
        let Opened {
            live,
            history,
            around,
        } = opened;
        let Some(shelf) = Shelf::of(&around.choice, &around.environment) else {
            return Ok(None);
        };
        let Some(expected) = history.held_to.content()? else {
            return Ok(None);
        };
        progress.phase("looking for changes");
        let Some(fingerprint) = fingerprint(live).await? else {
            return Ok(None);
        };
        let history = history.as_read.clone();
        let wishes = wishes(settings);
        let key = shelf.key(&[&expected, &fingerprint, &history, &wishes]);
        Ok(Some(Self {
            shelf,
            key,
            fingerprint,
            history,
        }))
    }

    fn known(&self, settings: &Settings) -> Option<Report> {
        let kept: Kept = serde_json::from_slice(&self.shelf.take(&self.key)?).ok()?;
        Some(kept.into_report(settings))
    }

    fn keep(&self, report: &Report) {
        if let Some(kept) = Kept::of(report)
            && let Ok(body) = serde_json::to_vec(&kept)
        {
            self.shelf.put(&self.key, &body);
        }
    }
}

async fn fingerprint(live: &mut Live) -> Result<Option<String>> {
    match live {
        Live::Database(session) => session.fingerprint().await,
        Live::Served(_) | Live::Other(_) => Ok(None),
    }
}

/// What a report depends on besides the two sides; a field that is new has to be placed here.
fn wishes(settings: &Settings) -> String {
    let Settings {
        expected,
        base,
        always_looks: _,
        drift_gate,
        live,
        schemas,
        platform,
        threshold,
        ignores,
        baseline,
        severities,
        // Told besides, whatever the comparison came to.
        access: _,
        lint: _,
        usage: _,
        // Of endpoints, which have no fingerprint.
        probes: _,
        // What it would elaborate is in the shelf's key.
        scratch: _,
        uses_history,
        wait: _,
        timeout: _,
        today,
    } = settings;
    let expired = ignores
        .iter()
        .map(|ignore| ignore.until.is_some_and(|until| until < *today));
    let expired: Vec<bool> = expired.collect();
    let sources = (expected.label(), live.label(), base.is_some());
    format!(
        "{:?}",
        (
            sources,
            (drift_gate, schemas, platform, threshold),
            (ignores, expired, baseline, severities, uses_history),
        )
    )
}

/// What is kept of a report; the rest is the same for all comparisons without a change.
#[derive(Serialize, Deserialize)]
struct Kept {
    verdict: Verdict,
    expected: Side,
    live: Side,
    findings: Vec<Finding>,
    classes: BTreeSet<String>,
    not_compared: BTreeSet<Gap>,
    tables: Option<Drawing>,
}

impl Kept {
    fn of(report: &Report) -> Option<Self> {
        let is_plain = report.failure.is_none()
            && report.probes.is_empty()
            && report.used.is_none()
            && report.proposed.is_none()
            && report.fleet.is_none()
            && report.drawn.matrix.is_none();
        is_plain.then(|| Self {
            verdict: report.verdict,
            expected: report.expected.clone(),
            live: report.live.clone(),
            findings: report.findings.clone(),
            classes: report.classes.clone(),
            not_compared: report.not_compared.clone(),
            tables: report.drawn.tables.clone(),
        })
    }

    fn into_report(self, settings: &Settings) -> Report {
        Report {
            verdict: self.verdict,
            failure: None,
            expected: self.expected,
            live: self.live,
            findings: self.findings,
            threshold: settings.threshold,
            classes: self.classes,
            not_compared: self.not_compared,
            probes: Vec::new(),
            used: None,
            proposed: None,
            fleet: None,
            drawn: Drawn {
                tables: self.tables,
                matrix: None,
            },
            timing: Timing::default(),
        }
    }
}
