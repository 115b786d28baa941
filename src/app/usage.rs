//! What application code expects, held to the expected contract, and where they are known to the base's and live's.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::surroundings::{Surroundings, open};
use super::{Settings, access, assemble};
use crate::classes::Severity;
use crate::classes::shape::{Named, Shape};
use crate::contract::{Contract, Gap, Location};
use crate::error::{Error, ErrorCode, Result};
use crate::findings::{self, Finding};
use crate::progress::Progress;
use crate::report::{Drawn, Report, Side, Timing, Used, Verdict};
use crate::source::{Live, Loaded, Loader, Sources};
use crate::usage::hold::{self, Held, Problem, Terms};
use crate::usage::map::Map;
use crate::usage::search::{Code, Search};

/// From how many rows on reading a whole table to find a few is slow.
const LARGE: u64 = 100_000;

/// What came of holding code to a contract.
#[derive(Debug)]
pub struct CodeHeld {
    /// The report.
    pub report: Report,
    /// Which code uses what; empty where nobody could look.
    pub map: Map,
}

/// Holds code to the expected side; `live` says what exists already, where it is given.
pub async fn usage(
    settings: &Settings,
    search: &Search,
    live: Option<&Sources>,
    progress: &dyn Progress,
) -> CodeHeld {
    let begin = Instant::now();
    let work = async {
        let seen = look(settings, search, live, progress).await?;
        Ok(alone(settings, seen))
    };
    let ended = tokio::time::timeout(settings.timeout, work).await;
    let ended = ended.unwrap_or_else(|_| Err(super::timed_out(settings.timeout)));
    let mut held = ended.unwrap_or_else(|error| {
        let mut report = assemble::unknown(settings, &error);
        report.live = live.map_or_else(Side::default, |_| report.live);
        let map = Map::default();
        CodeHeld { report, map }
    });
    held.report.timing.total = begin.elapsed();
    held
}

/// Adds to a report what code expects, where that is asked for; `live` where it may be looked at.
pub(super) async fn with(
    settings: &Settings,
    work: impl Future<Output = Result<Report>>,
    live: Option<&Sources>,
    progress: &dyn Progress,
) -> Result<Report> {
    let mut report = work.await?;
    let Some(search) = &settings.usage else {
        return Ok(report);
    };
    match beside(settings, search, live, progress).await {
        Ok(seen) => {
            report.findings.extend(seen.findings);
            findings::sort(&mut report.findings);
            report.not_compared.extend(seen.gaps);
            report.used = Some(seen.used);
            if report.failure.is_none() {
                report.verdict = Report::verdict_of(&report.findings, settings.threshold);
            }
            Ok(report)
        }
        // Worse than not knowing is known already.
        Err(error) if report.verdict == Verdict::Broken => {
            report.not_compared.insert(Gap {
                what: "what code expects".to_owned(),
                why: error.chain(),
            });
            Ok(report)
        }
        Err(error) => Err(error),
    }
}

/// Looks at live as well: what it does not have yet is told apart from what is nowhere.
async fn beside(
    settings: &Settings,
    search: &Search,
    live: Option<&Sources>,
    progress: &dyn Progress,
) -> Result<Seen> {
    match look(settings, search, live, progress).await {
        Err(error) if live.is_some() => {
            let mut seen = look(settings, search, None, progress).await?;
            seen.gaps.insert(Gap {
                what: "what code uses that live does not have yet".to_owned(),
                why: error.chain(),
            });
            Ok(seen)
        }
        seen => seen,
    }
}

/// What is known when everything was looked at.
struct Seen {
    loaded: Loaded,
    findings: Vec<Finding>,
    gaps: BTreeSet<Gap>,
    used: Used,
    map: Map,
    live: Option<(Sources, Loaded)>,
}

