//! The page: one file, nothing from elsewhere, and readable without its script.

use std::collections::BTreeSet;

use pgpact::classes::Severity;
use pgpact::report::{Drawing, Page, Report, Shown, State, Table, Tie, html, html_policy};
use serde_json::json;

use super::steady;
use crate::support::reports::{finding, full, holding, report, unknown};

/// One table tied to another, and one that only live has.
pub(crate) fn drawing() -> Drawing {
    let table = |name: &str, state, columns: &[(&str, &str, State)]| Table {
        name: name.to_owned(),
        state,
        columns: columns
            .iter()
            .map(|(name, type_name, state)| Shown {
                name: (*name).to_owned(),
                type_name: (*type_name).to_owned(),
                is_key: *name == "id",
                state: *state,
            })
            .collect(),
        more: 2,
    };
    let tie = |from: &str, to: &str, name: &str, state| Tie {
        from: from.to_owned(),
        to: to.to_owned(),
        name: name.to_owned(),
        state,
    };
    let invitations = [
        ("id", "uuid", State::Same),
        ("organization_id", "uuid", State::Same),
        ("note", "text → jsonb", State::Changed),
    ];
    Drawing {
        tables: vec![
            table("public.invitations", State::Changed, &invitations),
            table(
                "public.scratchpad",
                State::Unexpected,
                &[("id", "bigint", State::Same)],
            ),
            table(
                "public.organizations",
                State::Same,
                &[("id", "uuid", State::Same)],
            ),
        ],
        ties: vec![
            tie(
                "public.invitations",
                "public.organizations",
                "invitations_organization_fkey",
                State::Missing,
            ),
            tie(
                "public.organizations",
                "public.organizations",
                "organizations_parent_fkey",
                State::Same,
            ),
        ],
        left_out: 0,
    }
}

fn page(report: &Report) -> String {
    html(report, &Page::default())
}

/// Everything that a browser would fetch or run, and all names that links may point at; what is doubtful panics.
pub(crate) fn asks_nobody(page: &str) {
    let markup = page.replace("\r", "");
    for word in [
        " src=", "@import", "<link", "<iframe", "<object", "<embed", "<base", "<form", " on",
        "style=",
    ] {
        // Words of text are not in tags.
        for tag in tags(&markup) {
            assert!(!tag.contains(word), "{word} in {tag}");
        }
    }
    let known = [
        "!doctype", "html", "/html", "head", "/head", "meta", "title", "/title", "style", "/style",
        "body", "/body", "a", "/a", "header", "/header", "h1", "/h1", "h2", "/h2", "h3", "/h3",
        "dl", "/dl", "dt", "/dt", "dd", "/dd", "strong", "/strong", "code", "/code", "main",
        "/main", "p", "/p", "pre", "/pre", "div", "/div", "label", "/label", "input", "output",
        "/output", "section", "/section", "article", "/article", "br", "span", "/span", "table",
        "/table", "thead", "/thead", "tbody", "/tbody", "tr", "/tr", "th", "/th", "td", "/td",
        "del", "/del", "ins", "/ins", "details", "/details", "summary", "/summary", "footer",
        "/footer", "svg", "/svg", "defs", "/defs", "marker", "/marker", "path", "/path", "g", "/g",
        "rect", "rect/", "text", "/text", "script", "/script", "ul", "/ul", "li", "/li",
    ];
    for tag in tags(&markup) {
        let name = tag
            .trim_start_matches('<')
            .split([' ', '>', '\n'])
            .next()
            .unwrap();
        assert!(known.contains(&name) || name == "path/", "{tag}");
    }
    assert_eq!(markup.matches("<script").count(), 1);
    assert_eq!(markup.matches("<style").count(), 1);
    let ids: Vec<&str> = markup
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let unique: BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "an id twice");
    for link in markup.split(" href=\"").skip(1) {
        let target = link.split('"').next().unwrap();
        let name = target
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("{target} is elsewhere"));
        assert!(ids.contains(&name), "{target} is nowhere");
    }
}

/// Tags outside of the style and the script, which are ours; without what stands between quotes.
fn tags(page: &str) -> Vec<String> {
    let (before, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, _) = rest.split_once("<script id=\"behaviour\">").unwrap();
    let mut tags = Vec::new();
    for part in [before, body] {
        for (start, _) in part.match_indices('<') {
            let end = part[start..].find('>').unwrap();
            let tag = part[start..=start + end].split('"').step_by(2);
            tags.push(tag.collect::<Vec<_>>().join("\"\""));
        }
    }
    tags
}

/// The page without its style and script, which are files that are reviewed on their own.
fn content(page: &str) -> String {
    let (_, rest) = page.split_once("<body>\n").unwrap();
    let (body, _) = rest.split_once("<script").unwrap();
    steady(body)
}

#[test]
fn a_small_report_reads_well() {
    let mut report = full();
    report.drawn.tables = Some(drawing());
    asks_nobody(&page(&report));
    insta::assert_snapshot!(content(&page(&report)));
}

#[test]
fn no_verdict_says_why_and_lists_no_absence_of_findings() {
    let page = page(&unknown());
    asks_nobody(&page);
    assert!(page.contains("<h1>Database contract: unknown</h1>"));
    assert!(
        page.contains("<code>live-unreachable</code>") && page.contains("Check the host name.")
    );
    assert!(page.contains("nobody could look") && !page.contains("no findings"));
}

#[test]
fn a_contract_that_holds_says_so() {
    let page = page(&holding());
    asks_nobody(&page);
    assert!(page.contains("<h1>Database contract: holds</h1>") && page.contains("no findings"));
}

#[test]
fn the_policy_admits_what_the_page_brings_and_nothing_else() {
    let page = page(&full());
    let own = page
        .split("Content-Security-Policy\" content=\"")
        .nth(1)
        .unwrap();
    let own = own.split('"').next().unwrap();
    assert!(
        own.starts_with("default-src 'none'; style-src 'sha256-")
            && own.contains("script-src 'sha256-")
    );
    assert!(!own.contains("unsafe"));
    assert_eq!(
        format!("{own}; frame-ancestors 'none'"),
        html_policy(),
        "what the server says"
    );
}

#[test]
fn an_anchor_stays_when_the_line_moves_and_is_nobody_elses() {
    let anchors = |line| {
        let one = finding(
            "policy-missing",
            Severity::Error,
            "public.notes.readable",
            line,
        );
        let mut twin = one.clone();
        twin.message = "again".to_owned();
        let page = page(&report(vec![one, twin]));
        asks_nobody(&page);
        let ids = page.split("<article id=\"").skip(1);
        let ids: Vec<String> = ids
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect();
        ids
    };
    assert_eq!(anchors(3), anchors(700));
    assert!(anchors(3)[0].starts_with("policy-missing-"));
}

#[test]
fn lines_that_differ_stand_beside_each_other_with_the_words_marked() {
    let mut changed = finding("function-changed", Severity::Error, "public.greet(text)", 3);
    changed.expected = Some(json!("begin\n  return 'Hello';\nend"));
    changed.live = Some(json!("begin\n  return 'Hi';\n  -- <b>\nend"));
    let page = page(&report(vec![changed]));
    assert!(page.contains("<tr class=\"same\"><td>begin</td><td>begin</td></tr>"));
    assert!(
        page.contains("<del>&#x27;Hello&#x27;;</del>") || page.contains("<del>'Hello';</del>"),
        "{page}"
    );
    assert!(page.contains("<tr><td></td><td class=\"come\">  -- &lt;b&gt;</td></tr>"));
}
