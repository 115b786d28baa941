//! The report for a person at a terminal.

mod change;
mod fleet;
mod probes;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use similar::TextDiff;

use super::{Proposed, Report, Side, Verdict, display_value, is_multiline_text, visible};
use crate::classes::Severity;
use crate::findings::Finding;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();

/// The report with colours as ANSI sequences; whoever prints it strips them where they are not wanted.
pub fn render(report: &Report, width: usize) -> String {
    let mut text = String::new();
    let out = &mut text;
    change::render(out, report);
    probes::render(out, report);
    if report.proposed.is_some() && !report.groups().is_empty() {
        line(out, &format!("{BOLD}{}{BOLD:#}\n", Proposed::COUNTED));
    }
    for (name, findings) in report.groups() {
        line(out, &format!("{BOLD}{}{BOLD:#}", printable(name)));
        for finding in findings {
            render_finding(out, finding, width);
            if let Some(fleet) = &report.fleet {
                let place = printable(&fleet.place(finding));
                line(out, &format!("           {DIM}{place}{DIM:#}"));
            }
        }
        line(out, "");
    }
    change::render_effects(out, report);
    change::render_told(out, report);
    render_coverage(out, report);
    fleet::render(out, report);
    render_side(out, "expected", &report.expected);
    render_side(out, "live", &report.live);
    if let Some(proposed) = &report.proposed {
        render_side(out, "change", &proposed.head);
    }
    if let Some(words) = report.used_in_words() {
        line(out, &format!("{DIM}code     {words}{DIM:#}"));
    }
    render_verdict(out, report);
    text
}

fn render_verdict(out: &mut String, report: &Report) {
    let (style, sign) = match report.verdict {
        Verdict::Holds => (GREEN.bold(), "✔"),
        Verdict::Broken => (RED.bold(), "✘"),
        Verdict::Unknown => (AnsiColor::Yellow.on_default().bold(), "?"),
    };
    let ignored = match report.ignored_count() {
        0 => String::new(),
        count => format!(", {count} ignored"),
    };
    let told = match report.told_only().len() {
        0 => String::new(),
        count => format!(", {count} not of this change"),
    };
    let what = match &report.failure {
        Some(failure) => format!("{}: {}", failure.code, printable(&failure.message)),
        None => format!(
            "{}{told}{ignored}{}",
            report.summary(),
            report.open_in_words()
        ),
    };
    let seconds = report.timing.total.as_secs_f64();
    line(
        out,
        &format!(
            "{style}{sign} {}{style:#}  {what}  {DIM}{seconds:.1} s{DIM:#}",
            report.verdict.as_str()
        ),
    );
    if let Some(help) = report
        .failure
        .as_ref()
        .and_then(|failure| failure.help.as_ref())
    {
        line(out, &format!("  help: {}", printable(help)));
    }
}

fn render_side(out: &mut String, name: &str, side: &Side) {
    if side.source.is_empty() {
        return;
    }
    let size = match side.object_count {
        0 if side.server_version.is_empty() => String::new(),
        0 => format!(", Postgres {}", side.server_version),
        1 => format!(", 1 object, Postgres {}", side.server_version),
        count => format!(", {count} objects, Postgres {}", side.server_version),
    };
    line(
        out,
        &format!("{DIM}{name:<9}{}{size}{DIM:#}", printable(&side.source)),
    );
}

fn render_coverage(out: &mut String, report: &Report) {
    if report.not_compared.is_empty() {
        return;
    }
    let title = report.open_title();
    line(out, &format!("{BOLD}{title}{BOLD:#}"));
    for gap in &report.not_compared {
        line(
            out,
            &format!(
                "  {} {DIM}({}){DIM:#}",
                printable(&gap.what),
                printable(&gap.why)
            ),
        );
    }
    line(out, "");
}

fn render_finding(out: &mut String, finding: &Finding, width: usize) {
    let style = severity_style(finding.severity);
    let severity = finding.severity.as_str();
    line(
        out,
        &format!(
            "  {style}{severity:<8}{style:#} {}  {DIM}{}{DIM:#}",
            printable(&finding.message),
            finding.code
        ),
    );
    match (&finding.expected, &finding.live) {
        (Some(expected), Some(live)) if is_multiline_text(expected) || is_multiline_text(live) => {
            render_diff(out, expected, live);
        }
        (Some(expected), Some(live)) => render_pair(out, expected, live, width),
        (Some(Value::String(statement)), None) => render_quoted(out, statement),
        (Some(_) | None, _) => {}
    }
    if let Some(location) = &finding.location {
        line(
            out,
            &format!(
                "           {DIM}{}{DIM:#}",
                printable(&location.to_string())
            ),
        );
    }
    if let Some(sql) = &finding.sql {
        render_remedy(out, sql);
    }
}

/// Statements that set it right.
fn render_remedy(out: &mut String, sql: &str) {
    for row in sql.lines() {
        line(
            out,
            &format!("           {GREEN}{}{GREEN:#}", printable(row)),
        );
    }
}

/// Side by side where both fit, else one below the other.
fn render_pair(out: &mut String, expected: &Value, live: &Value, width: usize) {
    let (expected, live) = (display_value(expected), display_value(live));
    let (expected, live) = (printable(&expected), printable(&live));
    if expected.chars().count() + live.chars().count() + 36 <= width {
        line(
            out,
            &format!("           expected {GREEN}{expected}{GREEN:#}   live {RED}{live}{RED:#}"),
        );
    } else {
        line(
            out,
            &format!("           expected {GREEN}{expected}{GREEN:#}"),
        );
        line(out, &format!("           live     {RED}{live}{RED:#}"));
    }
}

fn render_diff(out: &mut String, expected: &Value, live: &Value) {
    let (expected, live) = (display_value(expected), display_value(live));
    let diff = TextDiff::from_lines(&expected, &live);
    let unified = diff
        .unified_diff()
        .context_radius(2)
        .header("expected", "live")
        .to_string();
    for row in unified.lines() {
        let style = match row.as_bytes().first() {
            Some(b'+') => RED,
            Some(b'-') => GREEN,
            _ => DIM,
        };
        line(
            out,
            &format!("           {style}{}{style:#}", printable(row)),
        );
    }
}

fn render_quoted(out: &mut String, statement: &str) {
    for row in statement.lines().take(4) {
        line(out, &format!("           {DIM}| {}{DIM:#}", printable(row)));
    }
}

fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => RED.bold(),
        Severity::Error => RED,
        Severity::Warning => AnsiColor::Yellow.on_default(),
        Severity::Note => AnsiColor::Cyan.on_default(),
    }
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{}", text.trim_end()).expect("writing to a string cannot fail");
}

/// Names come from strangers: control characters would steer the terminal, direction marks would lie.
fn printable(text: &str) -> String {
    visible(text).replace('\n', "; ").replace('\t', "    ")
}
