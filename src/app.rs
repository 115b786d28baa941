//! The pipeline on one screen: sources → contracts → deltas → findings → report.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde_json::Value;

use crate::classes::{Class, Severity};
use crate::contract::{self, Change, Contract, Delta, Gap, ObjectId, Pattern};
use crate::error::{Error, ErrorCode, Result};
use crate::findings::{self, Finding, Ignore};
use crate::inspect::Scope;
use crate::progress::Progress;
use crate::report::{Report, Side, Threshold, Timing};
use crate::scratch::{Choice, Environment, Platform};
use crate::source::{Live, Loaded, Loader, Probe, Sources, probe};

/// Everything a comparison needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the repository declares.
    pub expected: Sources,
    /// What there is.
    pub live: Sources,
    /// Schemas to compare; empty means all that are not the platform's.
    pub schemas: Vec<Pattern>,
    /// The platform, when it is not to be found by looking.
    pub platform: Option<Platform>,
    /// From where on findings fail the run.
    pub threshold: Threshold,
    /// Findings to live with.
    pub ignores: Vec<Ignore>,
    /// Severities by code.
    pub severities: BTreeMap<String, Severity>,
    /// Where scratches come from.
    pub scratch: Choice,
    /// How long the whole may take.
    pub timeout: Duration,
    /// The day on which ignores are judged.
    pub today: Date,
}

/// Compares, and reports whatever happens: what could not be looked at is `unknown`.
pub async fn verify(settings: &Settings, progress: &dyn Progress) -> Report {
    let begin = Instant::now();
    let outcome = tokio::time::timeout(settings.timeout, compare(settings, progress)).await;
    let outcome = outcome.unwrap_or_else(|_| Err(timed_out(settings.timeout)));
    let mut report = outcome.unwrap_or_else(|error| {
        let side = |sources: &Sources| Side {
            source: sources.label(),
            ..Side::default()
        };
        Report::unknown(
            &error,
            side(&settings.expected),
            side(&settings.live),
            settings.threshold,
        )
    });
    report.timing.total = begin.elapsed();
    report
}

/// Reads one source as a contract, limited to what would be compared.
pub async fn inventory(settings: &Settings, progress: &dyn Progress) -> Result<Contract> {
    let (mut live, known) = open(settings).await?;
    let environment = environment(settings, known.as_ref());
    let choice = choice(settings, known.as_ref());
    let loader = Loader {
        choice: &choice,
        environment: &environment,
        progress,
    };
    let mut loaded = loader.live(&mut live).await?;
    let scope = environment.platform.scope(settings.schemas.clone());
    scope.limit_expected(&mut loaded.contract, &loaded.provenance);
    loaded
        .contract
        .coverage
        .not_compared
        .extend(loaded.outcome.gaps);
    Ok(loaded.contract)
}

async fn compare(settings: &Settings, progress: &dyn Progress) -> Result<Report> {
    progress.phase("connecting");
    let (mut live, known) = open(settings).await?;
    let environment = environment(settings, known.as_ref());
    let choice = choice(settings, known.as_ref());
    let scope = environment.platform.scope(settings.schemas.clone());
    let loader = Loader {
        choice: &choice,
        environment: &environment,
        progress,
    };
    let (mut expected, mut actual) =
        tokio::try_join!(loader.load(&settings.expected), loader.live(&mut live))?;

    progress.phase("comparing");
    scope.limit_expected(&mut expected.contract, &expected.provenance);
    scope.limit_live(&mut actual.contract, &expected.contract);
    let mut deltas = contract::diff(&expected.contract, &actual.contract);
    if !deltas.is_empty() && matches!(live, Live::Database(_)) {
        let seen = seen_again(&loader, &mut live, &scope, &expected.contract).await?;
        deltas.retain(|delta| seen.contains(&key(delta)));
    }
    let deltas = contract::fold(deltas);
    let failed = expected.outcome.failed();
    let mut findings = findings::judge(
        &deltas,
        &expected.contract,
        &actual.contract,
        &failed,
        &settings.severities,
    );
    findings.extend(expected.outcome.findings(&settings.severities));
    findings.extend(actual.outcome.findings(&settings.severities));
    let unused = findings::apply_ignores(&mut findings, &settings.ignores, settings.today);
    findings.extend(unused.into_iter().map(|(ignore, message)| {
        Finding::of_configuration(
            "ignore-unused",
            &ignore.place,
            message,
            &settings.severities,
        )
    }));
    findings::sort(&mut findings);
    findings.dedup();
    Ok(report(settings, &expected, &actual, findings))
}

