//! Ignores: findings somebody decided to live with, each with a reason.

use glob::MatchOptions;
use jiff::civil::Date;

use super::Finding;
use crate::contract::ObjectId;

/// A pattern over ids: `class:path` or `path`, `*` and `?` as in a shell, matching dots too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(glob::Pattern);

/// An entry of `[[ignore]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// Which objects; none means all.
    pub object: Option<Pattern>,
    /// Which code; none means all, also of everything inside the object.
    pub code: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day it holds.
    pub until: Option<Date>,
    /// Where it stands, e.g. `pgpact.toml:12`.
    pub place: String,
}

/// What became of the ignores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreOutcome {
    /// Ignores that matched nothing or have expired, with the reason in words.
    pub unused: Vec<String>,
}

impl Pattern {
    /// Reads a pattern, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        glob::Pattern::new(text)
            .map(Self)
            .map_err(|error| error.msg.to_owned())
    }

    /// Whether it matches an id, with or without the class before it.
    pub fn matches(&self, id: &ObjectId) -> bool {
        let options = MatchOptions {
            case_sensitive: true,
            require_literal_separator: false,
            require_literal_leading_dot: false,
        };
        self.0.matches_with(&id.path, options) || self.0.matches_with(&id.to_string(), options)
    }
}

impl Ignore {
    fn matches(&self, finding: &Finding) -> bool {
        if self.code.as_ref().is_some_and(|code| *code != finding.code) {
            return false;
        }
        let Some(pattern) = &self.object else {
            return true;
        };
        let covers_inside = self.code.is_none();
        pattern.matches(&finding.id)
            || covers_inside && finding.ancestors.iter().any(|id| pattern.matches(id))
    }
}

/// Marks the findings that are ignored on a day, and says which ignores did nothing.
pub fn apply(findings: &mut [Finding], ignores: &[Ignore], today: Date) -> IgnoreOutcome {
    let mut outcome = IgnoreOutcome::default();
    for ignore in ignores {
        let mut matched = findings
            .iter_mut()
            .filter(|finding| ignore.matches(finding))
            .peekable();
        if let Some(until) = ignore.until.filter(|until| *until < today) {
            outcome.unused.push(format!(
                "the ignore at {} expired on {until}: {}",
                ignore.place, ignore.reason
            ));
        } else if matched.peek().is_none() {
            outcome.unused.push(format!(
                "the ignore at {} matches no finding: {}",
                ignore.place, ignore.reason
            ));
        } else {
            matched.for_each(|finding| finding.ignored = Some(ignore.reason.clone()));
        }
    }
    outcome
}
