//! The drawing in a comment: what Mermaid reads, whatever tables are called.

use pgpact::report::Report;
use pgpact::report::markdown::{Options, render};
use regex::Regex;

use super::html::drawing;
use crate::support::reports::full;

/// The drawing of a report's comment, line by line; none where there is none. What is no drawing panics.
pub(crate) fn diagram(report: &Report) -> Option<String> {
    let options = Options {
        draws: true,
        ..Options::default()
    };
    let text = render(report, &options);
    let (_, rest) = text.split_once("\n```mermaid\n")?;
    let (diagram, after) = rest.split_once("\n```\n").expect("the fence is closed");
    assert!(!after.contains("```mermaid"), "one drawing");
    let label = r#""[\p{Alphabetic}\p{N} _.,()→…⟨⟩\uFF01-\uFF5E-]*""#;
    let lines = [
        "^erDiagram$".to_owned(),
        format!(r"^  t\d+\[{label}\] \{{$"),
        format!("^    [A-Za-z_][A-Za-z0-9_]* [A-Za-z_][A-Za-z0-9_]*( PK)?( {label})?$"),
        r"^  \}$".to_owned(),
        format!(r"^  t\d+ \}}o(--|\.\.)\|\| t\d+ : {label}$"),
    ];
    let lines = lines.map(|line| Regex::new(&line).unwrap());
    for line in diagram.lines() {
        assert!(lines.iter().any(|known| known.is_match(line)), "{line}");
    }
    Some(diagram.to_owned())
}

#[test]
fn a_small_drawing_reads_well() {
    let mut report = full();
    report.drawn.tables = Some(drawing());
    insta::assert_snapshot!(diagram(&report).unwrap());
}

#[test]
fn what_is_large_is_not_drawn() {
    let mut report = full();
    let mut large = drawing();
    for number in 0..12 {
        let mut table = large.tables[0].clone();
        table.name = format!("public.t{number}");
        large.tables.push(table);
    }
    report.drawn.tables = Some(large);
    assert_eq!(diagram(&report), None);
}

#[test]
fn names_that_are_words_of_mermaid_are_names() {
    let mut report = full();
    let mut odd = drawing();
    for (column, name) in odd.tables[0].columns.iter_mut().zip(["PK", "1st", ""]) {
        column.name = name.to_owned();
    }
    report.drawn.tables = Some(odd);
    let diagram = diagram(&report).unwrap();
    assert!(diagram.contains("    uuid _PK PK \"PK\""), "{diagram}");
    assert!(diagram.contains("    uuid _1st \"1st\""), "{diagram}");
}
