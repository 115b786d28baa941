//! Options that wrappers, servers, user mappings and foreign tables hand on, and which of them are secrets.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::rules::{Statement, texts};
use crate::contract::Object;
use crate::sql;

/// What stands in place of a secret.
pub(super) const REDACTED: &str = "[redacted]";

/// In the name of an option that is none to show.
const SECRET_NAMES: &[&str] = &[
    "pass", "secret", "token", "key", "cred", "auth", "private", "user",
];

/// In a value that carries a secret among other things, as connection strings do.
const SECRET_VALUES: &[&str] = &["password", "pwd="];

/// Options by name: read as pairs, shown as `name=value`, secrets hidden.
#[derive(Debug)]
pub(super) enum ForeignOptions {
    /// What was read.
    Read(Vec<(String, Option<String>)>),
    /// Why it was not: the fact is compared with nothing, see `align`.
    Unreadable(String),
}

impl<'de> Deserialize<'de> for ForeignOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match value {
            Value::String(why) => Ok(Self::Unreadable(why)),
            value => serde_json::from_value(value)
                .map(Self::Read)
                .map_err(serde::de::Error::custom),
        }
    }
}

impl Serialize for ForeignOptions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Read(options) => serializer.collect_seq(options.iter().map(|(name, value)| {
                let value = value.as_deref().unwrap_or_default();
                let shown = if is_secret(name, value) {
                    REDACTED
                } else {
                    value
                };
                format!("{name}={shown}")
            })),
            Self::Unreadable(why) => {
                let marker =
                    Map::from_iter([(super::align::UNREADABLE.to_owned(), why.as_str().into())]);
                Value::Object(marker).serialize(serializer)
            }
        }
    }
}

fn is_secret(name: &str, value: &str) -> bool {
    let (name, value) = (name.to_lowercase(), value.to_lowercase());
    let is_switch = ["true", "false", "on", "off"].contains(&&*value);
    let has_login = value
        .split_once("://")
        .is_some_and(|(_, rest)| rest.contains('@'));
    !is_switch && SECRET_NAMES.iter().any(|word| name.contains(word))
        || has_login
        || SECRET_VALUES.iter().any(|word| value.contains(word))
}

/// Options as `options (…)` says them after a blank, or nothing.
pub(super) fn clause(object: &Object, fact: &str) -> String {
    let options: Vec<String> = texts(object, fact).into_iter().map(spelled).collect();
    if options.is_empty() {
        String::new()
    } else {
        format!(" options ({})", options.join(", "))
    }
}

/// Why a statement that has to say a secret fails as it stands.
pub(super) fn secret_to_fill_in(statement: Statement, object: &Object, fact: &str) -> Statement {
    let mut statement = statement;
    if texts(object, fact)
        .iter()
        .any(|option| option.ends_with(&format!("={REDACTED}")))
    {
        statement.risk.can_fail = Some(format!(
            "or does nothing good until its secrets are put in place of {REDACTED}"
        ));
    }
    statement
}

fn spelled(option: &str) -> String {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    format!(
        "{} {}",
        sql::identifier(name),
        sql::literal(value).trim_start()
    )
}

/// The statements that bring options from what they are to what they shall be.
///
/// `head` is what stands before `options`; `current` is SQL for the catalog's array of options, so that each
/// statement looks first whether there is something to do.
pub(super) fn changed(
    head: &str,
    current: &str,
    fact: &str,
    wanted: &Object,
    there: &Object,
) -> Vec<Statement> {
    let name = |option: &&str| option.split('=').next().unwrap_or_default().to_owned();
    let (new, old) = (texts(wanted, fact), texts(there, fact));
    let mut statements = Vec::new();
    let is_set = |name: &str| {
        format!(
            "exists (select from pg_options_to_table({current}) where option_name = {})",
            sql::literal(name)
        )
    };
    for gone in old
        .iter()
        .filter(|one| !new.iter().any(|other| name(one) == name(other)))
    {
        let name = name(gone);
        let action = format!("{head} options (drop {})", sql::identifier(&name));
        statements.push(Statement::guarded(&is_set(&name), &action));
    }
    for option in new.iter().filter(|one| !old.contains(one)) {
        let is_set = is_set(&name(option));
        let action = |verb: &str| format!("{head} options ({verb} {})", spelled(option));
        for (condition, verb) in [(format!("not {is_set}"), "add"), (is_set, "set")] {
            let statement = Statement::guarded(&condition, &action(verb));
            statements.push(secret_to_fill_in(statement, wanted, fact));
        }
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str, value: &str) -> String {
        let options = ForeignOptions::Read(vec![(name.to_owned(), Some(value.to_owned()))]);
        serde_json::to_value(options).unwrap()[0]
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn secrets_are_hidden_and_the_rest_is_shown() {
        for (name, value) in [
            ("password", "x"),
            ("user", "alice"),
            ("api_key_id", "6b9f"),
            ("conn_string", "postgres://alice:x@example.com/db"),
            ("connstr", "host=a password=x"),
        ] {
            assert_eq!(shown(name, value), format!("{name}=[redacted]"));
        }
        assert_eq!(shown("host", "db.example.com"), "host=db.example.com");
        assert_eq!(shown("key", "true"), "key=true");
        assert_eq!(shown("table_name", "people"), "table_name=people");
    }
}
