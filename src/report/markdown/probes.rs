//! What was tried on the running database: counted, and each in a fold.

use super::details::fold;
use super::escape::{code, text};
use super::{Detail, Options, put};
use crate::report::{Report, probes};
use crate::smoke::Outcome;

pub(super) fn render(out: &mut String, report: &Report, options: &Options<'_>) {
    if report.probes.is_empty() {
        return;
    }
    put(out, "| Probe | Outcome | |\n|---|---|---|");
    for (key, tally) in probes::tallies(report) {
        let slowest = match options.timing {
            true => tally.slowest(),
            false => String::new(),
        };
        put(
            out,
            &format!(
                "| {} {} | {} | {} |",
                sign(tally.outcome()),
                text(&probes::title(key)),
                tally.counted(),
                text(&slowest)
            ),
        );
    }
    put(out, "");
    if options.timing {
        fold(out, "Connection", |out| {
            put(out, "| | |\n|---|---|");
            for (name, said) in probes::connection(report) {
                put(out, &format!("| {name} | {} |", text(&said)));
            }
            put(out, "");
        });
    }
    if options.detail == Detail::Full {
        fold(out, "Every probe", |out| each(out, report, options));
    }
}

fn each(out: &mut String, report: &Report, options: &Options<'_>) {
    put(
        out,
        "| Probe | Who | What | Outcome | Time | Why |\n|---|---|---|---|---:|---|",
    );
    let probes = report.probes.iter();
    for probe in probes.filter(|probe| !probe.kind.is_of_connection()) {
        let took = match options.timing {
            true => probes::ms(probe.took),
            false => String::new(),
        };
        put(
            out,
            &format!(
                "| {} | {} | {} | {} {} | {took} | {} |",
                probe.kind,
                text(&probe.who),
                code(&probe.what.path),
                sign(probe.outcome),
                probe.outcome.as_str(),
                text(&probe.why)
            ),
        );
    }
    put(out, "");
}

fn sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "✅",
        Outcome::Failed => "❌",
        Outcome::Unproven => "❔",
        Outcome::Skipped => "➖",
    }
}
