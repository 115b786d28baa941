//! What each target came to.

use super::{BOLD, DIM, GREEN, RED, line, printable};
use crate::report::{Report, Target, Verdict};
use anstyle::AnsiColor;

/// Nobody reads a list of more that hold.
const MOST_HOLDING: usize = 20;

pub(super) fn render(out: &mut String, report: &Report) {
    let Some(fleet) = &report.fleet else {
        return;
    };
    let (troubled, holding) = fleet.troubled();
    line(out, &format!("{BOLD}Targets{BOLD:#}"));
    let held = fleet
        .targets
        .iter()
        .filter(|target| target.verdict == Verdict::Holds);
    let shown: Vec<&Target> = troubled
        .into_iter()
        .chain(held.take(MOST_HOLDING))
        .collect();
    let width = shown
        .iter()
        .map(|target| target.name.chars().count())
        .max()
        .unwrap_or_default();
    for target in &shown {
        let (style, sign) = match target.verdict {
            Verdict::Holds => (GREEN, "✔"),
            Verdict::Broken => (RED, "✘"),
            Verdict::Unknown => (AnsiColor::Yellow.on_default(), "?"),
        };
        let name = format!("{:<width$}", printable(&target.name));
        let verdict = target.verdict.as_str();
        let said = printable(&fleet.summary(report, target));
        let seconds = target.took.as_secs_f64();
        line(
            out,
            &format!(
                "  {style}{sign}{style:#} {name}  {verdict:<8} {said}  {DIM}{seconds:.1} s{DIM:#}"
            ),
        );
    }
    if holding > MOST_HOLDING {
        line(
            out,
            &format!("  {GREEN}✔{GREEN:#} {} more hold", holding - MOST_HOLDING),
        );
    }
    if !fleet.shards.is_empty() {
        let shards: Vec<String> = fleet.shards.iter().map(ToString::to_string).collect();
        line(out, &format!("  {DIM}shard {}{DIM:#}", shards.join(", ")));
    }
    line(out, "");
}
