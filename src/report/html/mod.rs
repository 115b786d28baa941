//! The report as one HTML page: for a browser, a printer, a mail.
//!
//! It reads without its script, which only filters and follows links into what is folded.

mod around;
mod document;
mod finding;
mod picture;
mod sides;

use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) use document::{attribute, document, text};

use self::document::line;
use super::{Proposed, Report, Verdict};
use crate::findings::Finding;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("filter.js");

/// How the page is to look.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The heading's words before the verdict.
    pub title: &'a str,
    /// When it was verified, where that is to be said: files without it are equal when what they say is.
    pub at: Option<&'a str>,
}

impl Default for Page<'_> {
    fn default() -> Self {
        Self {
            title: "Database contract",
            at: None,
        }
    }
}

/// What a server lets the page do; the page says the same of itself, but for who may frame it.
pub fn policy() -> String {
    let style = format!("{STYLE}{}", super::access::STYLE);
    document::policy(&style, SCRIPT) + "; frame-ancestors 'none'"
}

/// One self-contained page.
pub fn render(report: &Report, page: &Page<'_>) -> String {
    let verdict = report.verdict.as_str();
    let title = format!("{}: {verdict}", page.title);
    let mut body = String::new();
    let out = &mut body;
    let _ = write!(
        out,
        "<a class=\"skip\" href=\"#findings\">To the findings</a>\n<header>\n<h1>{}</h1>\n",
        line(&title)
    );
    summary(out, report, page);
    out.push_str("</header>\n<main>\n");
    around::failures(out, report);
    around::targets(out, report);
    around::change(out, report);
    around::probes(out, report);
    findings(out, report);
    around::told(out, report);
    if let Some(drawing) = &report.drawn.tables {
        let groups = report.groups();
        let told = groups.iter().map(|(group, _)| *group).collect();
        picture::render(out, drawing, &told);
    }
    if let Some(matrix) = &report.drawn.matrix {
        out.push_str("<h2 id=\"access\">Who may do what</h2>\n");
        out.push_str(&super::access::table(matrix));
    }
    around::ignored(out, report);
    around::coverage(out, report);
    out.push_str("</main>\n");
    around::run(out, report);
    let style = format!("{STYLE}{}", super::access::STYLE);
    document(&title, &style, &body, SCRIPT)
}

fn summary(out: &mut String, report: &Report, page: &Page<'_>) {
    let verdict = report.verdict.as_str();
    let said = match report.failure {
        Some(_) => "nobody could look".to_owned(),
        None => report.summary() + &report.open_in_words(),
    };
    let _ = write!(
        out,
        "<dl>\n<dt>Verdict</dt><dd><strong class=\"verdict {verdict}\">{verdict}</strong>, {}</dd>\n",
        line(&said)
    );
    if let Some(at) = page.at {
        let _ = writeln!(out, "<dt>Verified</dt><dd>{}</dd>", line(at));
    }
    for (name, side) in [("Expected", &report.expected), ("Live", &report.live)] {
        if !side.source.is_empty() {
            let _ = writeln!(
                out,
                "<dt>{name}</dt><dd><code>{}</code></dd>",
                line(&side.source)
            );
        }
    }
    out.push_str("</dl>\n");
}

/// Findings that count, under what they are about.
fn findings(out: &mut String, report: &Report) {
    let named = report.named();
    let names = named.iter();
    let names: BTreeMap<*const Finding, &str> = names
        .map(|(name, finding)| (std::ptr::from_ref(*finding), name.as_str()))
        .collect();
    let title = match report.proposed {
        Some(_) => Proposed::COUNTED,
        None => "Findings",
    };
    let _ = writeln!(out, "<h2 id=\"findings\" tabindex=\"-1\">{title}</h2>");
    if named.is_empty() {
        let why = match report.verdict {
            Verdict::Unknown => "None are known: nobody could look.",
            Verdict::Holds | Verdict::Broken => "None.",
        };
        let _ = writeln!(out, "<p>{why}</p>");
        return;
    }
    out.push_str(
        "<div class=\"filter\" id=\"filter\" role=\"search\" hidden>\n<label for=\"q\">Filter</label>\n\
         <input id=\"q\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" placeholder=\"table, code, severity …\">\n\
         <output id=\"shown\" for=\"q\" aria-live=\"polite\"></output>\n</div>\n",
    );
    for (group, findings) in report.groups() {
        let _ = writeln!(
            out,
            "<section class=\"group\" id=\"{}\">\n<h2><code>{}</code></h2>",
            section(group),
            line(group)
        );
        for one in findings {
            let name = names.get(&std::ptr::from_ref(one));
            finding::render(out, report, one, name.copied().unwrap_or_default());
        }
        out.push_str("</section>\n");
    }
}

/// The name of a group's section; a picture links to it.
fn section(group: &str) -> String {
    format!("on-{}", &blake3::hash(group.as_bytes()).to_hex()[..12])
}
