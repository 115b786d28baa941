//! What stands around the findings: why there is no verdict, targets, the change, probes, and what was not compared.

use std::fmt::Write as _;

use super::document::{line, text};
use super::finding;
use crate::findings::{Effect, Finding};
use crate::report::{
    AccessChange, Proposed, Report, Verdict, display_value, probes as told_probes,
};

pub(super) fn failures(out: &mut String, report: &Report) {
    for (target, failure) in report.failures() {
        let on = target.map(|name| format!(" on {}", line(name)));
        let _ = writeln!(
            out,
            "<h2>No verdict{}: <code>{}</code></h2>\n<pre>{}</pre>",
            on.unwrap_or_default(),
            line(&failure.code.to_string()),
            text(&failure.message)
        );
        if let Some(help) = &failure.help {
            let _ = writeln!(out, "<p>{}</p>", text(help));
        }
    }
}

pub(super) fn targets(out: &mut String, report: &Report) {
    let Some(fleet) = &report.fleet else { return };
    let rows = fleet.targets.iter().map(|target| {
        let verdict = target.verdict.as_str();
        format!(
            "<tr><th scope=\"row\"><code>{}</code></th><td><strong class=\"verdict {verdict}\">{verdict}</strong></td><td>{}</td></tr>\n",
            line(&target.name),
            line(&fleet.summary(report, target))
        )
    });
    table(out, "Targets", &["Target", "Verdict", ""], rows);
}

pub(super) fn change(out: &mut String, report: &Report) {
    let Some(proposed) = &report.proposed else {
        return;
    };
    let _ = writeln!(out, "<h2>This change: {}</h2>", line(&proposed.summary()));
    if !proposed.changes.is_empty() {
        let rows = proposed.changes.iter().map(|change| {
            let sign = match change.effect {
                Effect::Added => "added",
                Effect::Changed => "changed",
                Effect::Removed => "removed",
            };
            let value = |value: &Option<serde_json::Value>| {
                value.as_ref().map(|value| line(&display_value(value))).unwrap_or_default()
            };
            let place = change.location.as_ref().map(|at| line(&at.to_string()));
            format!(
                "<tr><td>{sign}</td><td>{}</td><td><code>{}</code></td><td><code>{}</code></td><td><code>{}</code></td></tr>\n",
                line(&change.message),
                value(&change.before),
                value(&change.after),
                place.unwrap_or_default()
            )
        });
        rows_of(out, &["", "What", "Before", "After", "Where"], rows);
    }
    access(out, proposed);
    effects(out, proposed);
}

fn access(out: &mut String, proposed: &Proposed) {
    if !proposed.access.is_empty() {
        let together = AccessChange::together(&proposed.access);
        let rows = together.iter().map(|change| {
            let may = if change.is_wider { "may now" } else { "may no longer" };
            format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{may} <strong>{}</strong></td><td>{}</td></tr>\n",
                line(&change.object),
                line(&change.actor),
                line(change.what),
                line(&change.because)
            )
        });
        table(
            out,
            Proposed::ACCESS,
            &["Object", "Who", "What", "Because"],
            rows,
        );
    }
}

fn effects(out: &mut String, proposed: &Proposed) {
    if !proposed.effects.is_empty() {
        let rows = proposed.effects.iter().map(|effect| {
            format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td><td><code>{}</code></td></tr>\n",
                line(&effect.relation),
                line(effect.size.as_deref().unwrap_or_default()),
                line(&effect.in_words()),
                line(&effect.location.to_string())
            )
        });
        table(
            out,
            Proposed::EFFECTS,
            &["Table", "Size in live", "What", "Where"],
            rows,
        );
    }
}

pub(super) fn probes(out: &mut String, report: &Report) {
    if report.probes.is_empty() {
        return;
    }
    let connection = told_probes::connection(report);
    let rows = connection.iter().map(|(name, said)| {
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n",
            line(name),
            line(said)
        )
    });
    table(out, "Connection", &["", ""], rows);
    let tallies = told_probes::tallies(report);
    let rows = tallies.iter().map(|(key, tally)| {
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            line(&told_probes::title(*key)),
            tally.outcome().as_str(),
            line(&tally.counted()),
            line(&tally.slowest())
        )
    });
    table(out, "Probes", &["Probe", "Outcome", "Counted", ""], rows);
}

