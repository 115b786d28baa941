//! `rest:https://…`: what a project's REST endpoint tells of its database, asked with the service's key.

mod openapi;

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::classes::shape::Served;
use crate::error::{Error, ErrorCode, Result};
use crate::smoke::Endpoint;
use crate::web::{Ask, Lost};

/// A large project's description has some megabytes.
const MOST_BYTES: usize = 64 << 20;
const DEADLINE: Duration = Duration::from_secs(60);
/// No schema is called so: who asks for it is told which there are.
const NO_SCHEMA: &str = "pgpact no such schema";

/// A project's REST endpoint.
#[derive(Clone)]
pub struct RestSource {
    base: String,
    keys: RestKeys,
}

/// Keys to an endpoint.
#[derive(Clone, Default)]
pub struct RestKeys {
    /// The service's.
    pub service: Option<SecretString>,
    /// The one that visitors have.
    pub anon: Option<SecretString>,
}

impl RestSource {
    /// Takes the address of a project, or of its endpoint.
    pub fn new(address: &str) -> Result<Self> {
        let address = address.trim().trim_end_matches('/');
        let is_web = address.starts_with("https://") || address.starts_with("http://");
        let rest = address.split_once("://").map_or("", |(_, rest)| rest);
        if !is_web || rest.is_empty() || rest.contains(['@', '?', '#']) {
            let message = "rest: is followed by something that is no project's address";
            return Err(Error::new(ErrorCode::SourceInvalid, message)
                .with_help("Spell it rest:https://PROJECT.supabase.co; the key stands in PGPACT_REST_KEY or SUPABASE_SERVICE_ROLE_KEY."));
        }
        let base = match address.ends_with("/rest/v1") {
            true => address.to_owned(),
            false => format!("{address}/rest/v1"),
        };
        Ok(Self {
            base,
            keys: RestKeys::default(),
        })
    }

    /// The same, with keys.
    #[must_use]
    pub fn with(mut self, keys: &RestKeys) -> Self {
        self.keys = keys.clone();
        self
    }

    /// The endpoint as probes ask it, where there are keys for it.
    pub fn endpoint(&self) -> Result<Option<Endpoint>> {
        let (Some(anon), Some(service)) = (&self.keys.anon, &self.keys.service) else {
            return Ok(None);
        };
        Endpoint::new(&self.base, anon.clone(), service.clone()).map(Some)
    }

    /// What to call it.
    pub fn label(&self) -> String {
        format!("rest:{}", self.base)
    }

    /// Asks for the description of every schema that is served.
    pub async fn read(&self) -> Result<Served> {
        let key = self.key()?;
        let mut served = Served::default();
        let schemas = match self.ask(key, Some(NO_SCHEMA)).await? {
            (406, body) => openapi::schemas(&body),
            _ => Vec::new(),
        };
        if schemas.is_empty() {
            let (status, body) = self.ask(key, None).await?;
            openapi::add(&mut served, "public", &self.described(status, &body)?);
        }
        for schema in &schemas {
            let (status, body) = self.ask(key, Some(schema)).await?;
            openapi::add(&mut served, schema, &self.described(status, &body)?);
        }
        Ok(served)
    }

    /// The key, when it is one of the service: others are shown less, which would look like something missing.
    fn key(&self) -> Result<&SecretString> {
        let key = self.keys.service.as_ref().ok_or_else(|| {
            Error::new(ErrorCode::ConfigInvalid, format!("there is no key for {}", self.label()))
                .with_help("Set PGPACT_REST_KEY or SUPABASE_SERVICE_ROLE_KEY to the service's key; the dashboard shows it under API keys.")
        })?;
        match role(key.expose_secret()) {
            Some(role) if role != "service_role" => {
                let message = format!(
                    "the key for {} is that of {role}, which is not shown everything",
                    self.label()
                );
                Err(Error::new(ErrorCode::LiveRefused, message)
                    .with_help("Use the service's key: the dashboard shows it under API keys as secret or service_role."))
            }
            Some(_) | None => Ok(key),
        }
    }

