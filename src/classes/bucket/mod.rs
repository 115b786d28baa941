//! Storage buckets of Supabase: rows that decide who may download what.

use serde::{Deserialize, Serialize};

pub(in crate::classes) mod advice;
pub(super) mod reconcile;

use super::fact::decode;
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "bucket",
    noun: "bucket",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: true,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("name", "Its name, where it is not its id."),
        Fact::new("public", "Whether everybody may download from it."),
        Fact::new("file_size_limit", "The size of the largest file, in bytes."),
        Fact::new("allowed_mime_types", "Which types of files it takes."),
    ],
    not_compared: &["Objects in a bucket."],
    decode: decode::<Facts>,
    severities: Severities {
        changed: Severity::Warning,
        ..Severities::USUAL
    },
    codes: &[CodeEntry {
        code: "bucket-public",
        severity: Severity::Critical,
        meaning: "Everybody may download from a bucket of the live database, and the contract does not say so.",
        help: "Make it private again, and find out what was downloaded; if it is meant to be public, say so in a migration.",
    }],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    name: Option<String>,
    public: bool,
    file_size_limit: Option<i64>,
    allowed_mime_types: Option<Vec<String>>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let (is_opened, severity) = match delta.change {
        // Buckets are often made in a dashboard, on purpose.
        Change::Unexpected => (
            delta.live.is_some_and(|live| live.is("public")),
            Severity::Warning,
        ),
        Change::Changed { fact, live, .. } => (
            fact == "public" && live.as_bool() == Some(true),
            Severity::Critical,
        ),
        Change::Missing => return None,
    };
    is_opened.then(|| {
        Judgement::code("bucket-public", severity).saying(format!(
            "everybody may download from bucket {}, the contract does not say so",
            delta.id.path
        ))
    })
}
