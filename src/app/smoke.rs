//! Probes of a running database, held to the contract where one is given.

use std::time::Instant;

use super::surroundings::{Surroundings, open};
use super::{Compared, History, Settings, assemble, in_time};
use crate::contract::{Contract, Gap};
use crate::error::{Error, ErrorCode, Result};
use crate::findings::{self, Finding};
use crate::inspect::Connection;
use crate::progress::Progress;
use crate::report::{Failure, Report, Side, Verdict};
use crate::smoke::{self, Endpoint, Expected, Probe, Targets};
use crate::source::Live;

/// What a smoke test is asked to do.
#[derive(Debug, Clone)]
pub struct SmokeRequest {
    /// What is probed, and how.
    pub probes: smoke::Settings,
    /// Whether the settings' expected side is one to hold live to.
    pub has_contract: bool,
    /// Whether the settings' live side is a database to probe.
    pub has_live: bool,
    /// The REST endpoint to probe.
    pub endpoint: Option<Endpoint>,
}

/// Probes, and reports whatever happens: what could not be tried is `unknown`.
pub async fn smoke(settings: &Settings, request: &SmokeRequest, progress: &dyn Progress) -> Report {
    let mut report = in_time(settings, probe(settings, request, progress)).await;
    if !request.has_contract {
        report.expected = Side::default();
    }
    let database = settings.live.label();
    let endpoint = request
        .endpoint
        .as_ref()
        .map(|endpoint| endpoint.label().to_owned());
    let live = Some(database).filter(|_| request.has_live);
    let live: Vec<String> = live.into_iter().chain(endpoint).collect();
    report.live.source = live.join(" + ");
    report
}

async fn probe(
    settings: &Settings,
    request: &SmokeRequest,
    progress: &dyn Progress,
) -> Result<Report> {
    let mut report = assemble::probed(settings);
    if request.has_live {
        database(settings)?;
    }
    let mut expected = None;
    if request.has_contract {
        let begin = Instant::now();
        expected = Some(contract(settings, &mut report, progress).await?);
        report.timing.expected = begin.elapsed();
    }
    let expected = expected.as_ref();
    let begin = Instant::now();
    let mut probes = Vec::new();
    let mut targets = Targets::named(expected, &request.probes);
    if request.has_live {
        let smoked =
            smoke::over_sql(database(settings)?, &request.probes, expected, progress).await?;
        report.live.server_version = smoked.server_version;
        report.not_compared.extend(smoked.gaps);
        probes.extend(smoked.probes);
        targets = smoked.targets;
    }
    let mut lost = None;
    if let Some(endpoint) = &request.endpoint {
        let (more, why) = smoke::over_rest(endpoint, &request.probes, &targets, progress).await?;
        probes.extend(more);
        lost = why;
    }
    report.timing.live = begin.elapsed();
    judge(settings, request, probes, lost, &mut report);
    Ok(report)
}

/// What requests should reach by a contract, where live is what answers them.
pub(super) fn offered(live: &Live, contract: &Contract) -> Option<Expected> {
    matches!(live, Live::Served(_)).then(|| Expected::of(contract))
}

/// Tries what a REST endpoint does not tell of itself, where live is one.
pub(super) async fn beside(
    settings: &Settings,
    compared: &mut Compared,
    progress: &dyn Progress,
) -> Result<Vec<Probe>> {
    let (Live::Served(served), Some(expected)) = (&compared.live, &compared.offered) else {
        return Ok(Vec::new());
    };
    let Some((endpoint, wish)) = &settings.probes else {
        compared.unprinted.insert(Gap {
            what: "what visitors are served".to_owned(),
            why: "SUPABASE_ANON_KEY is not set, so nothing was tried as one".to_owned(),
        });
        return Ok(Vec::new());
    };
    let mut wish = wish.clone();
    wish.schemas.clone_from(&settings.schemas);
    if wish.api_schemas.is_empty() {
        wish.api_schemas = served.schemas.iter().cloned().collect();
    }
    // Only what the contract says of calls is asked for; rows are written by `pgpact smoke` alone.
    wish.allows_writes = false;
    wish.tables.clear();
    let targets = Targets::named(Some(expected), &wish);
    let (probes, lost) = smoke::over_rest(endpoint, &wish, &targets, progress).await?;
    if let Some(lost) = lost {
        return Err(lost);
    }
    let found = smoke::findings(&probes, wish.slow, &settings.severities);
    compared.findings.extend(found);
    compared.unprinted.extend(smoke::gaps(&probes));
    Ok(probes)
}

