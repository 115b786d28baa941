//! Collations.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "collation",
    noun: "collation",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("provider", "libc, icu or builtin."),
        Fact::new("locale", "The locale, for others than libc."),
        Fact::new("collate", "The locale of libc for sorting."),
        Fact::new("ctype", "The locale of libc for classes of characters."),
        Fact::new("rules", "Rules that ICU adds to the locale.").since(16),
        Fact::new(
            "deterministic",
            "Whether strings are equal only byte by byte.",
        ),
    ],
    not_compared: &["The version of the library that sorts: it is the server's."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    provider: String,
    locale: Option<String>,
    collate: Option<String>,
    ctype: Option<String>,
    rules: Option<String>,
    deterministic: bool,
}
