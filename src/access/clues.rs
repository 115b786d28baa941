//! What policies and function bodies say about columns: which hold a user, a tenant, which claims and settings are asked.
//!
//! Only which rows and claims are made hangs on this; whether somebody gets through is tried, never read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::model::{Model, Policy, Relation};

/// What an expression compares a column with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asked {
    /// A claim of the token, by its path.
    Claim(Vec<String>),
    /// A setting of the session.
    Setting(String),
}

/// What was gathered.
#[derive(Debug, Default)]
pub(super) struct Clues {
    /// Columns that are compared with who is signed in; with `true` where the column is a list of them.
    pub users: BTreeMap<(i64, String), bool>,
    /// Columns that are compared with somebody's address.
    pub emails: BTreeSet<(i64, String)>,
    /// What is asked of the session, and the columns it is compared with.
    pub asked: BTreeMap<Asked, BTreeSet<(i64, String)>>,
    /// Texts that what is asked is compared with.
    pub asked_literals: BTreeMap<Asked, BTreeSet<String>>,
    /// Texts that columns of a name are compared with.
    pub literals: BTreeMap<String, Vec<String>>,
    /// Relations that policies or their functions look things up in.
    pub consulted: BTreeSet<i64>,
}

const OPERAND: &str =
    r#"((?:current_setting *'[^']+'(?:, true)?|[\w."]+)(?: *->>? *'[^']*')*|'[^']*')"#;

static COMPARISON: LazyLock<Regex> = LazyLock::new(|| {
    let operator = r"\s*(= any|= some|=|is not distinct from|in|@>|<@)\s*(?:array)?\[?\s*";
    Regex::new(&format!("(?i){OPERAND}{operator}{OPERAND}")).expect("a constant")
});
static ASKED: LazyLock<Regex> = LazyLock::new(|| {
    let source = r"(?:auth\.jwt|current_setting *'request\.jwt\.claims'(?:, true)?)";
    Regex::new(&format!("(?i){source}(?: *->>? *'[^']*')+")).expect("a constant")
});
static KEY: LazyLock<Regex> = LazyLock::new(|| Regex::new("->>? *'([^']*)'").expect("a constant"));
static SETTING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)current_setting *'([^']+)'").expect("a constant"));
static CAST: LazyLock<Regex> = LazyLock::new(|| {
    let more = r"(?: varying| precision| with(?:out)? time zone)?(?:\(\d+(?:,\d+)?\))?(?:\[\])?";
    Regex::new(&format!(r#"::"?[\w.]+"?{more}"#)).expect("a constant")
});
static NOISE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\(\s*select\s+|\s+as \w+\s*\)|\bnullif\b|\bcoalesce\b|\blower\b|\bupper\b|, *''|[()]",
    )
    .expect("a constant")
});

/// Parentheses, casts and the wrappers around calls are taken away: what is left are operands and operators.
fn plain(text: &str) -> String {
    let text = CAST.replace_all(text, "");
    // A subquery that only calls a function is as good as the call.
    let text = NOISE.replace_all(&text, |found: &regex::Captures<'_>| {
        if found[0].contains('\'') { "" } else { " " }.to_owned()
    });
    let squeezed: Vec<&str> = text.split_whitespace().collect();
    let text = squeezed.join(" ");
    text.replace(" ->> ", "->>").replace(" -> ", "->")
}

impl Clues {
    pub(super) fn gather(model: &Model) -> Self {
        let mut clues = Self::default();
        for relation in &model.relations {
            for policy in &relation.policies {
                clues.read_policy(model, relation, policy);
            }
        }
        let bodies = model.functions.iter();
        for body in bodies.map(|function| plain(&function.body)) {
            let about = mentioned(model, &body);
            if asks_who(&body) {
                clues
                    .consulted
                    .extend(about.iter().map(|relation| relation.oid));
            }
            clues.read(&body, &about);
        }
        clues.hand_down(model);
        for relation in model
            .relations
            .iter()
            .filter(|relation| relation.kind == "v")
        {
            clues.consulted.remove(&relation.oid);
        }
        clues
    }

    /// Columns of partitions mean what they mean in the whole.
    fn hand_down(&mut self, model: &Model) {
        let mut parts: Vec<(i64, i64)> = Vec::new();
        for relation in &model.relations {
            let mut above = relation.parent;
            while let Some(whole) = above {
                parts.push((whole, relation.oid));
                above = model.relation(whole).and_then(|whole| whole.parent);
            }
        }
        for (whole, part) in parts {
            let users = self
                .users
                .clone()
                .into_iter()
                .filter(|((oid, _), _)| *oid == whole);
            self.users
                .extend(users.map(|((_, name), is_list)| ((part, name), is_list)));
            for columns in self.asked.values_mut().chain([&mut self.emails]) {
                let same = columns.clone().into_iter().filter(|(oid, _)| *oid == whole);
                columns.extend(same.map(|(_, name)| (part, name)));
            }
        }
    }

    fn read_policy(&mut self, model: &Model, relation: &Relation, policy: &Policy) {
        let others = policy.relations.iter();
        let others: Vec<&Relation> = others.filter_map(|oid| model.relation(*oid)).collect();
        self.consulted.extend(others.iter().map(|other| other.oid));
        let about: Vec<&Relation> = std::iter::once(relation).chain(others).collect();
        self.read(&plain(&policy.text()), &about);
    }

    fn read(&mut self, text: &str, about: &[&Relation]) {
        for found in ASKED.find_iter(text) {
            if let Some(asked) = asked(found.as_str()) {
                self.asked.entry(asked).or_default();
            }
        }
        for found in COMPARISON.captures_iter(text) {
            let is_list = !matches!(
                found[2].to_ascii_lowercase().as_str(),
                "=" | "is not distinct from"
            );
            for (one, other) in [(&found[1], &found[3]), (&found[3], &found[1])] {
                self.compare(one, other, is_list, about);
            }
        }
    }