fn database(settings: &Settings) -> Result<&Connection> {
    settings.live.database().ok_or_else(|| {
        if let Some(project) = settings.live.hosted() {
            return needs_connection(&format!("smoke tries {}", project.label()));
        }
        Error::new(
            ErrorCode::ConfigInvalid,
            "smoke tries what a running database does",
        )
        .with_help("Name it with PGPACT_LIVE, DATABASE_URL or --live postgres://….")
    })
}

/// The Management API only reads, as one role.
pub(super) fn needs_connection(what: &str) -> Error {
    Error::new(
        ErrorCode::ConfigInvalid,
        format!("{what} over a connection, which the Management API is none"),
    )
    .with_help("Give the project's connection string in PGPACT_LIVE or DATABASE_URL; the dashboard shows it under Connect.")
}

/// What live is held to: of migrations those that it says it has.
async fn contract(
    settings: &Settings,
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<Expected> {
    let (mut live, known) = open(settings).await?;
    let history = History::read(settings, &mut live, progress).await?;
    let held = &Settings {
        expected: history.held_to,
        ..settings.clone()
    };
    let around = Surroundings::new(held, known);
    let mut loaded = around.loader(false, progress).load(&held.expected).await?;
    around
        .scope
        .limit_expected(&mut loaded.contract, &loaded.provenance);
    report.expected = assemble::side(&held.expected, &loaded.contract);
    report
        .not_compared
        .extend(loaded.outcome.gaps.iter().cloned());
    report.findings = loaded.outcome.findings(&settings.severities);
    Ok(Expected::of(&loaded.contract))
}

/// Findings, what stays open, and the verdict: green only where something was shown and nothing was out of reach.
fn judge(
    settings: &Settings,
    request: &SmokeRequest,
    probes: Vec<Probe>,
    lost: Option<Error>,
    report: &mut Report,
) {
    let slow = request.probes.slow;
    let mut found = smoke::findings(&probes, slow, &settings.severities);
    report.findings.append(&mut found);
    report.not_compared.extend(smoke::gaps(&probes));
    report.not_compared.insert(Gap {
        what: "what users see of each other, and what they may write".to_owned(),
        why: "that takes rows of several users: `pgpact access` makes them in a scratch".to_owned(),
    });
    settle_probes(settings, &mut report.findings);
    report.verdict = Report::verdict_of(&report.findings, settings.threshold);
    let open = lost.or_else(|| smoke::unproven(&probes));
    if let Some(error) = open.filter(|_| report.verdict == Verdict::Holds) {
        report.verdict = Verdict::Unknown;
        report.failure = Some(Failure::of(&error));
    }
    report.probes = probes;
}

/// Ignores and order. An ignore that is meant for a comparison matches nothing here, and is not told.
fn settle_probes(settings: &Settings, found: &mut Vec<Finding>) {
    let unused = findings::apply_ignores(found, &settings.ignores, settings.today);
    let unused = unused
        .into_iter()
        .filter(|(ignore, _)| ignore.is_of_probes());
    let unused: Vec<Finding> = unused
        .map(|(ignore, message)| {
            let severities = &settings.severities;
            Finding::of_configuration("ignore-unused", &ignore.place, message, severities)
        })
        .collect();
    found.extend(unused);
    findings::sort(found);
    found.dedup();
}
