//! The report as the XML of `JUnit`, for CI systems that show tests.
//!
//! What was looked at and is right is a test that passed, a finding that breaks the contract one that failed. What
//! does not count, or was not looked at, is skipped; no verdict is an error. Nothing passes that nobody looked at.

use std::collections::BTreeMap;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::annotations;
use super::visible::{visible, visible_line};
use super::{Failure, Report, Verdict, probes};
use crate::findings::Finding;
use crate::smoke::Outcome;

/// What came of a test.
enum Ended {
    Passed,
    /// A word for the sort, one line, and all of it.
    Failed(String, String, String),
    Errored(String, String, String),
    /// Why.
    Skipped(String),
}

struct Case {
    name: String,
    /// The file and line, where there are.
    place: Option<(String, u32)>,
    ended: Ended,
}

#[derive(Default)]
struct Suite {
    cases: Vec<Case>,
}

/// The report as a document with a final newline.
pub fn render(report: &Report) -> String {
    let mut suites: BTreeMap<String, Suite> = BTreeMap::new();
    let mut add = |suite: &str, case: Case| {
        let suite = suites.entry(visible_line(suite)).or_default();
        suite.cases.push(case);
    };
    verdicts(report, &mut add);
    for finding in &report.findings {
        let places = match finding.targets.as_slice() {
            [] => vec![finding.id.class.as_str().to_owned()],
            targets => targets.to_vec(),
        };
        for suite in places {
            add(&suite, of_finding(report, finding));
        }
    }
    looked_at(report, &mut add);
    for gap in &report.not_compared {
        let title = report.open_title().to_lowercase();
        add(&title, skipped(&gap.what, &gap.why));
    }
    written(report, &suites).expect("writing to memory cannot fail, and all text is UTF-8")
}

/// Whether there is a verdict at all, on the whole or on each target.
fn verdicts(report: &Report, add: &mut impl FnMut(&str, Case)) {
    for (target, failure) in report.failures() {
        add(target.unwrap_or(env!("CARGO_PKG_NAME")), errored(failure));
    }
    if report.verdict == Verdict::Unknown && report.failures().is_empty() {
        let why = "no verdict".to_owned();
        let ended = Ended::Errored("unknown".to_owned(), why.clone(), why);
        add(env!("CARGO_PKG_NAME"), case("verdict", ended));
    }
    let targets = report.fleet.iter().flat_map(|fleet| &fleet.targets);
    for target in targets.filter(|target| target.verdict == Verdict::Holds) {
        add(&target.name, case("verdict", Ended::Passed));
    }
    let has_looked = !report.classes.is_empty()
        || !report.probes.is_empty()
        || report.used.is_some()
        || report.fleet.is_some();
    if !has_looked && report.failures().is_empty() {
        let gaps = report.not_compared.iter();
        let why = gaps.map(|gap| format!("{}: {}", gap.what, gap.why)).next();
        let why = why.unwrap_or_else(|| "nothing was compared".to_owned());
        add(env!("CARGO_PKG_NAME"), skipped("comparison", &why));
    }
}

/// What was looked at and has no finding.
fn looked_at(report: &Report, add: &mut impl FnMut(&str, Case)) {
    let has_finding = |class: &str| {
        let mut findings = report.findings.iter();
        findings.any(|finding| finding.id.class.as_str() == class)
    };
    // Of several targets each has a verdict of its own.
    let classes = report.classes.iter().filter(|_| report.fleet.is_none());
    for class in classes.filter(|class| !has_finding(class)) {
        let noun = class.replace('-', " ");
        let name = match report.is_of_one() {
            true => format!("no advice on any {noun}"),
            false => format!("every {noun} is as declared"),
        };
        add(class, case(&name, Ended::Passed));
    }
    for (key, tally) in probes::tallies(report) {
        let counted = tally.counted();
        let ended = match tally.outcome() {
            Outcome::Passed => Ended::Passed,
            Outcome::Failed => Ended::Failed("probe".to_owned(), counted.clone(), counted),
            Outcome::Unproven | Outcome::Skipped => Ended::Skipped(counted),
        };
        add("probes", case(&probes::title(key), ended));
    }
    if let (Some(used), Some(words)) = (report.used, report.used_in_words()) {
        let ended = match used.uses > used.open {
            true => Ended::Passed,
            false => Ended::Skipped("nothing was judged".to_owned()),
        };
        // What fails of it is a finding of its own.
        add("usage", case(&words, ended));
    }
}

