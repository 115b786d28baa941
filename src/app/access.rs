//! Who may do what: a contract is made in a scratch and everybody tries.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::surroundings::{Surroundings, open};
use super::{Settings, assemble, settle};
use crate::access::{self, Cell, Found, Matrix, Outcome, Verdict, Wish};
use crate::classes::Severity;
use crate::contract::{Contract, Gap, Location};
use crate::error::{Error, ErrorCode, Result};
use crate::findings::{Finding, Tried};
use crate::progress::Progress;
use crate::prove;
use crate::report::{Report, Side, Timing};
use crate::scratch::Scratch;
use crate::source::{Live, Loaded, Loader};

/// What was found, and the report of it.
#[derive(Debug)]
pub struct Accessed {
    /// The report.
    pub report: Report,
    /// Who may do what; empty when nobody could look.
    pub matrix: Matrix,
}

/// Makes the expected side in a scratch, fills it, and tries who may do what; holds that to a committed matrix.
pub async fn access(
    settings: &Settings,
    wish: &Wish,
    committed: Option<&Matrix>,
    progress: &dyn Progress,
) -> Accessed {
    let begin = Instant::now();
    let work = tokio::time::timeout(settings.timeout, look(settings, wish, committed, progress));
    let ended = work.await.unwrap_or_else(|_| {
        Err(Error::new(ErrorCode::TimedOut, "no access matrix within the time allowed")
            .with_help("Allow more time with --timeout."))
    });
    let mut accessed = ended.unwrap_or_else(|error| Accessed {
        report: assemble::unknown(settings, &error),
        matrix: Matrix::default(),
    });
    accessed.report.timing.total = begin.elapsed();
    accessed
}

async fn look(
    settings: &Settings,
    wish: &Wish,
    committed: Option<&Matrix>,
    progress: &dyn Progress,
) -> Result<Accessed> {
    let (mut live, known) = open(settings).await?;
    let around = Surroundings::new(settings, known);
    let loader = around.loader(true, progress);
    let (loaded, scratch, mut gaps) = stage(settings, &around, &loader, &mut live).await?;
    let wish = Wish {
        platform_schemas: around.scope.platform_schemas.iter().cloned().collect(),
        ..wish.clone()
    };
    let found = access::explore(&scratch, &wish, progress).await?;
    gaps.extend(loaded.outcome.gaps.iter().cloned());
    gaps.extend(found.gaps.iter().cloned());
    let mut findings = loaded.outcome.findings(&settings.severities);
    findings.extend(findings_of(&found, committed, &loaded.contract, &settings.severities));
    settle(settings, &mut findings);
    let report = Report {
        verdict: Report::verdict_of(&findings, settings.threshold),
        failure: None,
        expected: assemble::side(&settings.expected, &loaded.contract),
        live: Side { source: "not looked at".to_owned(), ..Side::default() },
        findings,
        threshold: settings.threshold,
        classes: BTreeSet::new(),
        not_compared: gaps,
        proposed: None,
        timing: Timing { expected: loaded.took, live: Duration::ZERO, total: Duration::ZERO },
    };
    Ok(Accessed { report, matrix: found.matrix })
}

/// A scratch with the contract in it: the one that replayed it, or one where it is made anew.
async fn stage(
    settings: &Settings,
    around: &Surroundings,
    loader: &Loader<'_>,
    live: &mut Live,
) -> Result<(Loaded, Scratch, BTreeSet<Gap>)> {
    let sources = &settings.expected;
    let is_replayed = sources.database().is_none() && sources.start()?.is_none();
    let mut loaded = match is_replayed {
        true => loader.with_server(sources).await?,
        false => loader.live(live).await?,
    };
    let whole = around.environment.platform.scope(Vec::new());
    whole.limit_expected(&mut loaded.contract, &loaded.provenance);
    if let Some(scratch) = loaded.scratch.take() {
        return Ok((loaded, scratch, BTreeSet::new()));
    }
    loader.progress.phase("making the contract in a scratch");
    let (scratch, gaps) = prove::rebuild(&around.choice, &around.environment, &loaded.contract, &whole).await?;
    Ok((loaded, scratch, gaps))
}

