//! A project at Supabase that is read without a connection: its name, and what its platform's API wants to see.

use std::fmt;

use secrecy::SecretString;

use crate::error::{Error, ErrorCode, Result};

/// Where Supabase's Management API is.
const USUAL_API: &str = "https://api.supabase.com";

/// What the Management API wants to see.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// A personal or a project's access token.
    pub token: Option<SecretString>,
    /// Where the API is, when it is not at Supabase.
    pub api: Option<String>,
}

/// A project by its reference.
#[derive(Clone)]
pub struct Hosted {
    reference: String,
    access: Access,
}

impl Hosted {
    /// Takes the reference that the dashboard's addresses have.
    pub fn new(reference: &str) -> Result<Self> {
        let is_reference = !reference.is_empty()
            && reference.len() <= 64
            && reference
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !is_reference {
            let message = "supabase: is followed by something that is no project's reference";
            return Err(Error::new(ErrorCode::SourceInvalid, message).with_help(
                "Spell it supabase:abcdefghijklmnopqrst, with the twenty letters of the dashboard's address or of https://….supabase.co.",
            ));
        }
        Ok(Self {
            reference: reference.to_owned(),
            access: Access::default(),
        })
    }

    /// The same, with what its API wants to see.
    #[must_use]
    pub fn with(mut self, access: &Access) -> Self {
        self.access = access.clone();
        self
    }

    /// What to call it.
    pub fn label(&self) -> String {
        format!("supabase:{}", self.reference)
    }

    pub(super) fn reference(&self) -> &str {
        &self.reference
    }

    pub(super) fn token(&self) -> Result<SecretString> {
        self.access.token.clone().ok_or_else(|| {
            let message = format!("there is no access token for {}", self.label());
            Error::new(ErrorCode::ConfigInvalid, message).with_help(
                "Set SUPABASE_ACCESS_TOKEN, or the action's input supabase-access-token, to a token from the dashboard's account settings; reading the database is all that it has to be good for.",
            )
        })
    }

    /// The API's address; what carries a token is encrypted, or stays on this machine.
    pub(super) fn api(&self) -> Result<String> {
        let api = self.access.api.as_deref().unwrap_or(USUAL_API);
        let api = api.trim().trim_end_matches('/');
        let is_local = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
            .iter()
            .filter_map(|local| api.strip_prefix(local))
            .any(|rest| rest.is_empty() || rest.starts_with(':') || rest.starts_with('/'));
        if is_local || api.starts_with("https://") && !api.contains('@') {
            return Ok(api.to_owned());
        }
        let message = "the address of the Management API does not begin with https://";
        Err(Error::new(ErrorCode::ConfigInvalid, message)
            .with_help("Correct PGPACT_SUPABASE_API, or leave it out for Supabase's own."))
    }
}

impl fmt::Debug for Hosted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_no_path_and_no_address() {
        for wrong in [
            "",
            "https://abc.supabase.co",
            "abc/../def",
            "abc def",
            "a?b",
        ] {
            assert!(Hosted::new(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Hosted::new("abcdef").unwrap().label(), "supabase:abcdef");
    }

    #[test]
    fn a_token_is_sent_encrypted_or_to_this_machine() {
        let at = |api: &str| {
            let access = Access {
                token: None,
                api: Some(api.to_owned()),
            };
            Hosted::new("abc").unwrap().with(&access).api()
        };
        assert_eq!(
            at("https://api.example.com/").unwrap(),
            "https://api.example.com"
        );
        assert!(at("http://127.0.0.1:8080").is_ok());
        for wrong in [
            "http://api.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "https://u:p@example.com",
            "ftp://example.com",
        ] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }
}
