//! Ignores: findings somebody decided to live with, each with a reason.

use jiff::civil::Date;

use super::Finding;
use crate::contract::Pattern;

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

impl Ignore {
    /// Whether it is about probes of a running database alone.
    pub fn is_of_probes(&self) -> bool {
        let code = self.code.as_deref();
        code.is_some_and(|code| super::smoke::CODES.iter().any(|entry| entry.code == code))
    }

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

/// Marks the findings that are ignored on a day; gives the ignores that did nothing, and why.
pub fn apply<'a>(
    findings: &mut [Finding],
    ignores: &'a [Ignore],
    today: Date,
) -> Vec<(&'a Ignore, String)> {
    let mut unused = Vec::new();
    for ignore in ignores {
        let mut matched = findings
            .iter_mut()
            .filter(|finding| ignore.matches(finding))
            .peekable();
        if let Some(until) = ignore.until.filter(|until| *until < today) {
            unused.push((
                ignore,
                format!("this ignore expired on {until}: {}", ignore.reason),
            ));
        } else if matched.peek().is_none() {
            unused.push((
                ignore,
                format!("this ignore matches no finding: {}", ignore.reason),
            ));
        } else {
            matched.for_each(|finding| finding.ignored = Some(ignore.reason.clone()));
        }
    }
    unused
}
