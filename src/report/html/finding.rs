//! One finding: what is wrong, both sides beside each other, what to do.

use std::fmt::Write as _;

use super::document::{line, text};
use super::sides;
use crate::findings::Finding;
use crate::report::Report;

/// As an article that can be linked to: its name stays the same from run to run.
pub(super) fn render(out: &mut String, report: &Report, finding: &Finding, name: &str) {
    let severity = finding.severity.as_str();
    let anchor = anchor(finding, name);
    let _ = write!(
        out,
        "<article id=\"{anchor}\" class=\"{severity}\">\n<h3><strong class=\"{severity}\">{severity}</strong> {}\
         <a class=\"anchor\" href=\"#{anchor}\" aria-label=\"Link to this finding\">#</a></h3>\n<p><code>{}</code> \
         <code>{}</code>{}",
        line(&finding.message),
        line(&finding.code),
        line(&finding.id.path),
        fact(finding),
    );
    if let Some(location) = &finding.location {
        let _ = write!(
            out,
            "<br><span class=\"soft\">at</span> <code>{}</code>",
            line(&location.to_string())
        );
    }
    if let Some(tried) = &finding.tried {
        let _ = write!(
            out,
            "<br><span class=\"soft\">tried by</span> {}, {}",
            line(&tried.actor),
            line(&tried.operation)
        );
    }
    if let Some(fleet) = &report.fleet {
        let _ = write!(
            out,
            "<br><span class=\"soft\">{}</span>",
            line(&fleet.place(finding))
        );
    }
    out.push_str("</p>\n");
    sides::render(out, finding);
    if !finding.help.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", text(&finding.help));
    }
    if let Some(sql) = &finding.sql {
        let _ = writeln!(
            out,
            "<details><summary>SQL that sets it right</summary><pre>{}</pre></details>",
            text(sql)
        );
    }
    out.push_str("</article>\n");
}

/// Code and name: who reads the link knows what it is about.
fn anchor(finding: &Finding, name: &str) -> String {
    let letters = finding
        .code
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-');
    format!("{}-{name}", letters.take(60).collect::<String>())
}

fn fact(finding: &Finding) -> String {
    let fact = finding.fact.as_ref();
    fact.map_or(String::new(), |fact| {
        format!(
            " <span class=\"soft\">{}</span>",
            line(&fact.replace('_', " "))
        )
    })
}
