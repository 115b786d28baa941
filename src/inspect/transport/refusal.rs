//! What the Management API says when it does not answer a query, told apart.

use serde_json::Value;

use crate::error::{Error, ErrorCode};

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The token is none that it takes.
    Token(String),
    /// The token is taken and may not do this.
    Forbidden(String),
    /// It knows no such project, or shows it to others only.
    NoProject(String),
    /// Too many requests within a minute; after so many seconds it takes more.
    TooOften(Option<u64>),
    /// The answer is larger than what it gives.
    TooLarge,
    /// Postgres ended the query, for it took too long.
    Slow(String),
    /// Postgres refused the query.
    Query(String),
    /// The database does not answer it, or it does not answer itself.
    Down(String),
    /// The project is in a state in which it has no database to ask.
    Asleep(String),
    /// Another schema comes before the catalogs' own, so that names may mean something else.
    Shadowed(String),
    /// No answer came.
    Way(String),
    /// The answer is not one to a query.
    Strange(String),
}

/// Reads an answer that is none to the query: the words before the status, which is 400 for many things.
pub(super) fn refusal(status: u16, body: &[u8], wait: Option<u64>) -> Refusal {
    let value: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let message = ["message", "error", "msg"]
        .iter()
        .find_map(|name| value.get(name)?.as_str())
        .unwrap_or_default();
    let said = match message {
        "" => format!("status {status}"),
        message => {
            let short: String = message.chars().take(300).collect();
            format!("{short} (status {status})")
        }
    };
    let lower = message.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match status {
        401 => Refusal::Token(said),
        403 => Refusal::Forbidden(said),
        404 => Refusal::NoProject(said),
        413 => Refusal::TooLarge,
        429 => Refusal::TooOften(wait),
        _ if has(&["result size", "response too large", "payload too large"]) => Refusal::TooLarge,
        _ if has(&["57014", "statement timeout"]) => Refusal::Slow(said),
        400 if has(&["error:"]) => Refusal::Query(said),
        500..=599 | 408 => Refusal::Down(said),
        400 if has(&["connect", "timeout", "terminated", "paused", "tenant"]) => {
            Refusal::Down(said)
        }
        400 => Refusal::Query(said),
        _ => Refusal::Strange(said),
    }
}

/// What the project's status says of a database that does not answer; nothing where it should.
pub(super) fn asleep(label: &str, status: &str) -> Option<Error> {
    let (what, help) = match status {
        "INACTIVE" | "PAUSING" | "PAUSE_FAILED" => (
            "is paused",
            "Resume it in the dashboard: projects of the free plan are paused when nobody uses them.",
        ),
        "COMING_UP" | "RESTORING" | "RESTARTING" | "UPGRADING" | "RESIZING" => (
            "is being started or changed",
            "Try again once the dashboard shows it as healthy.",
        ),
        "GOING_DOWN" | "REMOVED" => (
            "is being removed",
            "Name the project that is to be looked at.",
        ),
        "INIT_FAILED" | "RESTORE_FAILED" => (
            "did not come up",
            "Look at it in the dashboard, or ask Supabase's support.",
        ),
        _ => return None,
    };
    let message = format!("the project {label} {what} ({status})");
    Some(Error::new(ErrorCode::LiveUnreachable, message).with_help(help))
}