/// Live is opened first: it says which server, platform and owner the expected side is made for.
async fn open(settings: &Settings) -> Result<(Live, Option<Probe>)> {
    let mut live = Live::open(settings.live.clone()).await?;
    let known = match &mut live {
        Live::Database(session) => Some(probe(session).await?),
        Live::Other(_) => None,
    };
    Ok((live, known))
}

fn environment(settings: &Settings, known: Option<&Probe>) -> Environment {
    let project = settings.expected.project().or(settings.live.project());
    let is_supabase = project.is_supabase || known.is_some_and(|live| live.is_supabase);
    let found = if is_supabase {
        Platform::Supabase
    } else {
        Platform::Plain
    };
    let platform = settings.platform.unwrap_or(found);
    let migration_role = match (platform, known) {
        (Platform::Plain, Some(live)) if !live.owner.is_empty() => live.owner.clone(),
        (Platform::Plain | Platform::Supabase, _) => Platform::USUAL_ROLE.to_owned(),
    };
    let exposes_new_objects = project
        .exposes_new_objects
        .or_else(|| known.map(|live| live.exposes_new_objects))
        .unwrap_or(true);
    Environment {
        platform,
        migration_role,
        exposes_new_objects,
    }
}

fn choice(settings: &Settings, known: Option<&Probe>) -> Choice {
    let major = known.map(|live| live.major).or(settings
        .expected
        .project()
        .or(settings.live.project())
        .major);
    Choice {
        major: settings.scratch.major.or(major),
        ..settings.scratch.clone()
    }
}

/// What a second reading shows as well: a catalog that changes while it is read shows phantoms.
async fn seen_again(
    loader: &Loader<'_>,
    live: &mut Live,
    scope: &Scope,
    expected: &Contract,
) -> Result<BTreeSet<Key>> {
    let mut again = loader.live(live).await?.contract;
    scope.limit_live(&mut again, expected);
    Ok(contract::diff(expected, &again).iter().map(key).collect())
}

type Key = (ObjectId, String, String);

fn key(delta: &Delta<'_>) -> Key {
    let (fact, live) = match delta.change {
        Change::Missing => ("missing", &Value::Null),
        Change::Unexpected => ("unexpected", &Value::Null),
        Change::Changed { fact, live, .. } => (fact, live),
    };
    (delta.id.clone(), fact.to_owned(), live.to_string())
}

fn report(settings: &Settings, expected: &Loaded, live: &Loaded, findings: Vec<Finding>) -> Report {
    Report {
        verdict: Report::verdict_of(&findings, settings.threshold),
        failure: None,
        expected: side(&settings.expected, &expected.contract),
        live: side(&settings.live, &live.contract),
        findings,
        threshold: settings.threshold,
        classes: Class::ALL
            .iter()
            .map(|class| class.name.to_owned())
            .collect(),
        not_compared: gaps(expected, live),
        timing: Timing {
            expected: expected.took,
            live: live.took,
            total: Duration::ZERO,
        },
    }
}

fn side(sources: &Sources, contract: &Contract) -> Side {
    Side {
        source: sources.label(),
        server_version: contract.server.text.clone(),
        object_count: contract.objects.len(),
        hash: contract.hash(),
    }
}

fn gaps(expected: &Loaded, live: &Loaded) -> BTreeSet<Gap> {
    let (left, right) = (&expected.contract, &live.contract);
    let (only_left, only_right) = (&left.coverage.not_compared, &right.coverage.not_compared);
    let one_sided = |gaps: &BTreeSet<Gap>, others: &BTreeSet<Gap>, side: &str| -> Vec<Gap> {
        let lone = gaps.difference(others);
        lone.map(|gap| Gap {
            what: format!("{} ({side})", gap.what),
            why: gap.why.clone(),
        })
        .collect()
    };
    let mut gaps: BTreeSet<Gap> = only_left.intersection(only_right).cloned().collect();
    gaps.extend(one_sided(only_left, only_right, "expected"));
    gaps.extend(one_sided(only_right, only_left, "live"));
    gaps.extend(
        expected
            .outcome
            .gaps
            .iter()
            .chain(&live.outcome.gaps)
            .cloned(),
    );
    if left.server.major != right.server.major {
        gaps.insert(Gap {
            what: "expressions that Postgres prints in another way since another version"
                .to_owned(),
            why: format!(
                "expected was elaborated on {}, live is {}",
                left.server.text, right.server.text
            ),
        });
    }
    gaps
}

fn timed_out(timeout: Duration) -> Error {
    Error::new(
        ErrorCode::TimedOut,
        format!("no verdict within {} s", timeout.as_secs()),
    )
    .with_help("Allow more time with --timeout, and see with -v which part is slow.")
}
