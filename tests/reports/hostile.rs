//! Names, definitions and messages of strangers stay what they are in every format: text.

use pgpact::classes::Severity;
use pgpact::contract::Gap;
use pgpact::findings::Finding;
use pgpact::report::{
    Drawing, Page, Report, Shown, State, Table, Tie, badge, html, junit, sarif, shields,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::{html as read_html, junit as read_junit, mermaid, sarif as read_sarif};
use crate::support::reports::{finding, report};

/// What breaks out of somewhere.
const HOSTILE: &[&str] = &[
    "\"",
    "'",
    "<",
    ">",
    "&",
    "`",
    "```",
    "~~~",
    "|",
    "\\",
    "[x](https://evil.example)",
    "](",
    "{0}",
    "</script><script>alert(1)</script>",
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[",
    "<img src=x onerror=alert(1)>",
    "</style>",
    "</title>",
    "\u{1b}[31m",
    "\u{1b}]8;;https://evil.example\u{7}",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\u{0}",
    "\\u0000",
    "\u{85}",
    "\u{2028}",
    "\u{fffe}",
    "\u{ffff}",
    "&#0;",
    "&lt;",
    "%00",
    "../../etc/passwd",
    "javascript:alert(1)",
    "::error::",
    "@everyone",
    "-->|x|",
    "%%{init: {}}%%",
    "{{",
    "end",
    "ü",
    "表",
    "🔑",
    " ",
    "",
];

/// A name of several of them.
pub(crate) fn name() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => select(HOSTILE).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    proptest::collection::vec(part, 1..5).prop_map(|parts| parts.concat())
}

fn hostile_finding() -> impl Strategy<Value = Finding> {
    (name(), name(), name(), any::<bool>()).prop_map(|(path, other, file, has_fact)| {
        let mut finding = finding("policy-missing", Severity::Error, &path, 3);
        finding.group.clone_from(&other);
        finding.message = format!("policy {path} on {other} is missing");
        finding.help = format!("Put {path} back.");
        finding.location.as_mut().unwrap().file = file.into();
        finding.fact = has_fact.then(|| other.clone());
        finding.expected = Some(json!(path));
        finding.live = Some(json!({ "using": other, "roles": [path] }));
        finding.sql = Some(format!("create policy {path} on {other}"));
        finding
    })
}

pub(crate) fn hostile_report() -> impl Strategy<Value = Report> {
    let findings = proptest::collection::vec(hostile_finding(), 1..4);
    (findings, name(), name()).prop_map(|(findings, what, source)| {
        let mut report = report(findings);
        report.expected.source.clone_from(&source);
        report.live.source = source;
        report.not_compared.insert(Gap {
            what: what.clone(),
            why: what,
        });
        report.drawn.tables = Some(drawn(&report.findings));
        report
    })
}

/// The tables that findings are about, each tied to the first.
fn drawn(findings: &[Finding]) -> Drawing {
    let mut tables: Vec<Table> = Vec::new();
    for finding in findings {
        if tables.iter().all(|table| table.name != finding.group) {
            tables.push(Table {
                name: finding.group.clone(),
                state: State::Changed,
                columns: vec![Shown {
                    name: finding.id.path.to_string(),
                    type_name: finding.group.clone(),
                    is_key: true,
                    state: State::Missing,
                }],
                more: 1,
            });
        }
    }
    let ties = tables.iter().map(|table| Tie {
        from: table.name.clone(),
        to: tables[0].name.clone(),
        name: table.columns[0].name.clone(),
        state: State::Unexpected,
    });
    Drawing {
        ties: ties.collect(),
        tables,
        left_out: 0,
    }
}

/// No character that moves, hides or colours what stands around it.
fn shows_what_it_is(text: &str) {
    let bad = text.chars().find(|c| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(
                c,
                '\u{200b}' | '\u{202e}' | '\u{feff}' | '\u{2028}' | '\u{fffe}' | '\u{ffff}'
            )
    });
    assert_eq!(bad, None, "{text:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn sarif_holds_them(report in hostile_report()) {
        let text = sarif(&report);
        shows_what_it_is(&text);
        let log = read_sarif::log(&text);
        let run = &log["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), report.findings.len());
        for result in run["results"].as_array().unwrap() {
            assert!(!result["message"]["text"].as_str().unwrap().contains("]("), "a link: {result}");
        }
    }

    #[test]
    fn junit_holds_them(report in hostile_report()) {
        let text = junit(&report);
        shows_what_it_is(&text);
        let cases = read_junit::cases(&text);
        let failed = cases.iter().filter(|case| case.ended == "failure");
        assert_eq!(failed.count(), report.findings.len());
        assert!(!text.contains("]]>"));
    }

    #[test]
    fn the_page_holds_them(report in hostile_report()) {
        let text = html(&report, &Page::default());
        shows_what_it_is(&text);
        read_html::asks_nobody(&text);
        assert_eq!(text.matches("<article id=").count(), report.findings.len());
        assert_eq!(text.matches("<svg").count(), 1, "nothing was drawn");
    }

    #[test]
    fn the_drawing_of_a_comment_holds_them(report in hostile_report()) {
        let tables = report.drawn.tables.as_ref().unwrap().tables.len();
        if let Some(diagram) = mermaid::diagram(&report) {
            shows_what_it_is(&diagram);
            assert_eq!(diagram.matches("\n  }").count(), tables);
        } else {
            assert_eq!(tables, 1, "a small drawing is not there");
        }
    }

    #[test]
    fn badges_say_nothing_of_them(report in hostile_report()) {
        let calm = crate::support::reports::broken_in(u32::try_from(report.findings.len()).unwrap());
        assert_eq!(badge(&report), badge(&calm));
        assert_eq!(shields(&report), shields(&calm));
    }
}
