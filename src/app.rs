//! The pipeline on one screen: sources → contracts → deltas → findings → report.

mod access;
mod assemble;
mod change;
mod exposure;
mod fleet;
mod history;
mod hold;
mod lint;
mod reconcile;
mod repair;
mod reprint;
mod smoke;
mod surroundings;
mod tenants;
mod usage;
mod warm;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde_json::Value;

use crate::classes::{self, ApiWish, Severity};
use crate::contract::{self, Change, Contract, Delta, Gap, Object, ObjectId, Pattern};
use crate::error::{Error, ErrorCode, Result};
use crate::findings::{self, Baseline, DriftGate, Finding, Ignore};
use crate::inspect::Scope;
use crate::progress::Progress;
use crate::report::{Report, Threshold};
use crate::scratch::{Choice, Platform};
use crate::smoke::{self as smoke_room, Endpoint};
use crate::source::{Live, Loaded, Loader, Migrations, Sources};
use crate::usage::search::Search;

pub use access::{Accessed, Asked, access};
pub use fleet::{Fleet, Target, names as target_names, verify_all};
use history::History;
pub use hold::{Held, hold};
pub use lint::lint;
pub use reconcile::{Reconciled, Renames, Request, apply, reconcile, target};
pub use smoke::{SmokeRequest, smoke};
use surroundings::{Surroundings, open};
pub use usage::{CodeHeld, usage};

/// Everything a comparison needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the repository declares.
    pub expected: Sources,
    /// What the repository declares without the change that is looked at, where one is.
    pub base: Option<Sources>,
    /// Whether a change is looked at although it touches no migration.
    pub always_looks: bool,
    /// Which drift fails a run that looks at a change.
    pub drift_gate: DriftGate,
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
    /// Findings that were there when pgpact was adopted, with the file they stand in.
    pub baseline: Option<(String, Baseline)>,
    /// Severities by code.
    pub severities: BTreeMap<String, Severity>,
    /// What is tried of who may do what, where that is asked for.
    pub access: Option<Asked>,
    /// What is known of the API, where advice on the contract is asked for besides.
    pub lint: Option<ApiWish>,
    /// The REST endpoint that live is, and how it is probed, where there are keys for that.
    pub probes: Option<(Endpoint, smoke_room::Settings)>,
    /// Where code is looked for that is held to the contract, where that is asked for.
    pub usage: Option<Search>,
    /// Where scratches come from.
    pub scratch: Choice,
    /// Whether live is held to the migrations that it says it has, where it says so.
    pub uses_history: bool,
    /// How long migrations that live does not have yet may take to arrive: a deploy may be on its way.
    pub wait: Duration,
    /// How long the whole may take.
    pub timeout: Duration,
    /// The day on which ignores are judged.
    pub today: Date,
}

/// Both sides held against each other.
struct Compared {
    expected: Loaded,
    actual: Loaded,
    findings: Vec<Finding>,
    unprinted: BTreeSet<Gap>,
    default_grants: Vec<Object>,
    /// What requests should reach, where live is what answers them.
    offered: Option<smoke_room::Expected>,
    around: Surroundings,
    history: History,
    live: Live,
}

/// Compares, and reports whatever happens: what could not be looked at is `unknown`.
pub async fn verify(settings: &Settings, progress: &dyn Progress) -> Report {
    let work = async {
        match &settings.base {
            Some(base) => change::compare(settings, base, progress).await,
            None => warm::verify(settings, progress).await,
        }
    };
    // Each adds to a future that has to fit on a stack.
    let work = lint::with(settings, Box::pin(work), progress);
    let work = access::with(settings, Box::pin(work), progress);
    let live = Some(&settings.live);
    let work = usage::with(settings, Box::pin(work), live, progress);
    in_time(settings, Box::pin(work)).await
}

/// Replays the expected side alone, where nobody may look at live: says what fails, and what was not done.
pub async fn replay(settings: &Settings, progress: &dyn Progress) -> Report {
    let work = async {
        match &settings.base {
            Some(base) => change::replay(settings, base, progress).await,
            None => Ok(replay_expected(settings, progress).await?.1),
        }
    };
    // Each adds to a future that has to fit on a stack.
    let work = lint::with(settings, Box::pin(work), progress);
    let work = access::with(settings, Box::pin(work), progress);
    let work = usage::with(settings, Box::pin(work), None, progress);
    in_time(settings, Box::pin(work)).await
}

