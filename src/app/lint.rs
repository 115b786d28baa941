//! Advice on one contract: read, limited to what people made, and looked at by rules.

use std::collections::BTreeSet;
use std::time::Duration;

use super::surroundings::{Surroundings, open};
use super::{Settings, access, assemble, no_such_schema, refuse_part};
use crate::classes::{self, Api, ApiWish, Outlook, Statistics};
use crate::contract::{Contract, Gap};
use crate::error::Result;
use crate::findings::{self, Finding};
use crate::progress::Progress;
use crate::report::{Drawn, Report, Side, Timing, Verdict};
use crate::source::{Live, Loaded, Sources};

/// Advises on the contract of the live source, whatever that is, and reports whatever happens.
pub async fn lint(settings: &Settings, wish: &ApiWish, progress: &dyn Progress) -> Report {
    super::in_time(settings, look(settings, wish, progress)).await
}

async fn look(settings: &Settings, wish: &ApiWish, progress: &dyn Progress) -> Result<Report> {
    refuse_part(settings, "advice needs")?;
    progress.phase("connecting");
    let (mut live, known) = open(settings).await?;
    let around = Surroundings::new(settings, known);
    let loaded = around.loader(false, progress).live(&mut live).await?;
    progress.phase("looking for advice");
    let statistics = counted(&mut live).await?;
    let (took, is_database) = (loaded.took, statistics.is_some());
    let looked = advise(settings, wish, &around, loaded, statistics.as_ref())?;
    let Looked {
        loaded,
        mut findings,
        gaps,
    } = looked;
    access::accept(settings, &mut findings, "lint");
    let side = assemble::side(&settings.live, &loaded.contract);
    let (expected, live) = match is_database {
        true => (Side::default(), side),
        false => (side, Side::default()),
    };
    let timing = match is_database {
        true => (Duration::ZERO, took),
        false => (took, Duration::ZERO),
    };
    Ok(Report {
        verdict: Report::verdict_of(&findings, settings.threshold),
        failure: None,
        expected,
        live,
        findings,
        threshold: settings.threshold,
        classes: loaded.contract.coverage.classes,
        not_compared: gaps,
        probes: Vec::new(),
        proposed: None,
        fleet: None,
        drawn: Drawn::default(),
        used: None,
        timing: Timing {
            expected: timing.0,
            live: timing.1,
            total: Duration::ZERO,
        },
    })
}

/// What a running server counted; nothing for other sources.
async fn counted(live: &mut Live) -> Result<Option<Statistics>> {
    match live {
        Live::Database(session) => session.statistics().await.map(Some),
        Live::Served(_) | Live::Other(_) => Ok(None),
    }
}

/// What rules had to say of a contract.
struct Looked {
    loaded: Loaded,
    findings: Vec<Finding>,
    gaps: BTreeSet<Gap>,
}

fn advise(
    settings: &Settings,
    wish: &ApiWish,
    around: &Surroundings,
    mut loaded: Loaded,
    statistics: Option<&Statistics>,
) -> Result<Looked> {
    let whole: Contract = loaded.contract.clone();
    if let Some(name) = around.scope.unknown_schema(&whole, &whole) {
        return Err(no_such_schema(name));
    }
    around
        .scope
        .limit_expected(&mut loaded.contract, &loaded.provenance);
    // Policies on these are people's, the tables are not.
    let scope = &around.scope;
    let ours = &mut loaded.contract.objects;
    ours.retain(|_, object| !scope.is_platform_table(object));
    let project = settings.expected.project().or(settings.live.project());
    let api = Api::of(&whole, wish, project.api_schemas.as_deref());
    let outlook = Outlook::new(&whole, &loaded.contract, &api, statistics);
    let advised = classes::advise(&outlook);
    let mut findings = findings::of_advice(&advised.advice, &whole, &settings.severities);
    findings.extend(loaded.outcome.findings(&settings.severities));
    let mut gaps = advised.gaps;
    gaps.extend(loaded.outcome.gaps.iter().cloned());
    gaps.extend(loaded.contract.coverage.not_compared.iter().cloned());
    Ok(Looked {
        loaded,
        findings,
        gaps,
    })
}

/// Adds advice on what the repository declares to a report: on a change, what it brings that was not there before.
pub(super) async fn with(
    settings: &Settings,
    work: impl Future<Output = Result<Report>>,
    progress: &dyn Progress,
) -> Result<Report> {
    let mut report = work.await?;
    let Some(wish) = &settings.lint else {
        return Ok(report);
    };
    let is_untouched = match &settings.base {
        Some(base) => !settings.always_looks && base.are_same_sql(&settings.expected)?,
        None => false,
    };
    if is_untouched {
        return Ok(report);
    }
    match add(settings, wish, &mut report, progress).await {
        Ok(()) => {}
        // Worse than not knowing is known already.
        Err(error) if report.verdict == Verdict::Broken => {
            report.not_compared.insert(Gap {
                what: "advice on the contract".to_owned(),
                why: error.chain(),
            });
        }
        Err(error) => return Err(error),
    }
    Ok(report)
}

async fn add(
    settings: &Settings,
    wish: &ApiWish,
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<()> {
    let (mut live, known) = open(settings).await?;
    let around = Surroundings::new(settings, known);
    let statistics = counted(&mut live).await?;
    let of = async |sources: &Sources| {
        let loaded = around.loader(false, progress).load(sources).await?;
        let mut looked = advise(settings, wish, &around, loaded, statistics.as_ref())?;
        // What the replay had to say is told by the comparison.
        looked
            .findings
            .retain(|finding| findings::is_of_advice(&finding.code));
        Ok(looked)
    };
    let mut head = of(&settings.expected).await?;
    if let Some(base) = &settings.base {
        let before = of(base).await?;
        let count = head.findings.len();
        head.findings.retain(|finding| {
            let mut known = before.findings.iter();
            !known.any(|one| one.code == finding.code && one.id == finding.id)
        });
        let old = count - head.findings.len();
        if old > 0 {
            let pieces = if old == 1 {
                "1 piece"
            } else {
                &format!("{old} pieces")
            };
            report.not_compared.insert(Gap {
                what: format!("{pieces} of advice that hold without the change too"),
                why: "they are not of this change: `pgpact lint` tells them".to_owned(),
            });
        }
    }
    access::accept(settings, &mut head.findings, "lint");
    report.findings.append(&mut head.findings);
    findings::sort(&mut report.findings);
    report.not_compared.append(&mut head.gaps);
    if report.failure.is_none() {
        report.verdict = Report::verdict_of(&report.findings, settings.threshold);
    }
    Ok(())
}
