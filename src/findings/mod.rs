//! Judged differences: what a delta means, how bad it is, and what people chose to ignore.

mod baseline;
mod census;
mod change;
mod code;
mod ignore;
mod judge;
mod lint;
mod smoke;
mod usage;

pub use baseline::{Accepted, Baseline, Ratchet};
pub use census::of_census;
pub use change::{ContractChange, DriftGate, Effect, Standing, changes, place_in_change};
pub use code::{Origin, all_codes, known as known_code};
pub use ignore::{Ignore, apply as apply_ignores};
pub use judge::{FailedStatement, ancestors, judge};
pub use lint::{is_of_advice, of_advice};
pub use usage::fails;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::classes::Severity;
use crate::contract::{ClassName, Location, ObjectId};

/// A judged delta, or a failed probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// How it stands to the change that is looked at; none where no change is.
    pub standing: Option<Standing>,
    /// Whether it may fail the run.
    pub is_gating: bool,
    /// Who tried what, for what was found by trying.
    pub tried: Option<Tried>,
    /// A hash of what is inside of an object that is missing or unexpected as a whole; empty for others.
    pub inside: String,
    /// Statements that set it right, where there are any.
    pub sql: Option<String>,
    /// The targets it was found on, where several were looked at.
    pub targets: Vec<String>,
}

/// Who tried what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// Who, e.g. `anon`.
    pub actor: String,
    /// What, e.g. `select-other`.
    pub operation: String,
}

impl Finding {
    /// Whether it counts: nobody ignored it, and it is this run's business.
    pub fn counts(&self) -> bool {
        self.ignored.is_none() && self.is_gating
    }

    /// The line of code that it is about; none for what is about the database.
    fn line_of_code(&self) -> Option<u32> {
        let is_of_code = self.id.class.as_str() == usage::WORD;
        self.location
            .as_ref()
            .filter(|_| is_of_code)
            .map(|at| at.line)
    }

    /// A hash of what differs: the same object may come to differ in another way.
    pub fn content(&self) -> String {
        let whole = serde_json::json!([self.expected, self.live, self.inside, self.message]);
        blake3::hash(whole.to_string().as_bytes()).to_hex()[..16].to_owned()
    }

    /// What stays the same from run to run as long as it is the same thing that is wrong, wherever its line moves to.
    pub fn fingerprint(&self) -> String {
        let file = self.line_of_code().and(self.location.as_ref());
        let tried = self.tried.as_ref();
        let whole = serde_json::json!([
            self.code,
            self.id.class.as_str(),
            self.id.path,
            self.fact,
            tried.map(|tried| [&tried.actor, &tried.operation]),
            file.map(|at| &at.file),
        ]);
        blake3::hash(whole.to_string().as_bytes()).to_hex()[..16].to_owned()
    }

    /// Whether it is told although it does not count: drift that a change has nothing to do with.
    pub fn is_told_only(&self) -> bool {
        self.ignored.is_none() && !self.is_gating
    }
}

/// Sorts worst first, then by group, object, code and fact.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.group.cmp(&b.group))
            .then_with(|| a.line_of_code().cmp(&b.line_of_code()))
            .then_with(|| a.id.path.cmp(&b.id.path))
            .then_with(|| a.code.cmp(&b.code))
            .then_with(|| a.fact.cmp(&b.fact))
    });
}

impl Finding {
    /// A finding about a migration statement rather than an object of the database.
    pub fn of_statement(
        code: &'static str,
        location: Location,
        message: String,
        statement: Option<String>,
        severities: &BTreeMap<String, Severity>,
    ) -> Self {
        let origin = code::origin_of(code);
        Self {
            code: code.to_owned(),
            severity: severities.get(code).copied().unwrap_or(origin.severity),
            id: ObjectId::new(ClassName::new("migration"), location.to_string()),
            ancestors: Vec::new(),
            group: location.file.to_string(),
            fact: None,
            expected: statement.map(Value::String),
            live: None,
            message,
            help: origin.help,
            location: Some(location),
            ignored: None,
            standing: None,
            is_gating: true,
            tried: None,
            inside: String::new(),
            sql: None,
            targets: Vec::new(),
        }
    }

    /// A finding about what somebody may do with an object, found by trying.
    pub fn of_access(
        code: &'static str,
        object: &str,
        tried: Option<Tried>,
        message: String,
        location: Option<Location>,
        severities: &BTreeMap<String, Severity>,
    ) -> Self {
        let mut finding = Self::of_migration(code, object, location, message, severities);
        finding.id = ObjectId::new(ClassName::new("access"), object);
        object.clone_into(&mut finding.group);
        finding.tried = tried;
        finding
    }

    /// A finding about a migration as a whole, which may have no file.
    pub fn of_migration(
        code: &'static str,
        place: &str,
        location: Option<Location>,
        message: String,
        severities: &BTreeMap<String, Severity>,
    ) -> Self {
        let at = Location {
            file: place.into(),
            line: 1,
        };
        let mut finding = Self::of_statement(code, at, message, None, severities);
        finding.id = ObjectId::new(ClassName::new("migration"), place);
        finding.location = location;
        finding
    }

    /// A finding of a probe on a running database.
    pub fn of_probe(
        code: &'static str,
        id: ObjectId,
        message: String,
        severities: &BTreeMap<String, Severity>,
    ) -> Self {
        let place = Location {
            file: "".into(),
            line: 1,
        };
        let group = id.path.split_once('(').map_or(&*id.path, |(name, _)| name);
        let group = group.to_owned();
        Self {
            id,
            group,
            location: None,
            ..Self::of_statement(code, place, message, None, severities)
        }
    }

    /// A finding about the configuration itself.
    pub fn of_configuration(
        code: &'static str,
        place: &str,
        message: String,
        severities: &BTreeMap<String, Severity>,
    ) -> Self {
        let (file, line) = place.rsplit_once(':').unwrap_or((place, "1"));
        let location = Location {
            file: file.into(),
            line: line.parse().unwrap_or(1),
        };
        let mut finding = Self::of_statement(code, location, message, None, severities);
        finding.id = ObjectId::new(ClassName::new("configuration"), place);
        finding
    }
}
