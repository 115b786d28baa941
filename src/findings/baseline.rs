//! A baseline: findings that were there when somebody adopted pgpact, each bound to what it was accepted with.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Finding;

/// What findings in a baseline are told to be ignored for.
const REASON: &str = "accepted in the baseline";

/// Findings that were accepted as they were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    baseline_version: u32,
    /// In order, one a line when saved.
    accepted: BTreeSet<Accepted>,
}

/// One accepted finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The object, as ignores spell it: `class:name`.
    pub object: String,
    /// The finding's code.
    pub code: String,
    /// The fact that differs; none for a missing or unexpected object.
    pub fact: Option<String>,
    /// A hash of what it was accepted with: another difference of the same fact is another finding.
    pub content: String,
}

/// What became of a baseline when today's findings were held against it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ratchet {
    /// What stays accepted.
    pub kept: usize,
    /// Accepted ones that are gone: the baseline can shrink.
    pub gone: usize,
    /// Findings that nobody accepted.
    pub new: usize,
}

impl Baseline {
    /// All findings that count, as they are.
    pub fn of(findings: &[Finding]) -> Self {
        let counting = findings.iter().filter(|finding| finding.counts());
        Self {
            baseline_version: 1,
            accepted: counting.map(accepted).collect(),
        }
    }

    /// Reads a saved one; the error says what is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let baseline: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match baseline.baseline_version {
            1 => Ok(baseline),
            other => Err(format!(
                "it is of version {other}, and this program knows version 1"
            )),
        }
    }

    /// To be saved: an entry a line, so that a review shows what was taken in.
    pub fn to_json(&self) -> String {
        let entry = |one: &Accepted| serde_json::to_string(one).expect("it is plain JSON data");
        let entries: Vec<String> = self.accepted.iter().map(entry).collect();
        let entries = match entries.is_empty() {
            true => String::new(),
            false => format!("\n    {}\n  ", entries.join(",\n    ")),
        };
        format!("{{\n  \"baseline_version\": 1,\n  \"accepted\": [{entries}]\n}}\n")
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.accepted.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.accepted.is_empty()
    }

    /// Marks what was accepted; gives the entries that nothing is found of any more.
    pub fn apply(&self, findings: &mut [Finding]) -> Vec<&Accepted> {
        let mut unused: BTreeSet<&Accepted> = self.accepted.iter().collect();
        for finding in findings
            .iter_mut()
            .filter(|finding| finding.ignored.is_none())
        {
            let found = accepted(finding);
            if self.accepted.contains(&found) {
                finding.ignored = Some(REASON.to_owned());
                unused.remove(&found);
            }
        }
        unused.into_iter().collect()
    }

    /// The baseline that today leaves of this one: without what is gone, with what is new only where that is wanted.
    pub fn renewed(&self, today: &Self, with_new: bool) -> (Self, Ratchet) {
        let kept: BTreeSet<Accepted> = self
            .accepted
            .intersection(&today.accepted)
            .cloned()
            .collect();
        let ratchet = Ratchet {
            kept: kept.len(),
            gone: self.accepted.len() - kept.len(),
            new: today.accepted.len() - kept.len(),
        };
        let accepted = if with_new {
            today.accepted.clone()
        } else {
            kept
        };
        (
            Self {
                baseline_version: 1,
                accepted,
            },
            ratchet,
        )
    }
}

fn accepted(finding: &Finding) -> Accepted {
    Accepted {
        object: finding.id.to_string(),
        code: finding.code.clone(),
        fact: finding.fact.clone(),
        content: finding.content(),
    }
}
