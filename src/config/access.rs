//! `[[access]]`, `[[actor]]` and `owner-only`: what was stated about who may do what.

use serde::Deserialize;
use toml::Spanned;

use super::{Place, did_you_mean};
use crate::access::{Newcomer, Operation, Rule, Wish};
use crate::contract::Pattern;
use crate::error::Result;

/// What a configuration states, checked.
#[derive(Debug, Clone, Default)]
pub struct Stated {
    rules: Vec<Rule>,
    owner_only: Vec<Pattern>,
    tenants: Vec<Pattern>,
    actors: Vec<Newcomer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    table: Option<Spanned<String>>,
    actor: Option<Spanned<String>>,
    #[serde(default)]
    deny: Vec<Spanned<String>>,
    #[serde(default)]
    allow: Vec<Spanned<String>>,
    #[serde(default, rename = "owner-only")]
    owner_only: Vec<Spanned<String>>,
    #[serde(default)]
    tenant: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawActor {
    name: String,
    role: String,
    #[serde(default)]
    claims: toml::Table,
    #[serde(default = "yes", rename = "signed-in")]
    signed_in: bool,
}

fn yes() -> bool {
    true
}

impl Stated {
    pub(super) fn check(
        place: &Place<'_>,
        rules: &[Spanned<RawRule>],
        owner_only: &[Spanned<String>],
        actors: Vec<RawActor>,
    ) -> Result<Self> {
        let mut stated = Self::default();
        let patterns = |texts: &[Spanned<String>]| {
            texts
                .iter()
                .map(|text| place.pattern(text))
                .collect::<Result<Vec<_>>>()
        };
        stated.owner_only = patterns(owner_only)?;
        for raw in rules {
            let (offset, raw) = (raw.span().start, raw.get_ref());
            stated.owner_only.extend(patterns(&raw.owner_only)?);
            stated.tenants.extend(patterns(&raw.tenant)?);
            let says_nothing = raw.deny.is_empty() && raw.allow.is_empty();
            match &raw.table {
                Some(table) if !says_nothing => stated.rules.push(Rule {
                    object: place.pattern(table)?,
                    actor: raw
                        .actor
                        .as_ref()
                        .map(|actor| place.pattern(actor))
                        .transpose()?,
                    deny: words(place, &raw.deny)?,
                    allow: words(place, &raw.allow)?,
                    place: format!("{}:{}", place.name, place.line(offset)),
                }),
                None if raw.owner_only.is_empty() && raw.tenant.is_empty() => {
                    return Err(place.error(offset, "a rule about access names no table").with_help(
                        "Say what it is about: table = \"public.*\", actor = \"anon\", deny = [\"select\"].",
                    ));
                }
                Some(_) => {
                    return Err(place.error(offset, "a rule about access neither denies nor allows anything")
                        .with_help("Say deny = [\"select\", \"insert\", \"update\", \"delete\"], or allow = […]."));
                }
                None => {}
            }
        }
        let actors = actors.into_iter().map(|raw| Newcomer {
            name: raw.name,
            role: raw.role,
            claims: serde_json::to_value(raw.claims).unwrap_or_default(),
            is_signed_in: raw.signed_in,
        });
        stated.actors = actors.collect();
        Ok(stated)
    }

    /// What is to be tried.
    pub fn wish(&self) -> Wish {
        Wish {
            rules: self.rules.clone(),
            owner_only: self.owner_only.clone(),
            tenants: self.tenants.clone(),
            actors: self.actors.clone(),
            ..Wish::default()
        }
    }
}

/// Words for operations: their names, or a command for all of its operations.
fn words(place: &Place<'_>, words: &[Spanned<String>]) -> Result<Vec<String>> {
    let mut known: Vec<&str> = Operation::ALL
        .iter()
        .map(|operation| operation.as_str())
        .collect();
    known.extend(["select", "insert", "update", "delete"]);
    let checked = words
        .iter()
        .map(|word| match known.contains(&word.get_ref().as_str()) {
            true => Ok(word.get_ref().clone()),
            false => {
                let error = place.error(
                    word.span().start,
                    &format!("unknown operation {:?}", word.get_ref()),
                );
                Err(error.with_help(did_you_mean(word.get_ref(), &known)))
            }
        });
    checked.collect()
}