fn of_finding(report: &Report, finding: &Finding) -> Case {
    let fact = finding.fact.as_ref().map(|fact| format!(" ({fact})"));
    let tried = finding.tried.as_ref();
    let tried = tried.map(|tried| format!(" as {}: {}", tried.actor, tried.operation));
    let name = format!(
        "{} {}{}{}",
        finding.code,
        finding.id.path,
        fact.unwrap_or_default(),
        tried.unwrap_or_default()
    );
    let line = format!("{}: {}", finding.severity, visible_line(&finding.message));
    let ended = match &finding.ignored {
        Some(reason) => Ended::Skipped(format!("ignored: {reason}")),
        None if report.threshold.is_reached_by(finding) => {
            let place = finding.location.as_ref().map(|at| format!("\n{at}"));
            let whole = annotations::message(finding) + &place.unwrap_or_default();
            Ended::Failed(finding.code.clone(), line, whole)
        }
        None if finding.is_gating => Ended::Skipped(format!("{line}; it fails no run")),
        None => Ended::Skipped(format!("{line}; it is not of this change")),
    };
    let place = finding.location.as_ref();
    Case {
        place: place.map(|at| (at.file.to_string(), at.line.max(1))),
        ..case(&name, ended)
    }
}

fn errored(failure: &Failure) -> Case {
    let help = failure.help.as_ref().map(|help| format!("\n{help}"));
    let whole = failure.message.clone() + &help.unwrap_or_default();
    let code = failure.code.to_string();
    case(
        "verdict",
        Ended::Errored(code, failure.message.clone(), whole),
    )
}

fn skipped(name: &str, why: &str) -> Case {
    case(name, Ended::Skipped(why.to_owned()))
}

fn case(name: &str, ended: Ended) -> Case {
    Case {
        name: name.to_owned(),
        place: None,
        ended,
    }
}

/// How many tests there are, and how many failed, erred and were skipped.
fn counts<'a>(cases: impl Iterator<Item = &'a Case>) -> [(&'static str, String); 4] {
    let (mut all, mut failed, mut errored, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        all += 1;
        match case.ended {
            Ended::Passed => {}
            Ended::Failed(..) => failed += 1,
            Ended::Errored(..) => errored += 1,
            Ended::Skipped(_) => skipped += 1,
        }
    }
    [
        ("tests", all),
        ("failures", failed),
        ("errors", errored),
        ("skipped", skipped),
    ]
    .map(|(name, count): (_, usize)| (name, count.to_string()))
}

fn written(report: &Report, suites: &BTreeMap<String, Suite>) -> Result<String, std::io::Error> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let total = report.timing.total.as_secs_f64();
    let all = suites.values().flat_map(|suite| &suite.cases);
    let root = writer
        .create_element("testsuites")
        .with_attribute(("name", "Database contract"))
        .with_attributes(counts(all).iter().map(|(k, v)| (*k, v.as_str())))
        .with_attribute(("time", format!("{total:.3}").as_str()));
    root.write_inner_content(|writer| {
        for (name, suite) in suites {
            let element = writer
                .create_element("testsuite")
                .with_attribute(("name", name.as_str()))
                .with_attributes(
                    counts(suite.cases.iter())
                        .iter()
                        .map(|(k, v)| (*k, v.as_str())),
                );
            element.write_inner_content(|writer| {
                let mut cases = suite.cases.iter();
                cases.try_for_each(|case| write_case(writer, name, case))
            })?;
        }
        Ok(())
    })?;
    let text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n"
    ))
}

fn write_case(
    writer: &mut Writer<Vec<u8>>,
    suite: &str,
    case: &Case,
) -> Result<(), std::io::Error> {
    let name = visible_line(&case.name);
    let class = format!("{}.{suite}", env!("CARGO_PKG_NAME"));
    let mut element = writer
        .create_element("testcase")
        .with_attribute(("name", name.as_str()))
        .with_attribute(("classname", class.as_str()));
    if let Some((file, line)) = &case.place {
        element = element
            .with_attribute(("file", visible_line(file).as_str()))
            .with_attribute(("line", line.to_string().as_str()));
    }
    let (tag, kind, message, whole) = match &case.ended {
        Ended::Passed => return element.write_empty().map(|_| ()),
        Ended::Failed(kind, message, whole) => ("failure", Some(kind), message, Some(whole)),
        Ended::Errored(kind, message, whole) => ("error", Some(kind), message, Some(whole)),
        Ended::Skipped(why) => ("skipped", None, why, None),
    };
    let message = visible_line(message);
    element.write_inner_content(|writer| {
        let mut inner = writer
            .create_element(tag)
            .with_attribute(("message", message.as_str()));
        if let Some(kind) = kind {
            inner = inner.with_attribute(("type", visible_line(kind).as_str()));
        }
        match whole {
            Some(whole) => inner.write_text_content(BytesText::new(&visible(whole)))?,
            None => inner.write_empty()?,
        };
        Ok(())
    })?;
    Ok(())
}
