//! Since when each finding stands: kept out of sight in the issue's own text, so that no other place has to remember.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::page::short_hash;
use crate::findings::Finding;
use crate::report::{Report, Verdict, markdown};

const MARK: &str = "<!-- pgpact:since";

/// So many are remembered; an issue has room for some 65,000 characters in all.
const MOST: usize = 400;

/// The day on which each finding was seen first, by its key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Since(BTreeMap<String, Date>);

impl Since {
    /// What an issue's text remembers.
    pub(super) fn read(body: &str) -> Self {
        let kept = body
            .split_once(MARK)
            .and_then(|(_, rest)| rest.split_once("-->"));
        let words = kept.map_or("", |(kept, _)| kept).split_whitespace();
        let entries = words.filter_map(|word| {
            let (key, date) = word.split_once('=')?;
            Some((key.to_owned(), date.parse().ok()?))
        });
        Self(entries.collect())
    }

    /// What there is to remember after a report. Without a verdict nothing is known to be gone.
    pub(super) fn after(&self, report: &Report, today: Date) -> Self {
        if report.verdict == Verdict::Unknown {
            return self.clone();
        }
        let counting = report.findings.iter().filter(|finding| finding.counts());
        let entries = counting.take(MOST).map(|finding| {
            let key = key(finding);
            let since = self.0.get(&key).copied().unwrap_or(today);
            (key, since)
        });
        Self(entries.collect())
    }

    /// The part of the issue that says so, what is out of sight included.
    pub(super) fn text(&self, report: &Report) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let dated = report.findings.iter().filter_map(|finding| {
            let since = self.0.get(&key(finding)).filter(|_| finding.counts())?;
            Some((*since, finding))
        });
        let mut dated: Vec<(Date, &Finding)> = dated.collect();
        dated.sort_by_key(|(since, _)| *since);
        let entries: Vec<String> = self
            .0
            .iter()
            .map(|(key, since)| format!("{key}={since}"))
            .collect();
        format!(
            "{}\n{MARK} {} -->\n",
            markdown::since(&dated),
            entries.join(" ")
        )
    }
}

/// What a finding is about; how exactly it differs may change meanwhile.
fn key(finding: &Finding) -> String {
    let fact = finding.fact.as_deref().unwrap_or_default();
    short_hash(&[&finding.code, &finding.id.to_string(), fact])
}
