//! The market's code: what is marked is found, and nothing else is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::binary::{Ended, Run};
use crate::support::repository;

/// How many marks there are in all: code that is not read would pass otherwise.
const MARKS: usize = 80;

const ROOT: &str = "fixtures/usage/market";

fn usage(arguments: &[&str]) -> Ended {
    let expected = repository(ROOT).join("supabase/migrations");
    let mut all = vec!["usage", "--quiet", "--expected", expected.to_str().unwrap()];
    all.extend(arguments);
    Run::new(&all).within(&repository(ROOT)).end()
}

/// `file:line code` of each `// expect: code`, or `// expect-2: code` for one two lines above.
pub(crate) fn marked(root: &Path, files: &str) -> BTreeSet<String> {
    let pattern = root.join(files);
    let mark = regex::Regex::new(r"(?://|#|--) expect([+-]\d+)?: ([a-z-]+)").unwrap();
    let mut marked = BTreeSet::new();
    for path in glob::glob(pattern.to_str().unwrap()).unwrap() {
        let path = path.unwrap();
        let name = path.strip_prefix(root).unwrap();
        for (at, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            for found in mark.captures_iter(line) {
                let offset: i64 = found.get(1).map_or(0, |by| by.as_str().parse().unwrap());
                let line = i64::try_from(at + 1).unwrap() + offset;
                marked.insert(format!("{}:{line} {}", name.display(), &found[2]));
            }
        }
    }
    marked
}

pub(crate) fn told(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let line = |finding: &Value| {
        let location = &finding["location"];
        let file = location["file"].as_str().unwrap();
        format!(
            "{file}:{} {}",
            location["line"],
            finding["code"].as_str().unwrap()
        )
    };
    findings.map(line).collect()
}

#[test]
fn what_is_marked_is_found_and_nothing_else() {
    let ended = usage(&["--format", "json", "app"]);
    let report = ended.json();
    let marked = marked(&repository(ROOT), "app/**/*.*");
    assert_eq!(told(&report), marked);
    assert_eq!(marked.len(), MARKS);
    assert_eq!(ended.status, 1);
}

#[test]
fn what_nobody_can_judge_is_counted_and_listed() {
    let report = usage(&["--format", "json", "app"]).json();
    let gaps = report["coverage"]["not_compared"]
        .as_array()
        .unwrap()
        .iter();
    let told: BTreeSet<String> = gaps
        .flat_map(|gap| gap["what"].as_str().unwrap().split(", "))
        .map(str::to_owned)
        .collect();
    let mut open = BTreeSet::new();
    for file in [
        "app/lib/store.ts",
        "app/server/choices.ts",
        "app/server/classes.ts",
        "app/server/styles.ts",
    ] {
        let text = fs::read_to_string(repository(ROOT).join(file)).unwrap();
        let lines = text.lines().enumerate();
        let marked = lines.filter(|(_, line)| line.ends_with("// open"));
        open.extend(marked.map(|(at, _)| format!("{file}:{}", at + 1)));
    }
    assert_eq!(open.len(), 13);
    assert_eq!(told, open);
    // What is selected and what is filtered by are two in one line.
    assert_eq!(report["usage"]["open"], 14);
}

#[test]
fn a_name_that_is_near_is_told() {
    let report = usage(&["--format", "json", "app/server/orders.ts"]).json();
    let findings = report["findings"].as_array().unwrap();
    let message = |line: u64| {
        let found = findings.iter().find(|one| one["location"]["line"] == line);
        found.unwrap()["message"].as_str().unwrap().to_owned()
    };
    assert!(
        message(16).contains("did you mean orders?"),
        "{}",
        message(16)
    );
    assert!(
        message(18).contains("did you mean status?"),
        "{}",
        message(18)
    );
}

#[test]
fn the_map_says_who_uses_what_and_what_nobody_uses() {
    let folder = tempfile::tempdir().unwrap();
    let (json, page) = (folder.path().join("map.json"), folder.path().join("map.md"));
    let ended = usage(&[
        "--map",
        json.to_str().unwrap(),
        "--map",
        page.to_str().unwrap(),
        "app",
    ]);
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    let map: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let uses = map["objects"]["function:public.search_products(text)"]
        .as_array()
        .unwrap();
    assert_eq!(uses[0]["file"], "app/server/calls.ts");
    assert_eq!(uses[0]["how"], "calls");
    let unused: Vec<&str> = map["unused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    assert!(
        unused.contains(&"column:public.shipments.tracking"),
        "{unused:?}"
    );
    assert!(
        !unused.iter().any(|one| one.contains("public.orders")),
        "{unused:?}"
    );
    assert!(!unused.contains(&"function:public.stamp()"), "{unused:?}");
    assert!(
        fs::read_to_string(&page)
            .unwrap()
            .contains("app/server/orders.ts")
    );
}

#[test]
fn a_file_that_does_not_parse_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("good.ts"),
        "supabase.from('parcels').select('id');",
    )
    .unwrap();
    fs::write(folder.path().join("bad.ts"), "const = = {").unwrap();
    fs::write(folder.path().join("bad.py"), "def (:").unwrap();
    let ended = usage(&["--format", "json", folder.path().to_str().unwrap()]);
    let report = ended.json();
    let codes: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "usage-table-missing",
            "usage-file-unread",
            "usage-file-unread"
        ]
    );
}

#[test]
fn where_there_is_no_code_there_is_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let ended = usage(&[folder.path().to_str().unwrap()]);
    assert_eq!(ended.status, 3, "{}", ended.stdout);
    assert!(ended.stdout.contains("nothing-to-try"), "{}", ended.stdout);
    let ended = usage(&["nowhere"]);
    assert_ne!(ended.status, 0);
    assert!(
        ended.stdout.contains("there is no file or folder nowhere"),
        "{}",
        ended.stdout
    );
}

#[test]
fn globs_ignores_and_severities_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("pgpact.toml");
    fs::write(
        &config,
        "[usage]\nexclude = [\"**/calls.ts\", \"**/writes.ts\", \"**/*.vue\"]\n\n[severity]\nusage-type-mismatch = \"note\"\n\n\
         [[ignore]]\nobject = \"usage:public.orders\"\nreason = \"rewritten next month\"\n",
    )
    .unwrap();
    let report = usage(&[
        "--format",
        "json",
        "--config",
        config.to_str().unwrap(),
        "app",
    ])
    .json();
    let findings = report["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .all(|one| one["location"]["file"] != "app/server/calls.ts")
    );
    let of_orders = findings
        .iter()
        .filter(|one| one["object"] == "public.orders");
    assert!(of_orders.clone().count() > 5);
    assert!(of_orders.clone().all(|one| !one["ignored"].is_null()));
    let mismatch = findings
        .iter()
        .find(|one| one["code"] == "usage-type-mismatch");
    assert_eq!(mismatch.unwrap()["severity"], "note");
}
