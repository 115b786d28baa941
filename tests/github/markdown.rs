//! The report as Markdown.

use pgpact::classes::Severity;
use pgpact::report::markdown::{Detail, Limit, Options, render, render_within};
use serde_json::json;

use crate::support::reports::{broken_in, finding, full, holding, report, unknown};

const BLOB: Options<'_> = Options {
    detail: Detail::Full,
    title: Some("Database contract"),
    blob_url: Some("https://github.com/acme/orchard/blob/4c1f2a9"),
    timing: true,
    draws: false,
};

#[test]
fn a_full_report_reads_well() {
    let text = render(&full(), &BLOB).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(text);
}

#[test]
fn no_verdict_says_why_and_what_to_do() {
    let text = render(&unknown(), &BLOB);
    assert!(
        text.starts_with("## ⚠️ Database contract: unknown — no verdict, `live-unreachable`\n")
    );
    assert!(text.contains("no connection to the live database"));
    assert!(text.contains("Check the host name."));
}

#[test]
fn a_contract_that_holds_says_so_at_once() {
    let text = render(&holding(), &BLOB);
    assert!(text.starts_with("## ✅ Database contract: holds — no findings\n"));
}

#[test]
fn names_of_strangers_stay_text() {
    let hostile = [
        "::set-output name=verdict::holds",
        "##[set-output name=verdict]holds",
        "@everyone",
        "`` ` ```",
        "a|b\\|c",
        "<img src=x onerror=alert(1)><!-- pgpact:0 -->",
        "\u{202e}lmx.evil\u{1b}[31m",
        "[click](https://evil.example) www.evil.example",
        "fixes #1, GH-1 and acme/orchard#1",
        "one\n\n# two\n| three |",
        ":tada: $x$ **bold** ~~gone~~",
    ];
    let findings = hostile.map(|name| {
        let mut finding = finding("table-unexpected", Severity::Warning, name, 1);
        finding.group = name.to_owned();
        finding.message = format!("table {name} is in no migration");
        finding.help = name.to_owned();
        finding.expected = Some(json!(name));
        finding.live = Some(json!(format!("{name}\n```\nnot code")));
        finding
    });
    let text = render(&report(findings.to_vec()), &BLOB);
    insta::assert_snapshot!(text.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    for line in text.lines() {
        assert!(!line.contains(['\u{202e}', '\u{1b}']), "{line}");
    }
    assert!(!text.contains("## two\n"));
}

#[test]
fn every_row_of_a_table_has_the_same_number_of_cells() {
    let names = ["a|b", "a\\|b", "`|`", "a\n|b", "|"];
    let findings = names.map(|name| finding("x", Severity::Error, name, 1));
    let text = render(&report(findings.to_vec()), &BLOB);
    let rows = text.lines().filter(|line| line.starts_with("| ❌"));
    assert_eq!(rows.clone().count(), 5);
    for row in rows {
        assert_eq!(row.matches('|').count(), 6, "{row}");
    }
}

#[test]
fn detail_is_given_up_step_by_step_until_it_fits() {
    let report = broken_in(50);
    let full = render(&report, &BLOB);
    assert_eq!(
        render_within(&report, &BLOB, Limit::Bytes(full.len())),
        full
    );
    let tables = render_within(&report, &BLOB, Limit::Bytes(full.len() - 1));
    assert!(tables.contains("rule 50") && !tables.contains("Expected, live"));
    let counts = render_within(
        &report,
        &BLOB,
        Limit::Utf16(tables.encode_utf16().count() - 1),
    );
    assert!(counts.contains("| ❌ error | 50 |") && !counts.contains("rule 50"));
    assert!(render_within(&report, &BLOB, Limit::Utf16(10)).starts_with("## ❌"));
}

#[test]
fn limits_cut_between_characters() {
    assert_eq!(Limit::Bytes(4).cut("aäöü"), "aä");
    assert_eq!(Limit::Utf16(2).cut("a🔴b"), "a");
    assert_eq!(Limit::Utf16(3).cut("a🔴b"), "a🔴");
    assert_eq!(Limit::Utf16(9).cut("a🔴b"), "a🔴b");
}

#[test]
fn without_timing_equal_contracts_make_equal_texts() {
    let options = Options {
        timing: false,
        ..BLOB
    };
    let mut slower = full();
    slower.timing.total *= 2;
    assert_eq!(render(&full(), &options), render(&slower, &options));
}

#[test]
fn files_outside_of_the_repository_are_named_but_not_linked() {
    for file in ["/etc/passwd", "../other/1.sql", "a/../../b.sql"] {
        let mut one = finding("x", Severity::Error, "public.x", 1);
        one.location.as_mut().unwrap().file = file.into();
        let text = render(&report(vec![one]), &BLOB);
        assert!(text.contains(&format!("`{file}:1`")));
        assert!(!text.contains("https://"));
    }
}
