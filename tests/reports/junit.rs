//! The XML of `JUnit`: what fails, what is skipped, and that nothing passes which nobody looked at.

use std::collections::BTreeMap;

use pgpact::classes::Severity;
use pgpact::contract::Gap;
use pgpact::report::{Threshold, junit};
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::support::reports::{broken, finding, full, holding, report, unknown};

/// A test case as a CI system reads it.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) name: String,
    pub(crate) suite: String,
    /// `passed`, or the name of the element inside.
    pub(crate) ended: String,
    pub(crate) message: String,
    pub(crate) text: String,
}

/// The cases of a document; what is not well-formed, or does not count itself right, panics.
pub(crate) fn cases(document: &str) -> Vec<Read> {
    let mut reader = Reader::from_str(document);
    let (mut cases, mut roots, mut depth) = (Vec::<Read>::new(), Vec::new(), 0_i32);
    loop {
        let event = reader.read_event().unwrap();
        let (element, opens) = match &event {
            Event::Start(element) => (element, true),
            Event::Empty(element) => (element, false),
            Event::End(_) => {
                depth -= 1;
                continue;
            }
            Event::Text(text) => {
                if let Some(case) = cases.last_mut() {
                    case.text.push_str(text.decode().unwrap().trim());
                }
                continue;
            }
            Event::GeneralRef(reference) => {
                let name = reference.decode().unwrap();
                assert!(
                    ["lt", "gt", "amp", "quot", "apos"].contains(&&*name),
                    "{name}"
                );
                if let Some(case) = cases.last_mut() {
                    case.text.push_str(&format!("&{name};"));
                }
                continue;
            }
            Event::Eof => break,
            Event::Decl(_) => continue,
            other => panic!("{other:?}"),
        };
        depth += i32::from(opens);
        let attributes: BTreeMap<String, String> = element
            .attributes()
            .map(|attribute| {
                let attribute = attribute.unwrap();
                let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
                let raw = String::from_utf8(attribute.value.to_vec()).unwrap();
                (key, quick_xml::escape::unescape(&raw).unwrap().into_owned())
            })
            .collect();
        let get = |name: &str| attributes.get(name).cloned().unwrap_or_default();
        match element.name().as_ref() {
            b"testsuites" => roots.push(attributes.clone()),
            b"testsuite" => {}
            b"testcase" => cases.push(Read {
                name: get("name"),
                suite: get("classname"),
                ended: "passed".to_owned(),
                message: String::new(),
                text: String::new(),
            }),
            inner => {
                let case = cases.last_mut().unwrap();
                case.ended = String::from_utf8(inner.to_vec()).unwrap();
                case.message = get("message");
            }
        }
    }
    assert_eq!(depth, 0, "an element is not closed");
    assert_eq!(roots.len(), 1);
    let count = |ended: &str| {
        let cases = cases.iter().filter(|case| case.ended == ended);
        cases.count().to_string()
    };
    assert_eq!(roots[0]["tests"], cases.len().to_string());
    assert_eq!(roots[0]["failures"], count("failure"));
    assert_eq!(roots[0]["errors"], count("error"));
    assert_eq!(roots[0]["skipped"], count("skipped"));
    cases
}

fn of_sort<'a>(cases: &'a [Read], ended: &str) -> Vec<&'a str> {
    let cases = cases.iter().filter(|case| case.ended == ended);
    cases.map(|case| case.name.as_str()).collect()
}

#[test]
fn a_small_report_reads_well() {
    insta::assert_snapshot!(junit(&full()));
    let cases = cases(&junit(&full()));
    assert_eq!(of_sort(&cases, "failure").len(), 3);
}

#[test]
fn each_class_that_is_as_declared_passes() {
    let cases = cases(&junit(&holding()));
    assert_eq!(
        of_sort(&cases, "passed"),
        ["every policy is as declared", "every table is as declared"]
    );
}

#[test]
fn a_class_with_a_finding_does_not_pass_beside_it() {
    let cases = cases(&junit(&broken()));
    let policies: Vec<&Read> = cases
        .iter()
        .filter(|case| case.suite == "pgpact.policy")
        .collect();
    assert_eq!(policies.len(), 1);
    assert_eq!(policies[0].ended, "failure");
}

#[test]
fn no_verdict_is_an_error_and_nothing_passes() {
    let cases = cases(&junit(&unknown()));
    assert_eq!(of_sort(&cases, "error"), ["verdict"]);
    assert_eq!(of_sort(&cases, "passed"), Vec::<&str>::new());
    assert!(
        cases[0]
            .message
            .contains("no connection to the live database")
    );
}

#[test]
fn a_run_that_compared_nothing_is_not_green() {
    let mut nothing = holding();
    nothing.classes.clear();
    nothing.not_compared.insert(Gap {
        what: "the live database".to_owned(),
        why: "no connection string was given".to_owned(),
    });
    let cases = cases(&junit(&nothing));
    assert_eq!(of_sort(&cases, "passed"), Vec::<&str>::new());
    assert!(of_sort(&cases, "skipped").contains(&"comparison"));
}

#[test]
fn what_fails_no_run_is_skipped_with_its_words() {
    let mut warning = finding(
        "table-unexpected",
        Severity::Warning,
        "public.scratchpad",
        1,
    );
    warning.message = "table public.scratchpad is in no migration".to_owned();
    let cases_of = |threshold| {
        let mut report = report(vec![warning.clone()]);
        report.threshold = threshold;
        cases(&junit(&report))
    };
    let lax = cases_of(Threshold::From(Severity::Error));
    assert_eq!(lax.iter().filter(|case| case.ended == "failure").count(), 0);
    let told = lax.iter().find(|case| case.ended == "skipped").unwrap();
    assert!(told.message.contains("is in no migration"), "{told:?}");
    let strict = cases_of(Threshold::From(Severity::Warning));
    assert_eq!(
        strict.iter().filter(|case| case.ended == "failure").count(),
        1
    );
}
