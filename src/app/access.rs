//! Who may do what: a contract is made in a scratch and everybody tries.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::surroundings::{Surroundings, open};
use super::{Settings, assemble};
use crate::access::{self, Cell, Found, Judgement, Matrix, Outcome, Wish};
use crate::classes::Severity;
use crate::contract::{Contract, Gap, Location};
use crate::error::{Error, ErrorCode, Result};
use crate::findings::{self, Finding, Ignore, Tried as By};
use crate::progress::Progress;
use crate::prove;
use crate::report::{AccessChange, Drawn, Report, Side, Timing, Verdict};
use crate::scratch::Scratch;
use crate::source::{Loaded, Loader, Sources};

/// What was found, and the report of it.
#[derive(Debug)]
pub struct Accessed {
    /// The report.
    pub report: Report,
    /// Who may do what; empty when nobody could look.
    pub matrix: Matrix,
}

/// What a comparison tries besides.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is to be tried.
    pub wish: Wish,
    /// The committed matrix, where there is one.
    pub committed: Option<Matrix>,
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
        Err(Error::new(
            ErrorCode::TimedOut,
            "no access matrix within the time allowed",
        )
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
    let (_, known) = open(settings).await?;
    let around = Surroundings::new(settings, known);
    let Tried {
        loaded,
        found,
        gaps,
    } = explore(&settings.expected, wish, &around, progress).await?;
    let mut findings = loaded.outcome.findings(&settings.severities);
    findings.extend(findings_of(
        &found,
        committed,
        &loaded.contract,
        &settings.severities,
    ));
    accept(settings, &mut findings, "access");
    let mut report = Report {
        verdict: Report::verdict_of(&findings, settings.threshold),
        failure: None,
        expected: assemble::side(&settings.expected, &loaded.contract),
        live: Side {
            source: "not looked at".to_owned(),
            ..Side::default()
        },
        findings,
        threshold: settings.threshold,
        classes: BTreeSet::new(),
        not_compared: gaps,
        probes: Vec::new(),
        used: None,
        proposed: None,
        fleet: None,
        drawn: Drawn::default(),
        timing: Timing {
            expected: loaded.took,
            live: Duration::ZERO,
            total: Duration::ZERO,
        },
    };
    report.drawn.matrix = Some(found.matrix.clone());
    Ok(Accessed {
        report,
        matrix: found.matrix,
    })
}

/// Adds to a report what trying shows: on a change also what it makes another.
pub(super) async fn with(
    settings: &Settings,
    work: impl Future<Output = Result<Report>>,
    progress: &dyn Progress,
) -> Result<Report> {
    let mut report = work.await?;
    let Some(asked) = &settings.access else {
        return Ok(report);
    };
    let is_untouched = match &settings.base {
        Some(base) => !settings.always_looks && base.are_same_sql(&settings.expected)?,
        None => false,
    };
    if is_untouched {
        return Ok(report);
    }
    match add(settings, asked, &mut report, progress).await {
        Ok(()) => {}
        // Worse than not knowing is known already.
        Err(error) if report.verdict == Verdict::Broken => {
            report.not_compared.insert(Gap {
                what: "who may do what".to_owned(),
                why: error.chain(),
            });
        }
        Err(error) => return Err(error),
    }
    Ok(report)
}

