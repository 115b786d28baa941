//! Requests to other people's services: one address, one answer, in time and bounded. Redirects are not followed.

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::LazyLock;
use std::time::Duration;

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
    headers: HeaderMap,
    body: Bytes,
}

/// An answer that is taken in as it comes.
pub(crate) struct Flow {
    /// Its status.
    pub(crate) status: u16,
    headers: HeaderMap,
    body: Incoming,
    patience: Duration,
}

/// Why no answer came, in words without address and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lost {
    /// There is no way to it, or the way broke.
    Way(String),
    /// More than was to be taken.
    TooLarge,
}

impl Answer {
    /// What was answered.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// A header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Flow {
    /// A header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How many bytes are announced.
    pub(crate) fn length(&self) -> Option<usize> {
        usize::try_from(self.body.size_hint().exact()?).ok()
    }

    /// What comes next; nothing at the end.
    ///
    /// # Errors
    /// When it broke off, or nothing came for as long as we wait.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Lost> {
        loop {
            let frame = tokio::time::timeout(self.patience, self.body.frame()).await;
            match frame.map_err(|_| silent(self.patience))? {
                None => return Ok(None),
                Some(Err(_)) => return Err(broken_off()),
                Some(Ok(frame)) => {
                    if let Ok(part) = frame.into_data() {
                        return Ok(Some(part));
                    }
                }
            }
        }
    }
}

fn silent(patience: Duration) -> Lost {
    let seconds = patience.as_secs();
    Lost::Way(format!("nothing came for {seconds} s"))
}

fn broken_off() -> Lost {
    Lost::Way("the answer broke off".to_owned())
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
        self.fetch(MOST_BYTES).await.map_err(|lost| match lost {
            Lost::Way(why) => why,
            Lost::TooLarge => "the answer broke off or is too large".to_owned(),
        })
    }

    /// The same, for an answer of up to so many bytes.
    ///
    /// # Errors
    /// When no answer came, or a larger one.
    pub(crate) async fn fetch(self, most: usize) -> Result<Answer, Lost> {
        let reply = self.reply().await?;
        let status = reply.status().as_u16();
        let headers = reply.headers().clone();
        let body = Limited::new(reply.into_body(), most).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => Lost::TooLarge,
            false => broken_off(),
        })?;
        Ok(Answer {
            status,
            headers,
            body: body.to_bytes(),
        })
    }

    /// Sends it, and gives the answer as it comes; neither its beginning nor any part of it may be longer in coming.
    ///
    /// # Errors
    /// When no answer came.
    pub(crate) async fn open(self, patience: Duration) -> Result<Flow, Lost> {
        let reply = tokio::time::timeout(patience, self.reply()).await;
        let (head, body) = reply.map_err(|_| silent(patience))??.into_parts();
        Ok(Flow {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            patience,
        })
    }

    async fn reply(self) -> Result<Response<Incoming>, Lost> {
        let client = CLIENT.as_ref().map_err(|why| Lost::Way(why.clone()))?;
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.address)
            .header("user-agent", concat!("pgpact/", env!("CARGO_PKG_VERSION")));
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let request = request
            .body(Full::new(Bytes::from(self.body)))
            .map_err(|_| Lost::Way("the address is none".to_owned()))?;
        client.request(request).await.map_err(|error| {
            let cause = std::error::Error::source(&error)
                .map_or(String::new(), |cause| format!(": {cause}"));
            Lost::Way(format!("no answer{cause}"))
        })
    }
}
