//! Options that wrappers, servers, user mappings and foreign tables hand on, and which of them are secrets.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::rules::{Site, Statement, dollar_quoted, texts};
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

/// Whether an object has options whose values are not shown.
pub(super) fn hides_values(object: &Object) -> bool {
    let mut lists = object.facts.values().filter_map(Value::as_array).flatten();
    lists.any(|option| {
        let option = option.as_str().and_then(|text| text.split_once('='));
        option.is_some_and(|(_, value)| value == REDACTED)
    })
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

/// What to do where a secret has to be said that live does not have in the same place.
pub(super) fn by_hand(site: &Site<'_>, fact: &str) -> Option<String> {
    let there = site.other.get(&site.object.id);
    let there = there.map_or_else(Vec::new, |object| texts(object, fact));
    let unknown: Vec<&str> = texts(site.object, fact)
        .into_iter()
        .filter(|option| !there.contains(option))
        .filter_map(|option| option.strip_suffix(&format!("={REDACTED}")))
        .collect();
    (!unknown.is_empty()).then(|| {
        format!(
            "its {} may be a secret, which is not read; put it in place of {REDACTED} and run by hand what stands below",
            unknown.join(" and ")
        )
    })
}

fn spelled(option: &str) -> String {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    format!(
        "{} {}",
        sql::identifier(name),
        sql::literal(value).trim_start()
    )
}

/// The statement that brings options from what they are to what they shall be, all at once: a validator looks at
/// the whole.
///
/// `head` is what stands before `options`; `current` is SQL for the catalog's array of options, which is looked
/// at first, so that it can be run again.
pub(super) fn changed(
    head: &str,
    current: &str,
    fact: &str,
    wanted: &Object,
    there: &Object,
) -> Statement {
    let name = |option: &str| option.split('=').next().unwrap_or_default().to_owned();
    let (new, old) = (texts(wanted, fact), texts(there, fact));
    let is_kept = |one: &&&str| new.iter().any(|other| name(one) == name(other));
    let gone = old.iter().filter(|one| !is_kept(one)).map(|option| {
        let name = name(option);
        let drop = sql::literal(&format!("drop {}", sql::identifier(&name)));
        format!(
            "case when {} = any (there) then {drop} end",
            sql::literal(&name)
        )
    });
    let set = new.iter().filter(|one| !old.contains(one)).map(|option| {
        let action = |verb: &str| sql::literal(&format!("{verb} {}", spelled(option)));
        format!(
            "case when {} = any (there) then {} else {} end",
            sql::literal(&name(option)),
            action("set"),
            action("add")
        )
    });
    let changes: Vec<String> = gone.chain(set).collect();
    let body = format!(
        "declare\n  there text[] := array(select option_name from pg_options_to_table({current}));\n  changes text := concat_ws(', ',\n    {});\nbegin\n  if changes <> '' then\n    execute {} || ' options (' || changes || ')';\n  end if;\nend",
        changes.join(",\n    "),
        sql::literal(head)
    );
    let statement = Statement::new(format!("do {}", dollar_quoted(&body)));
    secret_to_fill_in(statement, wanted, fact)
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