async fn add(
    settings: &Settings,
    asked: &Asked,
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<()> {
    let known = open(settings).await.ok().and_then(|(_, known)| known);
    let around = Surroundings::new(settings, known);
    let head = explore(&settings.expected, &asked.wish, &around, progress).await?;
    let committed = asked.committed.as_ref();
    let mut findings = findings_of(
        &head.found,
        committed,
        &head.loaded.contract,
        &settings.severities,
    );
    accept(settings, &mut findings, "access");
    report.findings.extend(findings);
    findings::sort(&mut report.findings);
    report.not_compared.extend(head.gaps);
    report.drawn.matrix = Some(head.found.matrix.clone());
    if let (Some(base), Some(proposed)) = (&settings.base, &mut report.proposed) {
        let before = match explore(base, &asked.wish, &around, progress).await {
            Ok(before) => before.found.matrix,
            // The change brings the first who may do anything.
            Err(error) if error.code() == ErrorCode::NothingToTry => Matrix::default(),
            Err(error) => return Err(error),
        };
        let moved = head.found.matrix.moved(&before).into_iter();
        proposed.access = moved.filter_map(|moved| change(&moved)).collect();
    }
    if report.failure.is_none() {
        report.verdict = Report::verdict_of(&report.findings, settings.threshold);
    }
    Ok(())
}

fn change(moved: &access::Moved<'_>) -> Option<AccessChange> {
    let cell = moved.after.or(moved.before)?;
    (moved.is_wider() || moved.is_narrower()).then(|| AccessChange {
        object: cell.object.clone(),
        actor: cell.actor.clone(),
        operation: cell.operation.as_str(),
        is_wider: moved.is_wider(),
        what: cell.operation.in_words(),
        because: moved
            .after
            .map(|cell| cell.because.clone())
            .unwrap_or_default(),
    })
}

/// What is found besides what a comparison shows: the word that codes begin with, and ids.
const BESIDES: [&str; 3] = ["access", "lint", "usage"];

/// Whether an ignore can only match what is found besides a comparison.
pub(super) fn is_besides(ignore: &Ignore) -> bool {
    BESIDES.iter().any(|word| is_about(ignore, word))
}

fn is_about(ignore: &Ignore, word: &str) -> bool {
    let begins = |text: &str, sign: char| text.split(sign).next() == Some(word);
    let code = ignore.code.as_ref();
    let object = ignore.object.as_ref();
    code.is_some_and(|code| begins(code, '-'))
        || object.is_some_and(|object| begins(object.as_str(), ':'))
}

/// Ignores what is to be ignored; ignores that match nothing are the comparison's business.
pub(super) fn accept(settings: &Settings, findings: &mut Vec<Finding>, word: &str) {
    let about: Vec<Ignore> = settings
        .ignores
        .iter()
        .filter(|ignore| is_about(ignore, word) || ignore.code.is_none() && !is_besides(ignore))
        .cloned()
        .collect();
    for (ignore, message) in findings::apply_ignores(findings, &about, settings.today) {
        if is_about(ignore, word) {
            let unused = Finding::of_configuration(
                "ignore-unused",
                &ignore.place,
                message,
                &settings.severities,
            );
            findings.push(unused);
        }
    }
    findings::sort(findings);
    findings.dedup();
}

/// A contract that was tried.
struct Tried {
    loaded: Loaded,
    found: Found,
    gaps: BTreeSet<Gap>,
}

async fn explore(
    sources: &Sources,
    wish: &Wish,
    around: &Surroundings,
    progress: &dyn Progress,
) -> Result<Tried> {
    let loader = around.loader(true, progress);
    let (loaded, scratch, mut gaps) = stage(sources, around, &loader).await?;
    let wish = Wish {
        schemas: around.scope.schemas.clone(),
        platform_schemas: around.scope.platform_schemas.iter().cloned().collect(),
        ..wish.clone()
    };
    let mut found = access::explore(&scratch, &wish, progress).await?;
    gaps.extend(loaded.outcome.gaps.iter().cloned());
    gaps.append(&mut found.gaps);
    Ok(Tried {
        loaded,
        found,
        gaps,
    })
}

/// A scratch with the contract in it: the one that replayed it, or one where it is made anew.
async fn stage(
    sources: &Sources,
    around: &Surroundings,
    loader: &Loader<'_>,
) -> Result<(Loaded, Scratch, BTreeSet<Gap>)> {
    let mut loaded = match sources.are_sql() {
        true => loader.with_server(sources).await?,
        false => loader.load(sources).await?,
    };
    let whole = around.environment.platform.scope(Vec::new());
    whole.limit_expected(&mut loaded.contract, &loaded.provenance);
    if let Some(scratch) = loaded.scratch.take() {
        return Ok((loaded, scratch, BTreeSet::new()));
    }
    loader.progress.phase("making the contract in a scratch");
    let (scratch, gaps) = prove::rebuild(
        &around.choice,
        &around.environment,
        &loaded.contract,
        &whole,
    )
    .await?;
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
        let tried = By {
            actor: cell.actor.clone(),
            operation: cell.operation.as_str().to_owned(),
        };
        Finding::of_access(
            code,
            &cell.object,
            Some(tried),
            message,
            place(cell),
            severities,
        )
    };
    let mut findings = reached(found, &of_cell);
    findings.extend(unproven(&found.matrix, severities));
    findings.extend(found.reveals.iter().map(|(object, actor, words)| {
        let message = format!("{actor} can find out {words}");
        Finding::of_access("access-reveals", object, None, message, None, severities)
    }));
    if let Some(committed) = committed {
        let mut moved = moved(&found.matrix, committed, &of_cell);
        // What leaks is told already.
        moved.retain(|finding| {
            !findings
                .iter()
                .any(|known| known.id == finding.id && known.tried == finding.tried)
        });
        findings.extend(moved);
    }
    findings
}

