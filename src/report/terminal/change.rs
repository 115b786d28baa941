//! What a change makes of the contract, and the drift that is not its doing.

use anstyle::{AnsiColor, Style};

use super::{BOLD, DIM, line, printable, severity_style};
use crate::findings::{Effect, Finding, Standing};
use crate::report::{AccessChange, Proposed, Report};

const ADDED: Style = AnsiColor::Green.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();

/// What the change is, before any finding.
pub(super) fn render(out: &mut String, report: &Report) {
    let Some(proposed) = &report.proposed else {
        return;
    };
    let title = proposed.summary();
    line(out, &format!("{BOLD}This change: {title}{BOLD:#}"));
    for change in &proposed.changes {
        let (style, sign) = match change.effect {
            Effect::Added => (ADDED, '+'),
            Effect::Changed => (CHANGED, '~'),
            Effect::Removed => (REMOVED, '-'),
        };
        let place = change
            .location
            .as_ref()
            .map(|location| format!("  {DIM}{}{DIM:#}", printable(&location.to_string())))
            .unwrap_or_default();
        let message = printable(&change.message);
        line(out, &format!("  {style}{sign}{style:#} {message}{place}"));
    }
    for change in AccessChange::together(&proposed.access) {
        let (style, word) = if change.is_wider {
            (REMOVED, "may now")
        } else {
            (ADDED, "may no longer")
        };
        let (object, actor) = (printable(&change.object), printable(&change.actor));
        line(
            out,
            &format!(
                "  {style}!{style:#} {object}: {actor} {word} {}  {DIM}{}{DIM:#}",
                change.what,
                printable(&change.because)
            ),
        );
    }
    line(out, "");
}

/// What the statements do to tables of live.
pub(super) fn render_effects(out: &mut String, report: &Report) {
    let effects = report.proposed.as_ref().map(|proposed| &proposed.effects);
    let Some(effects) = effects.filter(|effects| !effects.is_empty()) else {
        return;
    };
    line(out, &format!("{BOLD}{}{BOLD:#}", Proposed::EFFECTS));
    for effect in effects {
        let size = effect
            .size
            .as_ref()
            .map(|size| format!(" ({size})"))
            .unwrap_or_default();
        let place = printable(&effect.location.to_string());
        line(
            out,
            &format!(
                "  {}{size}: {}  {DIM}{place}{DIM:#}",
                printable(&effect.relation),
                effect.in_words()
            ),
        );
    }
    line(out, "");
}

/// Drift that does not count, after all that does.
pub(super) fn render_told(out: &mut String, report: &Report) {
    for (standing, title) in Proposed::TOLD {
        let told = report.told_only();
        let told: Vec<&&Finding> = told
            .iter()
            .filter(|finding| finding.standing == Some(standing))
            .collect();
        if told.is_empty() {
            continue;
        }
        line(out, &format!("{BOLD}{title}{BOLD:#}"));
        for finding in told {
            let style = match standing {
                Standing::Ahead => ADDED,
                Standing::Elsewhere | Standing::Touched => severity_style(finding.severity),
            };
            let (severity, code) = (finding.severity.as_str(), &finding.code);
            let message = printable(&finding.message);
            line(
                out,
                &format!("  {style}{severity:<8}{style:#} {message}  {DIM}{code}{DIM:#}"),
            );
        }
        line(out, "");
    }
}