    async fn ask(&self, key: &SecretString, schema: Option<&str>) -> Result<(u16, Value)> {
        let mut ask = Ask::get(format!("{}/", self.base))
            .header("apikey", key.expose_secret().to_owned())
            .header(
                "accept",
                "application/openapi+json, application/json".to_owned(),
            )
            .bearer(key);
        if let Some(schema) = schema {
            ask = ask.header("accept-profile", schema.to_owned());
        }
        let unreachable = |why: &str| {
            Error::new(
                ErrorCode::LiveUnreachable,
                format!("no way to {}: {why}", self.label()),
            )
            .with_help("Check the address, and whether the project is paused.")
        };
        let answer = tokio::time::timeout(DEADLINE, ask.fetch(MOST_BYTES)).await;
        let late = format!("no answer within {} s", DEADLINE.as_secs());
        let answer = answer.map_err(|_| unreachable(&late))?;
        let answer = answer.map_err(|lost| match lost {
            Lost::Way(why) => unreachable(&why),
            Lost::TooLarge => unreachable("its description is larger than can be taken"),
        })?;
        let body = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        Ok((answer.status, body))
    }

    /// The description, or why there is none.
    fn described(&self, status: u16, body: &Value) -> Result<Value> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let (code, said) = (text("code"), text("message"));
        let label = self.label();
        let refused =
            |code, message: String, help: &str| Err(Error::new(code, message).with_help(help));
        match (code, status) {
            ("PGRST126", _) => refused(
                ErrorCode::LiveRefused,
                format!("{label} does not describe itself: its openapi-mode is disabled"),
                "Set openapi-mode (db setting pgrst.openapi_mode) to follow-privileges, or use supabase:REF or a connection string.",
            ),
            (_, 401 | 403) => refused(
                ErrorCode::LiveRefused,
                format!("{label} does not describe itself to this key: {said} (status {status})"),
                "Use the service's key, in PGPACT_REST_KEY or SUPABASE_SERVICE_ROLE_KEY: others are no longer shown the description.",
            ),
            (_, 404) => refused(
                ErrorCode::LiveUnreachable,
                format!("there is no REST endpoint at {label} (status 404)"),
                "Spell it rest:https://PROJECT.supabase.co, and check that the data API is switched on.",
            ),
            (_, 200) if body.get("swagger").is_some_and(|version| version == "2.0") => {
                Ok(body.clone())
            }
            (_, 200) if body.get("openapi").is_some() => refused(
                ErrorCode::InspectFailed,
                format!(
                    "{label} describes itself as OpenAPI {}, which this version does not read",
                    text("openapi")
                ),
                "Look for a newer version of pgpact, or use supabase:REF or a connection string.",
            ),
            (_, 200) => refused(
                ErrorCode::InspectFailed,
                format!("{label} answers, and not with a description that PostgREST gives"),
                "Check the address; a server in between may answer in its place.",
            ),
            (_, status) => refused(
                ErrorCode::LiveUnreachable,
                format!("{label} did not describe itself: {said} (status {status})"),
                "Check whether the project is paused; else try again.",
            ),
        }
    }
}

impl fmt::Debug for RestSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.label())
    }
}

/// Whose key it is, where it says so: a token names its role, a key of the newer kind is called after its use.
fn role(key: &str) -> Option<String> {
    if key.starts_with("sb_publishable_") {
        return Some("anon".to_owned());
    }
    let claims = key.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    Some(claims.get("role")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_whose_it_is() {
        let token = |role: &str| {
            format!(
                "x.{}.y",
                URL_SAFE_NO_PAD.encode(format!("{{\"role\":\"{role}\"}}"))
            )
        };
        assert_eq!(role(&token("anon")).as_deref(), Some("anon"));
        assert_eq!(
            role(&token("service_role")).as_deref(),
            Some("service_role")
        );
        assert_eq!(role("sb_publishable_abc").as_deref(), Some("anon"));
        assert_eq!(role("sb_secret_abc"), None);
    }
}
