//! The certificate that a server shows: asked for on a connection of its own, on which nothing secret is said.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, ClientConfig, DigitallySignedStruct, ProtocolVersion, SignatureScheme,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

const DEADLINE: Duration = Duration::from_secs(5);

/// What a client says to ask for TLS (Postgres documentation, "SSL Session Encryption").
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// What the server showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    /// Version of TLS, whom it is for, by whom and until when, in words.
    pub words: String,
    /// Whether today is one of its days.
    pub is_valid: bool,
}

/// Asks a server for its certificate; an error says why there is none to be seen.
pub(super) async fn certificate(host: &str, port: u16) -> Result<Certificate, String> {
    let asked = tokio::time::timeout(DEADLINE, ask(host, port)).await;
    asked.map_err(|_| "the server took too long to show a certificate".to_owned())?
}

async fn ask(host: &str, port: u16) -> Result<Certificate, String> {
    let said = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect((host, port)).await.map_err(said)?;
    stream.write_all(&SSL_REQUEST).await.map_err(said)?;
    if stream.read_u8().await.map_err(said)? != b'S' {
        return Err("the server offers no encryption".to_owned());
    }
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(OnlyLooking(provider)))
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::new(config));
    let stream = connector.connect(name, stream).await.map_err(said)?;
    let (_, session) = stream.get_ref();
    let version = match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let shown = session.peer_certificates().and_then(<[_]>::first);
    let shown = shown.ok_or("the server shows no certificate")?;
    let (_, parsed) = X509Certificate::from_der(shown).map_err(|error| error.to_string())?;
    let validity = parsed.validity();
    Ok(Certificate {
        words: format!(
            "{version}, certificate for {} by {}, valid until {}",
            parsed.subject(),
            parsed.issuer(),
            day(validity.not_after.timestamp())
        ),
        is_valid: validity.is_valid(),
    })
}

fn day(seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(seconds);
    at.map_or_else(
        |_| "a day without end".to_owned(),
        |at| at.strftime("%Y-%m-%d").to_string(),
    )
}

/// Takes any certificate: it is only looked at, and the connection ends before anything is said on it.
#[derive(Debug)]
struct OnlyLooking(Arc<CryptoProvider>);

impl ServerCertVerifier for OnlyLooking {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
