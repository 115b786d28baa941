//! `[smoke]` of the configuration.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use super::Place;
use crate::contract::Pattern;
use crate::error::Result;
use crate::smoke::{Call, Table};

/// What `[smoke]` says, checked.
#[derive(Debug, Clone, Default)]
pub struct Smoke {
    /// What takes longer is reported, in milliseconds.
    pub slow_ms: Option<u64>,
    /// Schemas of the API.
    pub api_schemas: Vec<String>,
    /// The role of a visitor.
    pub anon_role: Option<String>,
    /// The role of somebody who signed in.
    pub authenticated_role: Option<String>,
    /// The role of the application's servers.
    pub service_role: Option<String>,
    /// Tables whose rows a visitor must not see.
    pub owner_only: Vec<Pattern>,
    /// Who should be able to execute which functions.
    pub executors: Vec<(Pattern, Vec<String>)>,
    /// Tables in which a row is tried.
    pub tables: Vec<Table>,
    /// Functions that can be called without harm.
    pub calls: Vec<Call>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSmoke {
    #[serde(alias = "slow-ms")]
    slow_ms: Option<u64>,
    #[serde(default, alias = "api-schemas")]
    api_schemas: Vec<String>,
    #[serde(alias = "anon-role")]
    anon_role: Option<String>,
    #[serde(alias = "authenticated-role")]
    authenticated_role: Option<String>,
    #[serde(alias = "service-role")]
    service_role: Option<String>,
    #[serde(default, alias = "owner-only")]
    owner_only: Vec<Spanned<String>>,
    #[serde(default)]
    executors: BTreeMap<Spanned<String>, Vec<String>>,
    #[serde(default)]
    table: Vec<RawTable>,
    #[serde(default)]
    call: Vec<RawCall>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    name: Spanned<String>,
    role: Option<String>,
    #[serde(default)]
    claims: Map<String, Value>,
    #[serde(default)]
    row: BTreeMap<String, Value>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCall {
    function: Spanned<String>,
    #[serde(default)]
    arguments: Map<String, Value>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    claims: Map<String, Value>,
}

impl RawSmoke {
    pub(super) fn checked(self, place: &Place<'_>) -> Result<Smoke> {
        let owner_only = self.owner_only.iter().map(|pattern| place.pattern(pattern));
        let executors = self
            .executors
            .into_iter()
            .map(|(pattern, roles)| Ok((place.pattern(&pattern)?, roles)));
        let tables = self.table.into_iter().map(|raw| {
            Ok(Table {
                name: place.qualified(&raw.name)?,
                role: raw.role,
                claims: raw.claims,
                row: raw.row,
                marker: raw.marker,
            })
        });
        let calls = self.call.into_iter().map(|raw| {
            Ok(Call {
                function: place.qualified(&raw.function)?,
                arguments: raw.arguments,
                roles: raw.roles,
                claims: raw.claims,
            })
        });
        Ok(Smoke {
            slow_ms: self.slow_ms,
            api_schemas: self.api_schemas,
            anon_role: self.anon_role,
            authenticated_role: self.authenticated_role,
            service_role: self.service_role,
            owner_only: owner_only.collect::<Result<_>>()?,
            executors: executors.collect::<Result<_>>()?,
            tables: tables.collect::<Result<_>>()?,
            calls: calls.collect::<Result<_>>()?,
        })
    }
}

impl Place<'_> {
    /// A name with its schema, so that nobody has to guess.
    fn qualified(&self, name: &Spanned<String>) -> Result<String> {
        let text = name.get_ref();
        let bare = text.split_once('(').map_or(text.as_str(), |(name, _)| name);
        if crate::sql::parts(bare).len() == 2 {
            return Ok(text.clone());
        }
        let error = self.error(name.span().start, &format!("{text:?} names no schema"));
        Err(error.with_help(
            "Spell it public.name, each part in double quotes where Postgres wants them.",
        ))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::parse;

    fn failure(text: &str) -> (String, String) {
        let error = parse(text, "pgpact.toml").unwrap_err();
        (error.chain(), error.help().unwrap_or_default().to_owned())
    }

    #[test]
    fn an_unknown_key_and_a_name_without_schema_are_named() {
        let (message, help) = failure("[smoke]\nslow_mss = 1\n");
        assert_eq!(message, "pgpact.toml:2: unknown key \"slow_mss\"");
        assert!(help.contains("\"slow_ms\""), "{help}");
        let (message, _) = failure("[[smoke.call]]\nfunction = \"search(text)\"\n");
        assert_eq!(message, "pgpact.toml:2: \"search(text)\" names no schema");
        let (message, _) = failure("[[smoke.table]]\nname = \"notes\"\n");
        assert_eq!(message, "pgpact.toml:2: \"notes\" names no schema");
    }

    #[test]
    fn the_example_is_read_and_both_spellings_are() {
        let text = std::fs::read_to_string("pgpact.toml.example").unwrap();
        let smoke = parse(&text, "pgpact.toml.example").unwrap().smoke;
        assert_eq!(smoke.calls[0].function, "public.search(text)");
        let text = "[smoke]\nslow-ms = 5\n[smoke.executors]\n\"public.f()\" = [\"anon\"]\n";
        let smoke = parse(text, "pgpact.toml").unwrap().smoke;
        assert_eq!((smoke.slow_ms, smoke.executors.len()), (Some(5), 1));
    }
}
