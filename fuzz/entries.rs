//! What each target does with a text, and what has to hold: shared by `cargo fuzz` and by `tests/fuzzed.rs`.

use pgpact::github::{Environment, Event};
use pgpact::{config, contract, report, scratch, usage};

/// What is done with a text.
pub(crate) type Entry = fn(&str);

/// Each target by its name, which is its corpus' folder too.
pub(crate) const TARGETS: &[(&str, Entry)] = &[
    ("configuration", configuration),
    ("event", event),
    ("report", reports),
    ("select", select),
    ("snapshot", snapshot),
    ("statements", statements),
];

/// `pgpact.toml`: understood, or refused with words for people.
pub(crate) fn configuration(text: &str) {
    if let Err(error) = config::parse(text, "pgpact.toml") {
        assert!(!error.chain().trim().is_empty());
    }
}

/// A saved contract: what is understood is written and understood again.
pub(crate) fn snapshot(text: &str) {
    let Ok(read) = contract::from_json(text) else {
        return;
    };
    let written = contract::to_json(&read);
    let again = contract::from_json(&written).expect("what is written can be read");
    assert_eq!(contract::to_json(&again), written);
    assert!(contract::diff(&read, &again).is_empty());
}

/// A migration: nothing is in two statements, each stands on a line that there is.
pub(crate) fn statements(text: &str) {
    let lines = text.matches('\n').count() + 1;
    let mut last = 1;
    let mut length = 0;
    for (line, statement) in scratch::statements(text) {
        assert!(!statement.trim().is_empty());
        assert!(line >= last, "statements come in order");
        assert!(usize::try_from(line).is_ok_and(|line| line <= lines));
        last = line;
        length += statement.len();
    }
    assert!(length <= text.len(), "nothing is said twice");
}

/// What a chain of calls selects, and what it filters by.
pub(crate) fn select(text: &str) {
    if let Err(malformed) = usage::select::parse(text) {
        assert!(malformed.at <= text.len());
    }
    usage::filter::parse(text);
}

/// A payload, for each event that may come with one: whatever it says, a fork is never taken for the repository.
pub(crate) fn event(text: &str) {
    for name in [
        "pull_request",
        "pull_request_target",
        "push",
        "merge_group",
        "schedule",
        "workflow_dispatch",
        "",
    ] {
        let variables = [
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_REPOSITORY", "acme/orchard"),
            ("GITHUB_SHA", "9a3e6d1f08c24b75e1a9d3c6b508f7e2d4c19a60"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = Environment::from_variables(&variables.into_iter().collect());
        let Ok(event) = Event::parse(&environment, text) else {
            assert_eq!(name, "pull_request_target", "nothing else is refused");
            continue;
        };
        let is_hash = |sha: &String| sha.len() >= 40 && sha.chars().all(|c| c.is_ascii_hexdigit());
        assert!(event.head_sha.as_ref().is_none_or(is_hash), "{event:?}");
    }
}

/// A JSON report of another run: what is understood is told in every format.
pub(crate) fn reports(text: &str) {
    let Ok(read) = report::read_json(text, "report.json") else {
        return;
    };
    let json = report::render_json(&read);
    let again = report::read_json(&json, "report.json").expect("what is written can be read");
    assert_eq!(report::render_json(&again), json);
    report::render_terminal(&read, 80);
    report::markdown::render(&read, &report::markdown::Options::default());
}
