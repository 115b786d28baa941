//! Base types, and shells: types that have no more than a name yet.

pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "base-type",
    noun: "base type",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("defined", "Whether it is more than a shell."),
        Fact::new("input", "Reads a value from text."),
        Fact::new("output", "Writes it as text."),
        Fact::new("receive", "Reads the binary form."),
        Fact::new("send", "Writes the binary form."),
        Fact::new(
            "typmod_in",
            "Reads what stands in parentheses after the type.",
        ),
        Fact::new("typmod_out", "Writes that."),
        Fact::new("analyze", "Gathers statistics."),
        Fact::new(
            "subscript",
            "Reads and writes by subscript, from Postgres 14.",
        )
        .since(14),
        Fact::new(
            "length",
            "Bytes of a value; -1 where it varies, -2 for a C string.",
        ),
        Fact::new("by_value", "Whether it is passed by value."),
        Fact::new("alignment", "char, int2, int4 or double."),
        Fact::new("storage", "plain, external, main or extended."),
        Fact::new("category", "Which types it is converted to first."),
        Fact::new(
            "preferred",
            "Whether it is the first choice of its category.",
        ),
        Fact::new("default", "The default of columns of the type."),
        Fact::new("element", "The type of its elements."),
        Fact::new("delimiter", "What stands between elements of an array."),
        Fact::new("collatable", "Whether a collation can be given."),
    ],
    not_compared: &["The functions' code."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    defined: bool,
    input: Option<Name>,
    output: Option<Name>,
    receive: Option<Name>,
    send: Option<Name>,
    typmod_in: Option<Name>,
    typmod_out: Option<Name>,
    analyze: Option<Name>,
    #[serde(default)]
    subscript: Option<Name>,
    length: i32,
    by_value: bool,
    alignment: String,
    storage: String,
    category: String,
    preferred: bool,
    default: Option<String>,
    element: Option<String>,
    delimiter: String,
    collatable: bool,
}