    fn compare(&mut self, one: &str, other: &str, is_list: bool, about: &[&Relation]) {
        let columns = columns(one, about);
        if let Some(literal) = other.strip_prefix('\'') {
            let literal = literal.trim_end_matches('\'').to_owned();
            if let Some(asked) = asked(one) {
                self.asked_literals
                    .entry(asked)
                    .or_default()
                    .insert(literal.clone());
            }
            for (_, name) in columns {
                let literals = self.literals.entry(name).or_default();
                if !literals.contains(&literal) {
                    literals.push(literal.clone());
                }
            }
            return;
        }
        match (who(other), asked(other)) {
            (Some(Who::User), _) => {
                self.users
                    .extend(columns.into_iter().map(|column| (column, is_list)));
            }
            (Some(Who::Email), _) => self.emails.extend(columns),
            (None, Some(asked)) => self.asked.entry(asked).or_default().extend(columns),
            (None, None) => {}
        }
    }
}

enum Who {
    User,
    Email,
}

fn who(operand: &str) -> Option<Who> {
    let operand = operand.to_ascii_lowercase();
    let key = KEY
        .captures_iter(&operand)
        .last()
        .map(|key| key[1].to_owned());
    let is_top = KEY.captures_iter(&operand).count() == 1;
    if operand == "auth.uid"
        || operand.ends_with("claim.sub'")
        || operand.contains("request.jwt.claim.sub")
    {
        return Some(Who::User);
    }
    if operand == "auth.email" {
        return Some(Who::Email);
    }
    match key.as_deref() {
        Some("sub") if is_top => Some(Who::User),
        Some("email") if is_top => Some(Who::Email),
        _ => None,
    }
}

/// Whether a text depends on who is signed in.
fn asks_who(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["auth.uid", "auth.jwt", "auth.email", "current_setting"]
        .iter()
        .any(|word| text.contains(word))
}

/// What an operand asks of the session, where it does.
fn asked(operand: &str) -> Option<Asked> {
    let lower = operand.to_ascii_lowercase();
    let keys: Vec<String> = KEY
        .captures_iter(operand)
        .map(|key| key[1].to_owned())
        .collect();
    if lower.starts_with("auth.jwt") || lower.contains("request.jwt.claims") {
        let is_ours = matches!(keys.as_slice(), [])
            || matches!(keys.as_slice(), [key] if matches!(key.as_str(), "sub" | "email" | "role" | "aal"));
        return (!is_ours).then_some(Asked::Claim(keys));
    }
    let setting = SETTING.captures(operand)?[1].to_owned();
    match setting.strip_prefix("request.jwt.claim.") {
        Some("sub" | "role" | "email") => None,
        Some(key) => Some(Asked::Claim(vec![key.to_owned()])),
        None if setting.starts_with("request.") => None,
        None => Some(Asked::Setting(setting)),
    }
}

/// The columns an operand may be.
fn columns(operand: &str, about: &[&Relation]) -> Vec<(i64, String)> {
    let name = operand
        .rsplit('.')
        .next()
        .unwrap_or(operand)
        .trim_matches('"');
    let having = about
        .iter()
        .filter(|relation| relation.column(name).is_some());
    let all = having.map(|relation| (relation.oid, name.to_owned()));
    let qualifier = operand
        .rsplit('.')
        .nth(1)
        .map(|word| word.trim_matches('"'));
    let named = about
        .iter()
        .find(|relation| Some(relation.name.as_str()) == qualifier);
    match (qualifier, named) {
        // Without a qualifier the nearest relation is meant.
        (None, _) => all.take(1).collect(),
        (Some(_), Some(named)) => all.filter(|(oid, _)| *oid == named.oid).collect(),
        // An alias stands for any but the table that the policy is on, where there are others.
        (Some(_), None) => {
            let all: Vec<(i64, String)> = all.collect();
            let first = about.first().map(|relation| relation.oid);
            let others = all.iter().filter(|(oid, _)| Some(*oid) != first).cloned();
            let others: Vec<(i64, String)> = others.collect();
            if others.is_empty() { all } else { others }
        }
    }
}

/// Relations whose name stands in a text.
fn mentioned<'a>(model: &'a Model, text: &str) -> Vec<&'a Relation> {
    let words: BTreeSet<&str> = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    let relations = model.relations.iter();
    relations
        .filter(|relation| words.contains(relation.name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_lose_what_is_only_wrapping() {
        assert_eq!(
            plain("(user_id = ( SELECT auth.uid() AS uid))"),
            "user_id = auth.uid"
        );
        assert_eq!(
            plain("((auth.uid())::text = (owner)::character varying(36))"),
            "auth.uid = owner"
        );
        assert_eq!(
            plain("(org_id = (((auth.jwt() -> 'app_metadata'::text) ->> 'org_id'::text))::uuid)"),
            "org_id = auth.jwt->'app_metadata'->>'org_id'"
        );
    }

    #[test]
    fn what_is_asked_of_the_session_is_told_apart() {
        let claim = |keys: &[&str]| {
            Some(Asked::Claim(
                keys.iter().map(|key| (*key).to_owned()).collect(),
            ))
        };
        assert_eq!(
            asked("auth.jwt->'app_metadata'->>'org_id'"),
            claim(&["app_metadata", "org_id"])
        );
        assert_eq!(asked("auth.jwt ->>'sub'"), None);
        assert_eq!(
            asked("current_setting 'app.tenant', true"),
            Some(Asked::Setting("app.tenant".to_owned()))
        );
    }
}
