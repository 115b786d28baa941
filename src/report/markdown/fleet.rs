//! What each target came to, as a table.

use super::{Detail, Options, escape, put};
use crate::report::{Report, Target, Verdict};

/// As many that hold are named; the rest is counted.
const MOST_HOLDING: usize = 50;

pub(super) fn render(out: &mut String, report: &Report, options: &Options<'_>) {
    let Some(fleet) = &report.fleet else {
        return;
    };
    let (troubled, holding) = fleet.troubled();
    let named = match options.detail {
        Detail::Full | Detail::Tables => MOST_HOLDING,
        Detail::Counts => 0,
    };
    put(out, "| Target | Verdict | |\n|---|---|---|");
    let held = fleet
        .targets
        .iter()
        .filter(|target| target.verdict == Verdict::Holds);
    let shown: Vec<&Target> = troubled.into_iter().chain(held.take(named)).collect();
    for target in &shown {
        let sign = match target.verdict {
            Verdict::Holds => "✅",
            Verdict::Broken => "❌",
            Verdict::Unknown => "⚠️",
        };
        let name = escape::code(&target.name);
        let said = escape::text(&fleet.summary(report, target));
        put(
            out,
            &format!("| {name} | {sign} {} | {said} |", target.verdict.as_str()),
        );
    }
    if holding > named {
        put(out, &format!("| {} more | ✅ holds | |", holding - named));
    }
    put(out, "");
}