/// Reads one source as a contract, limited to what would be compared.
///
/// Which migrations it holds is what the database recorded, or what was replayed, and `contained` besides.
pub async fn inventory(
    settings: &Settings,
    contained: Option<&Migrations>,
    progress: &dyn Progress,
) -> Result<Contract> {
    let (mut live, known) = open(settings).await?;
    let around = Surroundings::new(settings, known);
    let loader = around.loader(true, progress);
    let mut loaded = loader.live(&mut live).await?;
    around
        .scope
        .limit_expected(&mut loaded.contract, &loaded.provenance);
    loaded
        .contract
        .coverage
        .not_compared
        .extend(loaded.outcome.gaps);
    let mut versions = history::versions(settings, &mut live).await?;
    versions.extend(
        contained
            .into_iter()
            .flat_map(Migrations::versions)
            .map(str::to_owned),
    );
    loaded.contract.migrations.extend(versions);
    Ok(loaded.contract)
}

/// Live, with what it says of itself, before either side is read.
struct Opened {
    live: Live,
    history: History,
    around: Surroundings,
}

async fn opened(settings: &Settings, progress: &dyn Progress) -> Result<Opened> {
    progress.phase("connecting");
    let (mut live, known) = open(settings).await?;
    let history = History::read(settings, &mut live, progress).await?;
    let held = Settings {
        expected: history.held_to.clone(),
        ..settings.clone()
    };
    Ok(Opened {
        live,
        history,
        around: Surroundings::new(&held, known),
    })
}

async fn compare(
    settings: &Settings,
    with_needs: bool,
    progress: &dyn Progress,
) -> Result<Compared> {
    let opened = opened(settings, progress).await?;
    compare_opened(settings, opened, with_needs, progress).await
}

/// Reads both sides and holds them against each other.
async fn compare_opened(
    settings: &Settings,
    opened: Opened,
    with_needs: bool,
    progress: &dyn Progress,
) -> Result<Compared> {
    let Opened {
        mut live,
        mut history,
        around,
    } = opened;
    let held = &Settings {
        expected: history.held_to.clone(),
        ..settings.clone()
    };
    let (loader, scope) = (around.loader(with_needs, progress), &around.scope);
    let (mut expected, mut actual) =
        tokio::try_join!(loader.load(&held.expected), loader.live(&mut live))?;

    progress.phase("comparing");
    let grants = [&expected, &actual].map(|one| classes::default_grants(&one.contract));
    let default_grants = grants.concat();
    limit(scope, &live, &mut expected, &mut actual)?;
    let offered = smoke::offered(&live, &expected.contract);
    history.set_aside(&mut actual.contract, &expected.contract);
    let unprinted = reprint::agree(held, &loader, scope, &expected, &mut actual).await?;
    classes::align(&mut expected.contract, &actual.contract);
    classes::align(&mut actual.contract, &expected.contract);
    let mut deltas = contract::diff(&expected.contract, &actual.contract);
    if !deltas.is_empty() && history.has_moved(&mut live).await? {
        return Box::pin(compare(settings, with_needs, progress)).await;
    }
    if !deltas.is_empty() && !actual.is_still && matches!(live, Live::Database(_)) {
        let seen = seen_again(&loader, &mut live, scope, &expected.contract).await?;
        deltas.retain(|delta| seen.contains(&key(delta)));
    }
    let mut doubtful = 0;
    if !deltas.is_empty() && exposure::is_in_doubt(held, &around) {
        let live = &actual.contract;
        doubtful = exposure::take_out_doubtful(&loader, held, scope, live, &mut deltas).await?;
    }
    let deltas = contract::fold(deltas);
    let mut findings = judged(settings, &deltas, doubtful, &expected, &actual);
    history.unquote(&mut findings);
    history.prove_repair(settings, &loader, scope).await?;
    findings.extend(history.exposed(settings));
    findings.append(&mut history.findings);
    Ok(Compared {
        expected,
        actual,
        findings,
        unprinted,
        default_grants,
        offered,
        around,
        history,
        live,
    })
}

/// Leaves of both sides what is compared, in words that both servers know.
fn limit(scope: &Scope, live: &Live, expected: &mut Loaded, actual: &mut Loaded) -> Result<()> {
    if let Live::Served(served) = live {
        actual.contract = served.imply(&expected.contract);
    }
    if let Some(name) = scope.unknown_schema(&expected.contract, &actual.contract) {
        return Err(no_such_schema(name));
    }
    scope.limit_expected(&mut expected.contract, &expected.provenance);
    scope.limit_live(&mut actual.contract, &expected.contract);
    let majors = (expected.contract.server.major, actual.contract.server.major);
    classes::reduce_to_major(&mut expected.contract, majors.0.min(majors.1));
    classes::reduce_to_major(&mut actual.contract, majors.0.min(majors.1));
    Ok(())
}

