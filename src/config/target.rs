//! `[[target]]` of the configuration: one of several databases.

use serde::Deserialize;
use toml::Spanned;

use super::{OneOrMany, Place, list};
use crate::contract::Pattern;
use crate::error::Result;

/// What `[[target]]` says, checked.
#[derive(Debug, Clone)]
pub struct Target {
    /// How reports call it.
    pub name: String,
    /// Where it is; `env:NAME` stands for a variable.
    pub live: String,
    /// What it is held to, where not to what all are.
    pub expected: Vec<String>,
    /// Whether it stands for several.
    pub tenants: Tenants,
    /// Where it stands in the file.
    pub place: String,
}

/// What a target stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenants {
    /// The database that it names.
    Itself,
    /// The databases of its server whose names are like this.
    Databases(Pattern),
    /// The schemas of it whose names are like this, each held to one of the contract: to that name, or to the only one.
    Schemas(Pattern, Option<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTarget {
    name: Spanned<String>,
    live: String,
    expected: Option<OneOrMany>,
    databases: Option<Spanned<String>>,
    schemas: Option<Spanned<String>>,
    expected_schema: Option<String>,
}

impl Target {
    pub(super) fn check_all(place: &Place<'_>, raw: Vec<Spanned<RawTarget>>) -> Result<Vec<Self>> {
        let mut targets: Vec<Self> = Vec::new();
        for target in raw {
            let offset = target.get_ref().name.span().start;
            let target = Self::check(place, target)?;
            if targets.iter().any(|other| other.name == target.name) {
                let message = format!("two targets are called {:?}", target.name);
                return Err(place
                    .error(offset, &message)
                    .with_help("Give each a name of its own."));
            }
            targets.push(target);
        }
        Ok(targets)
    }

    fn check(place: &Place<'_>, target: Spanned<RawTarget>) -> Result<Self> {
        let start = target.span().start;
        let raw = target.into_inner();
        let name = raw.name.get_ref().clone();
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(fits) {
            let message = format!("{name:?} is no name of a target");
            return Err(place
                .error(raw.name.span().start, &message)
                .with_help("Names are of letters, digits, dashes, dots and underscores; patterns of --target match them."));
        }
        let tenants = match (&raw.databases, &raw.schemas) {
            (Some(_), Some(schemas)) => {
                return Err(place
                    .error(schemas.span().start, "databases and schemas exclude each other")
                    .with_help("Say whether tenants are databases of a server, or schemas of one database."));
            }
            (Some(databases), None) => Tenants::Databases(place.pattern(databases)?),
            (None, Some(schemas)) => {
                Tenants::Schemas(place.pattern(schemas)?, raw.expected_schema.clone())
            }
            (None, None) => Tenants::Itself,
        };
        if raw.expected_schema.is_some() && raw.schemas.is_none() {
            return Err(place
                .error(start, "expected_schema without schemas")
                .with_help("Say which schemas are held to it: schemas = \"tenant_*\"."));
        }
        Ok(Self {
            name,
            live: raw.live,
            expected: list(raw.expected),
            tenants,
            place: format!("{}:{}", place.name, place.line(start)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    #[test]
    fn targets_and_their_tenants_are_read() {
        let text = "[[target]]\nname = \"eu\"\nlive = \"env:EU\"\ndatabases = \"tenant_*\"\n\
                    [[target]]\nname = \"us\"\nlive = \"env:US\"\nschemas = \"t_*\"\nexpected_schema = \"t\"\n";
        let targets = parse(text, "pgpact.toml").unwrap().targets;
        assert_eq!(
            targets[0].tenants,
            Tenants::Databases(Pattern::parse("tenant_*").unwrap())
        );
        let schemas = Pattern::parse("t_*").unwrap();
        assert_eq!(
            targets[1].tenants,
            Tenants::Schemas(schemas, Some("t".to_owned()))
        );
        assert_eq!(targets[1].place, "pgpact.toml:5");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let target = "[[target]]\nname = \"a\"\nlive = \"env:A\"\n";
        for (text, why) in [
            (
                format!("{target}{target}"),
                "pgpact.toml:5: two targets are called \"a\"",
            ),
            (
                target.replace("\"a\"", "\"a/b\""),
                "pgpact.toml:2: \"a/b\" is no name of a target",
            ),
            (
                format!("{target}databases = \"[\"\n"),
                "pgpact.toml:4: pattern \"[\": invalid range pattern",
            ),
            (
                format!("{target}databases = \"t_*\"\nschemas = \"t_*\"\n"),
                "pgpact.toml:5: databases and schemas exclude each other",
            ),
            (
                format!("{target}expected_schema = \"t\"\n"),
                "pgpact.toml:1: expected_schema without schemas",
            ),
            (
                format!("live = \"env:A\"\n{target}"),
                "pgpact.toml:2: live and targets exclude each other",
            ),
        ] {
            assert_eq!(parse(&text, "pgpact.toml").unwrap_err().to_string(), why);
        }
    }
}
