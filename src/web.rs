//! Requests to other people's services: one address, one answer, in time and bounded. Redirects are not followed.

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::LazyLock;

/// What is larger is no answer that anybody waits for.
const MOST_BYTES: usize = 64 << 10;

type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Reading the machine's root certificates takes long enough to do it once.
static CLIENT: LazyLock<Result<HttpClient, String>> = LazyLock::new(|| {
    let connector = HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|_| "this machine has no root certificates".to_owned())?
        .https_or_http()
        .enable_http1()
        .build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
});

/// A request.
pub(crate) struct Ask {
    method: Method,
    address: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// An answer.
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
}

impl Ask {
    pub(crate) fn get(address: String) -> Self {
        Self {
            method: Method::GET,
            address,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Posts JSON.
    pub(crate) fn post(address: String, body: &serde_json::Value) -> Self {
        Self {
            method: Method::POST,
            address,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    /// What is sent.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn bearer(mut self, key: &SecretString) -> Self {
        let value = format!("Bearer {}", key.expose_secret());
        self.headers.push(("authorization", value));
        self
    }
}

impl Ask {
    /// Sends it and waits for the answer, as long as the caller does.
    ///
    /// # Errors
    /// In words without address and key, when no answer came.
    pub(crate) async fn send(self) -> Result<Answer, String> {
        let client = CLIENT.as_ref().map_err(Clone::clone)?;
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.address)
            .header("user-agent", concat!("pgpact/", env!("CARGO_PKG_VERSION")));
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let request = request
            .body(Full::new(Bytes::from(self.body)))
            .map_err(|_| "the address is none".to_owned())?;
        let reply = client.request(request).await.map_err(|error| {
            let cause = std::error::Error::source(&error)
                .map_or(String::new(), |cause| format!(": {cause}"));
            format!("no answer{cause}")
        })?;
        let status = reply.status().as_u16();
        let body = Limited::new(reply.into_body(), MOST_BYTES).collect().await;
        body.map_err(|_| "the answer broke off or is too large".to_owned())?;
        Ok(Answer { status })
    }
}
