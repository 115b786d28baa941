//! Jobs of `pg_cron`: rows that run SQL on their own.

use serde::{Deserialize, Serialize};

pub(super) mod reconcile;

use super::fact::decode;
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "cron-job",
    noun: "cron job",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: true,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("schedule", "When it runs."),
        Fact::new("command", "What it runs."),
        Fact::new("database", "Where, if not in this database."),
        Fact::new("role", "With whose rights."),
        Fact::new("active", "Whether it runs at all."),
    ],
    not_compared: &[
        "Runs of a job and how they ended.",
        "The host and port a job connects to.",
    ],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[CodeEntry {
        code: "cron-job-inactive",
        severity: Severity::Error,
        meaning: "A job is there but no longer runs.",
        help: "Run `select cron.alter_job(…, active := true)`, and look for what it left undone.",
    }],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    schedule: String,
    command: String,
    database: Option<String>,
    role: String,
    active: bool,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let Change::Changed { fact, live, .. } = delta.change else {
        return None;
    };
    let is_stopped = fact == "active" && live.as_bool() == Some(false);
    is_stopped.then(|| {
        Judgement::code("cron-job-inactive", Severity::Error)
            .saying(format!("cron job {} no longer runs", delta.id.path))
    })
}
