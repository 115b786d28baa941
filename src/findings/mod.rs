//! Judged differences: what a delta means, how bad it is, and what people chose to ignore.

mod code;
mod ignore;
mod judge;

pub use code::{Origin, all_codes};
pub use ignore::{Ignore, IgnoreOutcome, Pattern, apply as apply_ignores};
pub use judge::{FailedStatement, judge};

use serde_json::Value;

use crate::classes::Severity;
use crate::contract::{Location, ObjectId};

/// A judged delta, or a failed probe.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What is wrong, e.g. `rls-disabled`; stable.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// The object that differs.
    pub id: ObjectId,
    /// Ids of what the object is inside of, nearest first.
    pub ancestors: Vec<ObjectId>,
    /// The heading it stands under in reports: the table, view or function it concerns.
    pub group: String,
    /// The fact that differs; none for a missing or unexpected object.
    pub fact: Option<String>,
    /// What the contract says: the fact's value, or all facts of a missing object.
    pub expected: Option<Value>,
    /// What live says: the fact's value, or all facts of an unexpected object.
    pub live: Option<Value>,
    /// One sentence for a person, without a full stop.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The migration line that the finding is about.
    pub location: Option<Location>,
    /// Why somebody decided not to count it.
    pub ignored: Option<String>,
}

impl Finding {
    /// Whether it counts: nobody ignored it.
    pub fn counts(&self) -> bool {
        self.ignored.is_none()
    }
}

/// Sorts worst first, then by group, object, code and fact.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.group.cmp(&b.group))
            .then_with(|| a.id.path.cmp(&b.id.path))
            .then_with(|| a.code.cmp(&b.code))
            .then_with(|| a.fact.cmp(&b.fact))
    });
}
