//! What a change makes of the contract, and the drift that is not its doing.

use super::details::fold;
use super::escape::{code, text};
use super::{Detail, Options, place, put, sign_of};
use crate::findings::{ContractChange, Effect, Finding};
use crate::report::{AccessChange, Proposed, Report, display_value};

/// As many changes as one reads; the rest is folded.
const SHOWN: usize = 20;

/// What the change is.
pub(super) fn render(out: &mut String, report: &Report, options: &Options<'_>) {
    let Some(proposed) = &report.proposed else {
        return;
    };
    put(out, &format!("### This change: {}\n", proposed.summary()));
    if options.detail == Detail::Counts {
        return;
    }
    render_access(out, proposed);
    if proposed.changes.is_empty() {
        return;
    }
    let (shown, rest) = proposed.changes.split_at(SHOWN.min(proposed.changes.len()));
    table(out, shown, options);
    if !rest.is_empty() {
        fold(out, &format!("{} more", rest.len()), |out| {
            table(out, rest, options);
        });
    }
}

/// Who may now do what; what got wider first.
fn render_access(out: &mut String, proposed: &Proposed) {
    if proposed.access.is_empty() {
        return;
    }
    put(out, &format!("#### {}\n", Proposed::ACCESS));
    for change in AccessChange::together(&proposed.access) {
        let (sign, word) = match change.is_wider {
            true => ("🔓", "may now"),
            false => ("🔒", "may no longer"),
        };
        let (object, actor) = (code(&change.object), text(&change.actor));
        let because = match change.because.is_empty() {
            true => String::new(),
            false => format!(": {}", text(&change.because)),
        };
        put(
            out,
            &format!(
                "- {sign} {object}: {actor} {word} **{}**{because}",
                change.what
            ),
        );
    }
    put(out, "");
}

fn table(out: &mut String, changes: &[ContractChange], options: &Options<'_>) {
    // Most changes add something: columns that stay empty are none.
    let shows_values =
        options.detail == Detail::Full && changes.iter().any(|change| change.fact.is_some());
    let values = if shows_values {
        [" Before | After |", "---|---|"]
    } else {
        ["", ""]
    };
    put(out, &format!("| | What |{} Where |", values[0]));
    put(out, &format!("|---|---|{}---|", values[1]));
    for change in changes {
        let sign = match change.effect {
            Effect::Added => "➕",
            Effect::Changed => "✏️",
            Effect::Removed => "➖",
        };
        let value = |value: &Option<serde_json::Value>| {
            let value = value.as_ref().map(display_value);
            value.map_or_else(String::new, |value| code(&shortened(&value)))
        };
        let values = match shows_values {
            true => format!(" {} | {} |", value(&change.before), value(&change.after)),
            false => String::new(),
        };
        let (message, place) = (
            text(&change.message),
            place(change.location.as_ref(), options),
        );
        put(out, &format!("| {sign} | {message} |{values} {place} |"));
    }
    put(out, "");
}

/// What the statements do to tables of live: folded, for what needs a decision is a finding.
pub(super) fn render_effects(out: &mut String, report: &Report, options: &Options<'_>) {
    let effects = report.proposed.as_ref().map(|proposed| &proposed.effects);
    let Some(effects) = effects.filter(|effects| !effects.is_empty()) else {
        return;
    };
    if options.detail == Detail::Counts {
        return;
    }
    let title = format!("{} ({})", Proposed::EFFECTS, effects.len());
    fold(out, &title, |out| {
        put(out, "| Table | Size in live | What | Where |");
        put(out, "|---|---|---|---|");
        for effect in effects {
            put(
                out,
                &format!(
                    "| {} | {} | {} | {} |",
                    code(&effect.relation),
                    text(effect.size.as_deref().unwrap_or_default()),
                    text(&effect.in_words()),
                    place(Some(&effect.location), options)
                ),
            );
        }
        put(out, "");
    });
}

/// One line of a table bears so much.
fn shortened(value: &str) -> String {
    let line = value.replace('\n', " ");
    match line.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Drift that does not count: folded, for it is somebody else's.
pub(super) fn render_told(out: &mut String, report: &Report, options: &Options<'_>) {
    for (standing, title) in Proposed::TOLD {
        let told = report.told_only();
        let told: Vec<&&Finding> = told
            .iter()
            .filter(|finding| finding.standing == Some(standing))
            .collect();
        if told.is_empty() {
            continue;
        }
        if options.detail == Detail::Counts {
            put(out, &format!("{title}: {}\n", told.len()));
            continue;
        }
        fold(out, &format!("{title} ({})", told.len()), |out| {
            put(out, "| Severity | Finding | Object | What | Where |");
            put(out, "|---|---|---|---|---|");
            for finding in told {
                put(
                    out,
                    &format!(
                        "| {} {} | {} | {} | {} | {} |",
                        sign_of(finding.severity),
                        finding.severity,
                        code(&finding.code),
                        code(&finding.id.path),
                        text(&finding.message),
                        place(finding.location.as_ref(), options),
                    ),
                );
            }
            put(out, "");
        });
    }
}