async fn look(
    settings: &Settings,
    search: &Search,
    live: Option<&Sources>,
    progress: &dyn Progress,
) -> Result<Seen> {
    let held_to = Settings {
        live: live.unwrap_or(&settings.expected).clone(),
        ..settings.clone()
    };
    let reading = search.clone();
    progress.phase("reading code");
    let reading = tokio::task::spawn_blocking(move || crate::usage::read(&reading));
    let (mut opened, known) = open(&held_to).await?;
    let around = Surroundings::new(&held_to, known);
    let loader = around.loader(true, progress);
    let loaded = whole(&around, &loader, &settings.expected).await?;
    let actual = match live {
        Some(sources) => Some((sources.clone(), loader.live(&mut opened).await?)),
        None => None,
    };
    let code = reading
        .await
        .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
    if code.read == 0 {
        return Err(nothing_read(search, &code));
    }
    progress.phase("holding code to the contract");
    let shape = Shape::of(&loaded.contract);
    let terms = Terms {
        platform_schemas: around.scope.platform_schemas.clone(),
        large: large(&mut opened, &shape).await,
        ..Terms::default()
    };
    let hold = |contract: &Contract| hold::hold(&code.files, &Shape::of(contract), &terms);
    let held = hold::hold(&code.files, &shape, &terms);
    let before = match &settings.base {
        Some(base) if !base.are_same_sql(&settings.expected)? => {
            Some(whole(&around, &loader, base).await?)
        }
        _ => None,
    };
    let others = Others {
        base: before.map(|before| hold(&before.contract)),
        live: actual.as_ref().map(|(_, actual)| hold(&actual.contract)),
    };
    Ok(seen(
        settings,
        loaded,
        actual,
        &code,
        &held,
        &others,
        Map::of(&held, &shape, &terms.schema),
    ))
}

/// Puts together what was found, with what is ignored of it.
fn seen(
    settings: &Settings,
    loaded: Loaded,
    live: Option<(Sources, Loaded)>,
    code: &Code,
    held: &Held,
    others: &Others,
    map: Map,
) -> Seen {
    let mut findings = loaded.outcome.findings(&settings.severities);
    findings.extend(told(held, others, code, &settings.severities));
    access::accept(settings, &mut findings, "usage");
    let mut gaps = gaps(held, code);
    gaps.extend(loaded.outcome.gaps.iter().cloned());
    Seen {
        used: Used {
            files: code.read,
            uses: held.judged,
            open: held.open.len(),
        },
        map,
        live,
        findings,
        gaps,
        loaded,
    }
}

/// A source with everything in it, whatever is compared otherwise.
async fn whole(around: &Surroundings, loader: &Loader<'_>, sources: &Sources) -> Result<Loaded> {
    let mut loaded = loader.load(sources).await?;
    let whole = around.environment.platform.scope(Vec::new());
    whole.limit_expected(&mut loaded.contract, &loaded.provenance);
    Ok(loaded)
}

/// The report of code alone.
fn alone(settings: &Settings, seen: Seen) -> CodeHeld {
    let live = seen.live.as_ref();
    let report = Report {
        verdict: Report::verdict_of(&seen.findings, settings.threshold),
        failure: None,
        expected: assemble::side(&settings.expected, &seen.loaded.contract),
        live: live.map_or_else(Side::default, |(sources, loaded)| {
            assemble::side(sources, &loaded.contract)
        }),
        findings: seen.findings,
        threshold: settings.threshold,
        classes: BTreeSet::new(),
        not_compared: seen.gaps,
        probes: Vec::new(),
        used: Some(seen.used),
        proposed: None,
        fleet: None,
        drawn: Drawn::default(),
        timing: Timing {
            expected: seen.loaded.took,
            live: live.map_or(Duration::ZERO, |(_, loaded)| loaded.took),
            total: Duration::ZERO,
        },
    };
    CodeHeld {
        report,
        map: seen.map,
    }
}

/// The same code held to what there was before a change, and to what there is.
#[derive(Default)]
struct Others {
    base: Option<Held>,
    live: Option<Held>,
}