fn findings_of(
    found: &Found,
    committed: Option<&Matrix>,
    contract: &Contract,
    severities: &BTreeMap<String, Severity>,
) -> Vec<Finding> {
    let place = |cell: &Cell| location(contract, cell);
    let of_cell = |code, cell: &Cell, message: String| {
        let tried = Tried {
            actor: cell.actor.clone(),
            operation: cell.operation.as_str().to_owned(),
        };
        Finding::of_access(code, &cell.object, Some(tried), message, place(cell), severities)
    };
    let mut findings = Vec::new();
    for (cell, verdict) in &found.leaks {
        let may = format!("{} may {}: {}", cell.actor, cell.operation.in_words(), cell.because);
        findings.push(match verdict {
            Verdict::AgainstRule(rule) => of_cell("access-rule-broken", cell, format!("{may} ({rule} denies it)")),
            Verdict::Leak | Verdict::Fine => of_cell("access-leak", cell, may),
        });
    }
    for cell in &found.faults {
        let message = format!("{} cannot {}: {}", cell.actor, cell.operation.in_words(), cell.because);
        findings.push(of_cell("access-fails", cell, message));
    }
    findings.extend(unproven(&found.matrix, severities));
    if let Some(committed) = committed {
        findings.extend(moved(&found.matrix, committed, &of_cell));
    }
    findings
}

/// One finding for each object of which something could not be tried.
fn unproven(matrix: &Matrix, severities: &BTreeMap<String, Severity>) -> Vec<Finding> {
    let mut open: BTreeMap<&str, Vec<&Cell>> = BTreeMap::new();
    for cell in matrix.cells.iter().filter(|cell| cell.outcome == Outcome::Unproven) {
        open.entry(&cell.object).or_default().push(cell);
    }
    let findings = open.into_iter().map(|(object, cells)| {
        let reasons: BTreeSet<&str> = cells.iter().map(|cell| cell.because.as_str()).collect();
        let reasons: Vec<&str> = reasons.into_iter().collect();
        let message = format!("{} of what may be done with it could not be tried: {}", cells.len(), reasons.join("; "));
        Finding::of_access("access-unproven", object, None, message, None, severities)
    });
    findings.collect()
}

/// What is another than in the committed matrix.
fn moved(
    matrix: &Matrix,
    committed: &Matrix,
    of_cell: &dyn Fn(&'static str, &Cell, String) -> Finding,
) -> Vec<Finding> {
    let moved = matrix.moved(committed).into_iter().filter_map(|moved| {
        let cell = moved.after.or(moved.before)?;
        let before = moved.before.map_or("not looked at", |cell| cell.outcome.as_str());
        let code = match (moved.is_wider(), moved.is_narrower()) {
            (true, _) => "access-widened",
            (_, true) => "access-narrowed",
            _ => return None,
        };
        let word = if moved.is_wider() { "may now" } else { "may no longer" };
        let after = moved.after.map_or("gone", |cell| cell.outcome.as_str());
        let message = format!("{} {word} {} (was {before}, is {after}: {})", cell.actor, cell.operation.in_words(), cell.because);
        Some(of_cell(code, cell, message))
    });
    moved.collect()
}

/// The line of a policy that the reason names, else of the object.
fn location(contract: &Contract, cell: &Cell) -> Option<Location> {
    let policy = cell.because.strip_prefix("policy ").map(|rest| {
        let end = match rest.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map_or(rest.len(), |end| end + 2),
            None => rest.find([',', ' ', ';']).unwrap_or(rest.len()),
        };
        format!("{}.{}", cell.object, &rest[..end])
    });
    let at = |path: &str| {
        let mut objects = contract.objects.values().filter(|object| *object.id.path == *path);
        objects.find_map(|object| object.location.clone())
    };
    policy.and_then(|path| at(&path)).or_else(|| at(&cell.object))
}
