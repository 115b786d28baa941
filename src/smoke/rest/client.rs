//! Requests to a project's REST endpoint, with its keys, as a browser makes them. Redirects are not followed.

use std::fmt;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::error::{Error, ErrorCode, Result};

const DEADLINE: Duration = Duration::from_secs(20);
/// One row may be large; what is larger is no row.
const MOST_BYTES: usize = 16 << 20;

/// Where the endpoint is, and the keys to it. Neither is shown to anybody but its host.
#[derive(Clone)]
pub struct Endpoint {
    base: String,
    label: String,
    keys: [SecretString; 2],
}

/// Whose key a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Anon,
    Service,
}

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    /// Below the endpoint, e.g. `rpc/ping`, parts encoded.
    pub(super) path: String,
    /// Parameters by name.
    pub(super) query: Vec<(&'a str, String)>,
    pub(super) schema: &'a str,
    pub(super) prefer: Option<&'static str>,
    pub(super) body: Option<Value>,
}

/// An answer, or that none came.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) outcome: Result<Value, Refusal>,
    pub(super) took: Duration,
}

/// Why the endpoint did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It serves no such table or function.
    NotFound(String),
    /// The role may not.
    Denied(String),
    /// It does not take the key.
    Key(String),
    /// Nothing came in time, or the statement was ended.
    Late(String),
    /// There is no way to it, or the way broke.
    Unreachable(String),
    /// Anything else.
    Other(String),
}

pub(super) struct RestClient {
    endpoint: Endpoint,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Endpoint {
    /// Takes the address of a project, or of its REST endpoint, and two keys.
    pub fn new(url: &str, anon: SecretString, service: SecretString) -> Result<Self> {
        let url = url.trim().trim_end_matches('/');
        let invalid = |why: &str| {
            Error::new(ErrorCode::ConfigInvalid, format!("SUPABASE_URL {why}"))
                .with_help("Spell it https://PROJECT.supabase.co.")
        };
        let parsed: Uri = url.parse().map_err(|_| invalid("is no address"))?;
        if !matches!(parsed.scheme_str(), Some("https" | "http")) {
            return Err(invalid("does not begin with https://"));
        }
        let authority = parsed.authority().ok_or_else(|| invalid("names no host"))?;
        if authority.as_str().contains('@') || parsed.query().is_some() {
            return Err(invalid("holds more than a host and a path"));
        }
        let base = match url.ends_with("/rest/v1") {
            true => url.to_owned(),
            false => format!("{url}/rest/v1"),
        };
        Ok(Self {
            label: base.clone(),
            base,
            keys: [anon, service],
        })
    }

    /// Its address, for people.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Whether keys are sent encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.base.starts_with("https://")
    }

    fn key(&self, key: Key) -> &SecretString {
        match key {
            Key::Anon => &self.keys[0],
            Key::Service => &self.keys[1],
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.label)
    }
}

