//! The last report as a page: nothing is fetched, nothing runs.

use html_escape::encode_text;

use super::board::Seen;
use crate::findings::Finding;
use crate::report::visible;

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--critical:#d1242f;--error:#cf5b00;--warning:#9a6700;--note:#57606a}\
@media (prefers-color-scheme:dark){:root{--critical:#ff7b72;--error:#ffa657;--warning:#e3b341;--note:#9198a1}}\
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}\
h1{font-size:1.5rem}h2 code{font-size:1rem}h2{font-size:1.1rem;margin:1.5rem 0 .25rem;border-bottom:1px solid var(--line)}\
article{margin:.5rem 0 1rem}b.critical{color:var(--critical)}b.error{color:var(--error)}b.warning{color:var(--warning)}b.note{color:var(--note)}\
pre{overflow-x:auto;padding:.5rem;border:1px solid var(--line);border-radius:6px;white-space:pre-wrap}\
code,pre{font:14px/1.4 ui-monospace,monospace}summary{cursor:pointer}dt{font-weight:600}dd{margin:0 0 .5rem}";

/// A whole page of a verification.
pub(super) fn render(seen: &Seen) -> String {
    let report = &seen.report;
    let counted: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.ignored.is_none())
        .collect();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Database contract: {verdict}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Database contract: {verdict}</h1>\n<dl>\n<dt>Findings</dt><dd>{summary}</dd>\n<dt>Verified</dt><dd>{at}, in {took:.1} s</dd>\n\
         <dt>Expected</dt><dd>{expected}</dd>\n<dt>Live</dt><dd>{live}</dd>\n</dl>\n",
        verdict = report.verdict.as_str(),
        summary = match report.failure {
            Some(_) => "no verdict".to_owned(),
            None => text(&report.summary()),
        },
        at = seen.at,
        took = report.timing.total.as_secs_f64(),
        expected = text(&report.expected.source),
        live = text(&report.live.source),
    );
    if let Some(failure) = &report.failure {
        page.push_str(&format!(
            "<p><b class=\"critical\">{}</b> {}</p>\n",
            text(&failure.code.to_string()),
            text(&failure.message)
        ));
        if let Some(help) = &failure.help {
            page.push_str(&format!("<p>{}</p>\n", text(help)));
        }
    }
    let mut group = "";
    for finding in counted {
        if finding.group != group {
            group = &finding.group;
            page.push_str(&format!("<h2><code>{}</code></h2>\n", text(group)));
        }
        page.push_str(&told(finding));
    }
    if !report.not_compared.is_empty() {
        page.push_str("<h2>Not compared</h2>\n<ul>\n");
        for gap in &report.not_compared {
            page.push_str(&format!(
                "<li>{}: {}</li>\n",
                text(&gap.what),
                text(&gap.why)
            ));
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn told(finding: &Finding) -> String {
    let severity = finding.severity.as_str();
    let mut told = format!(
        "<article><b class=\"{severity}\">{severity}</b> {message} <code>{code}</code>",
        message = text(&finding.message),
        code = text(&finding.code),
    );
    if let Some(location) = &finding.location {
        let place = format!("{}:{}", location.file, location.line);
        told.push_str(&format!("<br><code>{}</code>", text(&place)));
    }
    let mut more = String::new();
    let values = [("expected", &finding.expected), ("live", &finding.live)];
    if finding.fact.is_some() {
        for (side, value) in values {
            if let Some(value) = value {
                let value = crate::report::display_value(value);
                more.push_str(&format!("<p>{side}</p><pre>{}</pre>", text(&value)));
            }
        }
    }
    more.push_str(&format!("<p>{}</p>", text(&finding.help)));
    told.push_str(&format!(
        "<details><summary>What to do</summary>{more}</details></article>\n"
    ));
    told
}

/// Text of a database for a page: markup is shown, and so is what would not be seen.
fn text(given: &str) -> String {
    encode_text(&visible(given)).into_owned()
}
