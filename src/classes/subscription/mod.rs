//! Subscriptions to other databases. How they connect is never read.

use serde::{Deserialize, Serialize};

pub(super) mod reconcile;

use super::fact::decode;
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "subscription",
    noun: "subscription",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("enabled", "Whether it runs."),
        Fact::new("publications", "What it subscribes to."),
        Fact::new("slot", "The replication slot on the other side."),
        Fact::new(
            "options",
            "What is set otherwise than usual, as far as everybody may read it; never the connection.",
        ),
    ],
    not_compared: &[
        "The connection: it holds a password.",
        "How far it has come.",
    ],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    enabled: bool,
    publications: Vec<String>,
    slot: Option<String>,
    options: Vec<String>,
}