impl Refusal {
    /// The same for people.
    pub(super) fn error(self, label: &str) -> Error {
        if let Self::Asleep(status) = &self
            && let Some(error) = asleep(label, status)
        {
            return error;
        }
        Error::new(self.code(), self.message(label)).with_help(self.help())
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::Token(_) | Self::Forbidden(_) | Self::NoProject(_) => ErrorCode::LiveRefused,
            Self::TooOften(_) | Self::Down(_) | Self::Asleep(_) | Self::Way(_) => {
                ErrorCode::LiveUnreachable
            }
            Self::TooLarge
            | Self::Slow(_)
            | Self::Query(_)
            | Self::Shadowed(_)
            | Self::Strange(_) => ErrorCode::InspectFailed,
        }
    }

    fn message(&self, label: &str) -> String {
        match self {
            Self::Token(said) => {
                format!("the Management API did not take the access token: {said}")
            }
            Self::Forbidden(said) => {
                format!("the access token may not read the database of {label}: {said}")
            }
            Self::NoProject(said) => {
                format!("the Management API shows no {label} to this access token: {said}")
            }
            Self::TooOften(_) => format!(
                "the Management API takes no more requests for {label} for now (status 429)"
            ),
            Self::TooLarge => {
                format!("the Management API does not give out answers of {label} that large")
            }
            Self::Slow(said) => {
                format!("{label} did not answer in the time that it gives a query: {said}")
            }
            Self::Query(said) => format!("reading {label} failed: {said}"),
            Self::Down(said) | Self::Asleep(said) => {
                format!("the database of {label} does not answer the Management API: {said}")
            }
            Self::Shadowed(schema) => format!(
                "names of catalogs mean something else in {label}: its search_path begins with {schema}"
            ),
            Self::Way(said) => format!("no way to the Management API: {said}"),
            Self::Strange(said) => format!(
                "the Management API answered about {label} in a way that this version does not know: {said}"
            ),
        }
    }

    fn help(&self) -> &'static str {
        match self {
            Self::Token(_) => {
                "Make a new one in the dashboard's account settings, and put it into SUPABASE_ACCESS_TOKEN or the action's input supabase-access-token: this one is misspelt, revoked or has expired."
            }
            Self::Forbidden(_) => {
                "It needs the right to read databases (database:read, or database_read of a token that is limited), and its owner has to be in the project's organisation."
            }
            Self::NoProject(_) => {
                "Check the project's reference in the dashboard's address. A project of another organisation, and a token that may not read databases, look the same."
            }
            Self::TooOften(_) => {
                "It allows 120 a minute for each user and project: let less ask at the same time, or give pgpact a connection string."
            }
            Self::TooLarge => {
                "One object's description alone is larger than its limit: give pgpact a connection string."
            }
            Self::Slow(_) => {
                "Try again when it has less to do, or give pgpact a connection string."
            }
            Self::Query(_) => "If this comes again, report it.",
            Self::Down(_) | Self::Asleep(_) => {
                "Look at the project in the dashboard, and whether Supabase has trouble; else try again."
            }
            Self::Shadowed(_) => {
                "Take pg_catalog out of the search_path of the database or of supabase_read_only_user, so that it comes first as usual, or give pgpact a connection string."
            }
            Self::Way(_) => "Check the network and, where it is set, PGPACT_SUPABASE_API.",
            Self::Strange(_) => {
                "Check PGPACT_SUPABASE_API where it is set; else look for a newer version of pgpact."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, message: &str) -> Refusal {
        let body = serde_json::json!({ "message": message }).to_string();
        refusal(status, body.as_bytes(), None)
    }

    #[test]
    fn refusals_are_told_apart_by_what_is_said() {
        assert!(matches!(of(401, "Unauthorized"), Refusal::Token(_)));
        assert!(matches!(refusal(404, b"", None), Refusal::NoProject(_)));
        let sql = "Failed to run sql query: ERROR:  42P01: relation \"x\" does not exist";
        assert!(matches!(of(400, sql), Refusal::Query(_)));
        let slow =
            "Failed to run sql query: ERROR:  57014: canceling statement due to statement timeout";
        assert!(matches!(of(400, slow), Refusal::Slow(_)));
        let lost = "Failed to run sql query: Connection terminated due to connection timeout";
        assert!(matches!(of(544, lost), Refusal::Down(_)));
        assert!(matches!(of(400, lost), Refusal::Down(_)));
        let large = "Query result size (9 bytes) exceeds the configured limit (8 bytes)";
        assert!(matches!(of(400, large), Refusal::TooLarge));
        assert!(matches!(
            refusal(429, b"", Some(7)),
            Refusal::TooOften(Some(7))
        ));
        assert!(matches!(refusal(302, b"", None), Refusal::Strange(_)));
    }

    #[test]
    fn a_project_that_sleeps_is_told_from_one_that_is_ill() {
        assert!(
            asleep("supabase:x", "INACTIVE")
                .unwrap()
                .to_string()
                .contains("paused")
        );
        assert!(asleep("supabase:x", "RESTORING").is_some());
        assert!(asleep("supabase:x", "ACTIVE_HEALTHY").is_none());
        assert!(asleep("supabase:x", "ACTIVE_UNHEALTHY").is_none());
    }
}
