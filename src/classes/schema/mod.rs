//! Schemas.

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "schema",
    noun: "schema",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    query: include_str!("query.sql"),
    facts: &[],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {}