fn told(
    held: &Held,
    others: &Others,
    code: &Code,
    severities: &BTreeMap<String, Severity>,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = held
        .problems
        .iter()
        .map(|problem| of_problem(problem, others, severities))
        .collect();
    for problem in others.live.iter().flat_map(|live| &live.problems) {
        let is_known = held.problems.iter().any(|known| is_same(known, problem));
        if !is_known && findings::fails(problem.code) {
            let message = format!("live does not have it yet: {}", sentence(problem));
            findings.push(finding("usage-not-live-yet", problem, message, severities));
        }
    }
    for skipped in code.skipped.iter().filter(|skipped| skipped.is_fault) {
        let path = skipped.path.to_string_lossy();
        let location = Location {
            file: path.as_ref().into(),
            line: 1,
        };
        let message = format!("{path} could not be read: {}", skipped.why);
        let unread = Finding::of_usage("usage-file-unread", &path, location, message, severities);
        findings.push(unread);
    }
    findings
}

fn of_problem(
    problem: &Problem,
    others: &Others,
    severities: &BTreeMap<String, Severity>,
) -> Finding {
    let is_in = |held: &Held| held.problems.iter().any(|known| is_same(known, problem));
    let mut message = sentence(problem);
    if !findings::fails(problem.code) {
        return finding(problem.code, problem, message, severities);
    }
    let is_broken_by_change = others.base.as_ref().is_some_and(|base| !is_in(base));
    if is_broken_by_change {
        message.push_str("; the change takes it away from this line");
    } else if let Some(live) = &others.live {
        message.push_str(match is_in(live) {
            true => "; live is no different",
            false => "; on live it still works",
        });
    }
    let mut finding = finding(problem.code, problem, message, severities);
    if is_broken_by_change && !severities.contains_key(problem.code) {
        finding.severity = finding.severity.max(Severity::Critical);
    }
    finding
}

fn finding(
    code: &'static str,
    problem: &Problem,
    message: String,
    severities: &BTreeMap<String, Severity>,
) -> Finding {
    let location = Location {
        file: problem.file.clone(),
        line: problem.place.line,
    };
    Finding::of_usage(code, &problem.about, location, message, severities)
}

fn sentence(problem: &Problem) -> String {
    match &problem.suggestion {
        Some(near) => format!("{}; did you mean {near}?", problem.message),
        None => problem.message.clone(),
    }
}

/// The same line may differ from contract to contract in what is near to a name.
fn is_same(left: &Problem, right: &Problem) -> bool {
    (left.code, &left.file, left.place) == (right.code, &right.file, right.place)
}

/// What was not judged, by the reason.
fn gaps(held: &Held, code: &Code) -> BTreeSet<Gap> {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for open in &held.open {
        let place = format!("{}:{}", open.file, open.place.line);
        by_reason.entry(&open.why).or_default().push(place);
    }
    for skipped in code.skipped.iter().filter(|skipped| !skipped.is_fault) {
        let path = skipped.path.to_string_lossy().into_owned();
        by_reason.entry(&skipped.why).or_default().push(path);
    }
    by_reason
        .into_iter()
        .map(|(why, places)| Gap {
            what: places.join(", "),
            why: why.to_owned(),
        })
        .collect()
}

/// Tables of live that are large, as far as it says so.
async fn large(live: &mut Live, shape: &Shape) -> BTreeSet<Named> {
    let Live::Database(session) = live else {
        return BTreeSet::new();
    };
    let names: BTreeMap<String, &Named> = shape
        .relations
        .keys()
        .map(|named| (named.to_string(), named))
        .collect();
    let all: Vec<&str> = names.keys().map(String::as_str).collect();
    let sizes = session.sizes(&all).await.unwrap_or_default();
    sizes
        .iter()
        .filter(|(_, (_, rows))| rows.is_some_and(|rows| rows >= LARGE))
        .filter_map(|(name, _)| names.get(name).map(|named| (*named).clone()))
        .collect()
}

fn nothing_read(search: &Search, code: &Code) -> Error {
    let paths: Vec<String> = search
        .paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let left_out = code.skipped.iter().map(|skipped| {
        let path = skipped.path.display();
        format!("; {path}: {}", skipped.why)
    });
    let left_out: String = left_out.take(3).collect();
    Error::new(
        ErrorCode::NothingToTry,
        format!("there is no code to read in {}{left_out}", paths.join(", ")),
    )
    .with_help("Name the folder that has it, or look at `include` and `exclude` under [usage] in pgpact.toml.")
}