/// Drift that does not count: it can be linked to all the same.
pub(super) fn told(out: &mut String, report: &Report) {
    let told = report.names_of(Finding::is_told_only);
    for (standing, title) in Proposed::TOLD {
        let told = || {
            told.iter()
                .filter(|(_, one)| one.standing == Some(standing))
        };
        if told().next().is_none() {
            continue;
        }
        let count = told().count();
        let _ = writeln!(out, "<details><summary>{title} ({count})</summary>");
        for (name, one) in told() {
            finding::render(out, report, one, name);
        }
        out.push_str("</details>\n");
    }
}

pub(super) fn ignored(out: &mut String, report: &Report) {
    let ignored = report
        .findings
        .iter()
        .filter_map(|finding| Some((finding, finding.ignored.as_ref()?)));
    let rows: Vec<String> = ignored
        .map(|(finding, reason)| {
            format!(
                "<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td></tr>\n",
                line(&finding.code),
                line(&finding.id.path),
                line(reason)
            )
        })
        .collect();
    folded(out, "Ignored", &["Finding", "Object", "Reason"], &rows);
}

/// What was not compared, and why: silence would read as "the same".
pub(super) fn coverage(out: &mut String, report: &Report) {
    let rows: Vec<String> = report
        .not_compared
        .iter()
        .map(|gap| {
            format!(
                "<tr><td>{}</td><td>{}</td></tr>\n",
                line(&gap.what),
                line(&gap.why)
            )
        })
        .collect();
    folded(out, report.open_title(), &["What", "Why"], &rows);
}

/// The two sides, the classes and how long it took.
pub(super) fn run(out: &mut String, report: &Report) {
    out.push_str("<footer>\n");
    let sides = [("expected", &report.expected), ("live", &report.live)];
    let sides = sides.iter().filter(|(_, side)| !side.source.is_empty());
    let rows: Vec<String> = sides
        .map(|(name, side)| {
            format!(
                "<tr><th scope=\"row\">{name}</th><td><code>{}</code></td><td>{}</td><td>{}</td><td><code>{}</code></td></tr>\n",
                line(&side.source),
                line(&side.server_version),
                side.object_count,
                line(&side.hash)
            )
        })
        .collect();
    folded(
        out,
        "About this run",
        &["", "Source", "Postgres", "Objects", "Hash"],
        &rows,
    );
    if !report.classes.is_empty() && report.verdict != Verdict::Unknown {
        let classes: Vec<&str> = report.classes.iter().map(String::as_str).collect();
        let word = if report.is_of_one() {
            "Read"
        } else {
            "Compared"
        };
        let _ = writeln!(
            out,
            "<p class=\"soft\">{word}: {}.</p>",
            line(&classes.join(", "))
        );
    }
    if let Some(words) = report.used_in_words() {
        let _ = writeln!(out, "<p class=\"soft\">Code: {}.</p>", line(&words));
    }
    let _ = writeln!(
        out,
        "<p class=\"soft\">pgpact {} in {:.1} s</p>\n</footer>",
        env!("CARGO_PKG_VERSION"),
        report.timing.total.as_secs_f64()
    );
}

fn folded(out: &mut String, title: &str, head: &[&str], rows: &[String]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "<details><summary>{title} ({})</summary>", rows.len());
    rows_of(out, head, rows.iter().cloned());
    out.push_str("</details>\n");
}

fn table(out: &mut String, title: &str, head: &[&str], rows: impl Iterator<Item = String>) {
    let _ = writeln!(out, "<h2>{}</h2>", line(title));
    rows_of(out, head, rows);
}

/// Wide tables move on their own, by key too.
fn rows_of(out: &mut String, head: &[&str], rows: impl Iterator<Item = String>) {
    out.push_str("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">\n<table>\n<thead><tr>");
    for name in head {
        let _ = write!(out, "<th scope=\"col\">{name}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    rows.for_each(|row| out.push_str(&row));
    out.push_str("</tbody>\n</table>\n</div>\n");
}