/// Leaks, and what fails.
fn reached(
    found: &Found,
    of_cell: &dyn Fn(&'static str, &Cell, String) -> Finding,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (cell, verdict) in &found.leaks {
        let may = format!(
            "{} may {}: {}",
            cell.actor,
            cell.operation.in_words(),
            cell.because
        );
        findings.push(match verdict {
            Judgement::AgainstRule(rule) => of_cell(
                "access-rule-broken",
                cell,
                format!("{may} ({rule} denies it)"),
            ),
            Judgement::Open => of_cell("access-open", cell, may),
            Judgement::Leak | Judgement::Fine => of_cell("access-leak", cell, may),
        });
    }
    for cell in &found.faults {
        let message = format!(
            "{} cannot {}: {}",
            cell.actor,
            cell.operation.in_words(),
            cell.because
        );
        findings.push(of_cell("access-fails", cell, message));
    }
    findings
}

/// One finding for each object of which something could not be tried.
fn unproven(matrix: &Matrix, severities: &BTreeMap<String, Severity>) -> Vec<Finding> {
    let mut open: BTreeMap<&str, Vec<&Cell>> = BTreeMap::new();
    for cell in matrix
        .cells
        .iter()
        .filter(|cell| cell.outcome == Outcome::Unproven)
    {
        open.entry(&cell.object).or_default().push(cell);
    }
    let findings = open.into_iter().map(|(object, cells)| {
        let reasons: BTreeSet<&str> = cells.iter().map(|cell| cell.because.as_str()).collect();
        let reasons: Vec<&str> = reasons.into_iter().collect();
        let message = format!(
            "{} of what may be done with it could not be tried: {}",
            cells.len(),
            reasons.join("; ")
        );
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
        let before = moved
            .before
            .map_or("not looked at", |cell| cell.outcome.as_str());
        let code = match (moved.is_wider(), moved.is_narrower()) {
            (true, _) => "access-widened",
            (_, true) => "access-narrowed",
            _ => return None,
        };
        let word = if moved.is_wider() {
            "may now"
        } else {
            "may no longer"
        };
        let after = moved.after.map_or("gone", |cell| cell.outcome.as_str());
        let message = format!(
            "{} {word} {} (was {before}, is {after}: {})",
            cell.actor,
            cell.operation.in_words(),
            cell.because
        );
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
        let mut objects = contract
            .objects
            .values()
            .filter(|object| *object.id.path == *path);
        objects.find_map(|object| object.location.clone())
    };
    policy
        .and_then(|path| at(&path))
        .or_else(|| at(&cell.object))
}
