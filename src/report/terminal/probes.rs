//! What was tried on the running database, counted.

use anstyle::AnsiColor;

use super::{BOLD, DIM, GREEN, RED, line, printable};
use crate::report::{Report, probes};
use crate::smoke::Outcome;

pub(super) fn render(out: &mut String, report: &Report) {
    if report.probes.is_empty() {
        return;
    }
    line(out, &format!("{BOLD}Connection{BOLD:#}"));
    for (name, said) in probes::connection(report) {
        line(out, &format!("  {name:<9}{}", printable(&said)));
    }
    line(out, &format!("\n{BOLD}Probes{BOLD:#}"));
    for (key, tally) in probes::tallies(report) {
        let (style, sign) = match tally.outcome() {
            Outcome::Passed => (GREEN, "✔"),
            Outcome::Failed => (RED, "✘"),
            Outcome::Unproven | Outcome::Skipped => (AnsiColor::Yellow.on_default(), "?"),
        };
        let title = printable(&probes::title(key));
        let slowest = printable(&tally.slowest());
        let counted = tally.counted();
        line(
            out,
            &format!("  {style}{sign}{style:#} {title:<32} {counted}  {DIM}{slowest}{DIM:#}"),
        );
    }
    line(out, "");
}
