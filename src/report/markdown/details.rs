//! What stands folded: values of findings, what was ignored or not compared, and the run itself.

use serde_json::Value;
use similar::TextDiff;

use super::escape::{block, code, prose, text};
use super::{Options, place, put};
use crate::findings::Finding;
use crate::report::{Report, Side, display_value};

/// Longer values are shown as a block.
const SHORT: usize = 120;
/// Lines of one value; a report is read, not archived.
const MOST_LINES: usize = 80;

/// Expected and live values of a group's findings, and what to do about each.
pub(super) fn render_values(out: &mut String, findings: &[&Finding]) {
    let are_compared = |finding: &&Finding| finding.expected.is_some() || finding.live.is_some();
    let title = match findings.iter().any(are_compared) {
        true => "Expected, live and what to do",
        false => "What to do",
    };
    fold(out, title, |out| {
        for finding in findings {
            render_value(out, finding);
        }
    });
}

fn render_value(out: &mut String, finding: &Finding) {
    let fact = finding
        .fact
        .as_ref()
        .map(|fact| format!(", {}", text(&fact.replace('_', " "))))
        .unwrap_or_default();
    put(
        out,
        &format!(
            "**{}** {}{fact}\n",
            text(&finding.code),
            code(&finding.id.path)
        ),
    );
    match (&finding.expected, &finding.live) {
        (Some(expected), Some(live)) => render_pair(out, expected, live),
        (Some(expected), None) => render_side(out, "expected", expected),
        (None, Some(live)) => render_side(out, "live", live),
        (None, None) => {}
    }
    if !finding.help.is_empty() {
        put(out, &format!("{}\n", prose(&finding.help)));
    }
    if let Some(sql) = &finding.sql {
        put(out, &block("sql", &shortened(sql)));
    }
}

fn render_pair(out: &mut String, expected: &Value, live: &Value) {
    let (expected, live) = (display_value(expected), display_value(live));
    if is_short(&expected) && is_short(&live) {
        put(
            out,
            &format!("- expected {}\n- live {}\n", code(&expected), code(&live)),
        );
    } else {
        // A text that only lacks the last newline would seem to differ in its last line.
        let (expected, live) = (expected + "\n", live + "\n");
        let diff = TextDiff::from_lines(&expected, &live)
            .unified_diff()
            .context_radius(3)
            .header("expected", "live")
            .to_string();
        put(out, &block("diff", &shortened(&diff)));
    }
}

fn render_side(out: &mut String, name: &str, value: &Value) {
    let shown = display_value(value);
    if shown.is_empty() || shown == "none" {
        return;
    }
    if is_short(&shown) {
        put(out, &format!("- {name} {}\n", code(&shown)));
    } else {
        put(out, &format!("{name}:\n"));
        put(out, &block("text", &shortened(&shown)));
    }
}

fn is_short(text: &str) -> bool {
    !text.contains('\n') && text.chars().count() <= SHORT
}

fn shortened(text: &str) -> String {
    let count = text.lines().count();
    if count <= MOST_LINES {
        return text.to_owned();
    }
    let kept: Vec<&str> = text.lines().take(MOST_LINES).collect();
    format!("{}\n… {} more lines", kept.join("\n"), count - MOST_LINES)
}

/// Findings that somebody decided to live with.
pub(super) fn render_ignored(out: &mut String, report: &Report, options: &Options<'_>) {
    let count = report.ignored_count();
    if count == 0 {
        return;
    }
    fold(out, &format!("{count} ignored"), |out| {
        put(out, "| Finding | Object | Reason | Where |");
        put(out, "|---|---|---|---|");
        for finding in &report.findings {
            let Some(reason) = &finding.ignored else {
                continue;
            };
            put(
                out,
                &format!(
                    "| {} | {} | {} | {} |",
                    code(&finding.code),
                    code(&finding.id.path),
                    text(reason),
                    place(finding.location.as_ref(), options)
                ),
            );
        }
        put(out, "");
    });
}

/// What was not compared, and why: silence would read as "the same".
pub(super) fn render_coverage(out: &mut String, report: &Report, options: &Options<'_>) {
    let count = report.not_compared.len();
    if count == 0 {
        return;
    }
    if options.detail == super::Detail::Counts {
        let title = report.open_title().to_lowercase();
        put(out, &format!("{count} things were {title}.\n"));
        return;
    }
    let title = report.open_title().to_lowercase();
    fold(out, &format!("{count} {title}"), |out| {
        put(out, "| What | Why |");
        put(out, "|---|---|");
        for gap in &report.not_compared {
            put(
                out,
                &format!("| {} | {} |", text(&gap.what), text(&gap.why)),
            );
        }
        put(out, "");
    });
}

/// The two sides, the classes and how long it took.
pub(super) fn render_run(out: &mut String, report: &Report, options: &Options<'_>) {
    fold(out, "About this run", |out| {
        put(out, "| | Source | Postgres | Objects | Hash |");
        put(out, "|---|---|---|---:|---|");
        if !report.expected.source.is_empty() || report.probes.is_empty() && !report.is_of_one() {
            put(out, &side_row("expected", &report.expected));
        }
        if !report.live.source.is_empty() || report.expected.source.is_empty() {
            put(out, &side_row("live", &report.live));
        }
        if let Some(proposed) = &report.proposed {
            put(out, &side_row("change", &proposed.head));
        }
        put(out, "");
        if !report.classes.is_empty() {
            let classes: Vec<&str> = report.classes.iter().map(String::as_str).collect();
            let word = if report.is_of_one() {
                "Read"
            } else {
                "Compared"
            };
            put(out, &format!("{word}: {}.\n", text(&classes.join(", "))));
        }
        let timing = if options.timing {
            format!(" in {:.1} s", report.timing.total.as_secs_f64())
        } else {
            String::new()
        };
        put(
            out,
            &format!("pgpact {}{timing}\n", env!("CARGO_PKG_VERSION")),
        );
    });
}

fn side_row(name: &str, side: &Side) -> String {
    let version = match side.server_version.as_str() {
        "" => String::new(),
        version => text(version),
    };
    let hash = match side.hash.as_str() {
        "" => String::new(),
        hash => code(hash),
    };
    format!(
        "| {name} | {} | {version} | {} | {hash} |",
        code(&side.source),
        side.object_count
    )
}

/// GitHub reads Markdown inside of HTML only after an empty line.
pub(super) fn fold(out: &mut String, summary: &str, fill: impl FnOnce(&mut String)) {
    put(out, &format!("<details><summary>{summary}</summary>\n"));
    fill(out);
    put(out, "</details>\n");
}