/// All that the two sides, and what they were made from, have to say.
fn judged(
    settings: &Settings,
    deltas: &[Delta<'_>],
    doubtful: usize,
    expected: &Loaded,
    actual: &Loaded,
) -> Vec<Finding> {
    let (contract, live) = (&expected.contract, &actual.contract);
    let failed = expected.outcome.failed();
    let mut findings = findings::judge(deltas, contract, live, &failed, &settings.severities);
    findings.extend(expected.outcome.findings(&settings.severities));
    findings.extend(actual.outcome.findings(&settings.severities));
    findings.extend(exposure::finding(settings, doubtful));
    findings.extend(findings::of_census(contract, live, &settings.severities));
    findings
}

fn report(settings: &Settings, mut compared: Compared) -> Report {
    settle(settings, &mut compared.findings);
    let Compared {
        expected, actual, ..
    } = compared;
    let held = Settings {
        expected: compared.history.held_to,
        ..settings.clone()
    };
    let mut report = assemble::compared(&held, &expected, &actual, compared.findings);
    report.not_compared.extend(compared.unprinted);
    report.not_compared.extend(compared.history.gaps);
    // Taking large contracts apart is nobody's wait.
    let contracts = (expected.contract, actual.contract);
    std::thread::spawn(move || drop(contracts));
    report
}

/// Ignores and order, the last word on findings.
fn settle(settings: &Settings, findings: &mut Vec<Finding>) {
    let unused = findings::apply_ignores(findings, &settings.ignores, settings.today);
    let unused = unused
        .into_iter()
        .filter(|(ignore, _)| !access::is_besides(ignore));
    findings.extend(unused.map(|(ignore, message)| {
        Finding::of_configuration(
            "ignore-unused",
            &ignore.place,
            message,
            &settings.severities,
        )
    }));
    let gone = gone(settings, findings);
    findings.extend(gone);
    findings::sort(findings);
    findings.dedup();
}

/// Accepts what the baseline has; says when it could shrink.
fn gone(settings: &Settings, findings: &mut [Finding]) -> Option<Finding> {
    let (place, baseline) = settings.baseline.as_ref()?;
    let gone = baseline.apply(findings);
    let first = gone.first()?;
    let message = format!(
        "{} of {} accepted findings are gone or differ in another way, the first {}",
        gone.len(),
        baseline.len(),
        first.object
    );
    let severities = &settings.severities;
    Some(Finding::of_configuration(
        "baseline-gone",
        place,
        message,
        severities,
    ))
}

async fn replay_expected(settings: &Settings, progress: &dyn Progress) -> Result<(Loaded, Report)> {
    let around = Surroundings::new(settings, None);
    let loader = around.loader(false, progress);
    let mut expected = loader.load(&settings.expected).await?;
    around
        .scope
        .limit_expected(&mut expected.contract, &expected.provenance);
    let mut findings = expected.outcome.findings(&settings.severities);
    settle(settings, &mut findings);
    let report = assemble::replayed(settings, &expected, findings);
    Ok((expected, report))
}

async fn in_time(settings: &Settings, work: impl Future<Output = Result<Report>>) -> Report {
    let begin = Instant::now();
    let outcome = tokio::time::timeout(settings.timeout + settings.wait, work).await;
    let outcome = outcome.unwrap_or_else(|_| Err(timed_out(settings.timeout)));
    let mut report = outcome.unwrap_or_else(|error| assemble::unknown(settings, &error));
    report.timing.total = begin.elapsed();
    report
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
    classes::reduce_to_major(&mut again, expected.server.major);
    classes::align(&mut again, expected);
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

/// What a REST endpoint tells is no whole contract.
fn refuse_part(settings: &Settings, what: &str) -> Result<()> {
    let Some(endpoint) = settings.live.rest() else {
        return Ok(());
    };
    let message = format!(
        "{what} a whole contract, and {} tells a part",
        endpoint.label()
    );
    Err(Error::new(ErrorCode::SourceInvalid, message)
        .with_help("Name supabase:REF or a connection string."))
}

fn no_such_schema(name: &str) -> Error {
    Error::new(ErrorCode::ConfigInvalid, format!("neither side has a schema {name}"))
        .with_help("Correct --schema, or `schemas` in pgpact.toml; leave it out to compare every schema that is not the platform's.")
}

fn timed_out(timeout: Duration) -> Error {
    Error::new(
        ErrorCode::TimedOut,
        format!("no verdict within {} s", timeout.as_secs()),
    )
    .with_help("Allow more time with --timeout, and see with -v which part is slow.")
}
