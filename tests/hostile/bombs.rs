//! What would take all the memory or the stack of this process instead of the server's.

use super::{Case, FAILED};

#[test]
fn statements_nested_as_deep_as_one_likes_cost_no_more_than_themselves() {
    let deep = |open: &str, close: &str, count: usize| {
        format!("select {}1{};\n", open.repeat(count), close.repeat(count))
    };
    let case = Case::new("rows", "pgpact_admin");
    let text = [
        deep("(", ")", 100_000),
        deep("(select ", ")", 20_000),
        deep("not ", "", 100_000),
        deep("array[", "]", 20_000),
        deep("case when true then ", " end", 20_000),
        deep("1+", "", 100_000),
    ];
    case.write("migrations/2_hostile.sql", &text.concat());
    let ended = case.verify("plain");
    let report = ended.json();
    assert!(
        ["holds", "broken"].contains(&report["verdict"].as_str().unwrap()),
        "{report:#}{}",
        ended.stderr
    );
    let findings = report["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .all(|finding| FAILED.contains(&finding["code"].as_str().unwrap())),
        "{report:#}"
    );
}