impl RestClient {
    pub(super) fn new(endpoint: &Endpoint) -> Result<Self> {
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| {
                Error::new(
                    ErrorCode::LiveUnreachable,
                    "this machine has no root certificates",
                )
                .with_source(error)
            })?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            endpoint: endpoint.clone(),
            client: Client::builder(TokioExecutor::new()).build(connector),
        })
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Asks; whatever goes wrong is an answer.
    pub(super) async fn ask(&self, key: Key, ask: &Ask<'_>) -> Reply {
        let begin = Instant::now();
        let outcome = tokio::time::timeout(DEADLINE, self.exchange(key, ask)).await;
        Reply {
            outcome: outcome.unwrap_or_else(|_| {
                Err(Refusal::Late(format!(
                    "no answer within {} s",
                    DEADLINE.as_secs()
                )))
            }),
            took: begin.elapsed(),
        }
    }

    async fn exchange(&self, key: Key, ask: &Ask<'_>) -> Result<Value, Refusal> {
        let other = |what: &str| Refusal::Other(what.to_owned());
        let request = self
            .request(key, ask)
            .ok_or_else(|| other("a request could not be made of it"))?;
        // Neither error says anything of headers, where keys are.
        let reply = self.client.request(request).await.map_err(|error| {
            let cause = std::error::Error::source(&error)
                .map_or(String::new(), |cause| format!(": {cause}"));
            Refusal::Unreachable(format!("{error}{cause}"))
        })?;
        let status = reply.status().as_u16();
        let body = Limited::new(reply.into_body(), MOST_BYTES).collect().await;
        let body = body
            .map_err(|_| Refusal::Unreachable("the answer broke off or is too large".to_owned()))?
            .to_bytes();
        let value: Value = match body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&body).unwrap_or(Value::Null),
        };
        match status {
            200..=299 => Ok(value),
            _ => Err(refusal(status, &value)),
        }
    }

    fn request(&self, key: Key, ask: &Ask<'_>) -> Option<Request<Full<Bytes>>> {
        let query: Vec<String> = ask
            .query
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let uri = format!(
            "{}/{}{mark}{}",
            self.endpoint.base,
            ask.path,
            query.join("&")
        );
        let secret = self.endpoint.key(key).expose_secret();
        let profile = match ask.method {
            Method::GET => "accept-profile",
            _ => "content-profile",
        };
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(uri)
            .header("apikey", secret)
            .header("authorization", format!("Bearer {secret}"))
            .header("accept", "application/json")
            .header("user-agent", concat!("pgpact/", env!("CARGO_PKG_VERSION")))
            .header(profile, ask.schema);
        if let Some(prefer) = ask.prefer {
            request = request.header("prefer", prefer);
        }
        let body = match &ask.body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                body.to_string()
            }
            None => String::new(),
        };
        request.body(Full::new(Bytes::from(body))).ok()
    }
}

/// A part of an address; what RFC 3986 reserves nowhere stays as it is.
pub(super) fn encoded(text: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The code says more than the status: a visitor's missing right is 401 as well as a bad key
/// (PostgREST documentation, Errors).
fn refusal(status: u16, body: &Value) -> Refusal {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (code, message) = (text("code"), text("message"));
    let said = match (code, message) {
        ("", "") => format!("status {status}"),
        ("", message) => format!("{message} (status {status})"),
        (code, message) => format!("{message} ({code}, status {status})"),
    };
    match (code, status) {
        // Of the schema cache, of schemas that are not served, of the database.
        ("PGRST202" | "PGRST203" | "PGRST205" | "PGRST106" | "42P01" | "42883", _) => {
            Refusal::NotFound(said)
        }
        ("42501", _) => Refusal::Denied(said),
        ("57014" | "55P03", _) => Refusal::Late(said),
        (code, _) if code.starts_with("PGRST3") => Refusal::Key(said),
        (_, 408 | 504 | 522 | 524) => Refusal::Late(said),
        // What the gateway says of a key has no code.
        ("", 401) => Refusal::Key(said),
        ("", 403) => Refusal::Denied(said),
        ("", 404) => Refusal::NotFound(said),
        _ => Refusal::Other(said),
    }
}

impl Refusal {
    /// What the endpoint said.
    pub(super) fn said(&self) -> &str {
        match self {
            Self::NotFound(said)
            | Self::Denied(said)
            | Self::Key(said)
            | Self::Late(said)
            | Self::Unreachable(said)
            | Self::Other(said) => said,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals_are_told_apart_by_code_before_status() {
        let of = |status, code: &str| refusal(status, &json!({ "code": code, "message": "m" }));
        assert!(matches!(of(404, "PGRST205"), Refusal::NotFound(_)));
        assert!(matches!(of(401, "42501"), Refusal::Denied(_)));
        assert!(matches!(of(403, "42501"), Refusal::Denied(_)));
        assert!(matches!(of(401, "PGRST301"), Refusal::Key(_)));
        assert!(matches!(of(500, "57014"), Refusal::Late(_)));
        assert!(matches!(of(400, "23505"), Refusal::Other(_)));
        assert!(matches!(
            refusal(401, &json!({"message": "Invalid API key"})),
            Refusal::Key(_)
        ));
        assert!(matches!(refusal(504, &Value::Null), Refusal::Late(_)));
    }

    #[test]
    fn an_endpoint_shows_no_key() {
        let endpoint = Endpoint::new(
            "https://p.supabase.co/",
            "sekret-a".into(),
            "sekret-b".into(),
        )
        .unwrap();
        assert_eq!(format!("{endpoint:?}"), "https://p.supabase.co/rest/v1");
        assert!(Endpoint::new("https://u:p@host", "a".into(), "b".into()).is_err());
    }
}
