//! Who is told when the verdict changes.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

use super::board::Seen;
use crate::report::{Verdict, visible_line};
use crate::web::Ask;

/// How long somebody may take to listen, and how often they are told again who did not.
const DEADLINE: Duration = Duration::from_secs(10);
const TRIES: u32 = 3;

/// Somebody to tell.
#[derive(Debug, Clone)]
pub enum Alert {
    /// An address that takes signed JSON, and the secret it is signed with.
    Webhook(SecretString, SecretString),
    /// An incoming webhook of Slack, or of what speaks like it.
    Slack(SecretString),
}

/// Whether a verdict is news: another than the last one, or the first where it does not hold.
pub(super) fn is_news(before: Option<Verdict>, now: Verdict) -> bool {
    before.unwrap_or(Verdict::Holds) != now
}

/// Tells all of them at once; who cannot be told is logged.
pub(super) async fn tell(alerts: &[Alert], before: Option<Verdict>, seen: &Seen) {
    let message = message(before, seen);
    let told = alerts.iter().map(|alert| alert.tell(&message));
    futures_util::future::join_all(told).await;
}

/// What is said: the verdict and how much there is, and nothing of what the database holds.
fn message(before: Option<Verdict>, seen: &Seen) -> Value {
    let report = &seen.report;
    json!({
        "event": "verdict-changed",
        "before": before.map(Verdict::as_str),
        "verdict": report.verdict.as_str(),
        "summary": report.summary(),
        "error": report.failure.as_ref().map(|failure| failure.code.to_string()),
        "live": report.live.source,
        "expected": report.expected.source,
        "verified_at": seen.at.to_string(),
    })
}

impl Alert {
    async fn tell(&self, message: &Value) {
        for attempt in 0..TRIES {
            tokio::time::sleep(Duration::from_secs(u64::from(attempt) * 2)).await;
            let sent = tokio::time::timeout(DEADLINE, self.request(message).send()).await;
            let why = match sent {
                Ok(Ok(answer)) if (200..300).contains(&answer.status) => return,
                Ok(Ok(answer)) => format!("status {}", answer.status),
                Ok(Err(why)) => why,
                Err(_) => format!("no answer within {} s", DEADLINE.as_secs()),
            };
            tracing::warn!("an alert was not taken: {why}");
        }
    }

    fn request(&self, message: &Value) -> Ask {
        match self {
            Self::Webhook(address, secret) => {
                let ask = Ask::post(address.expose_secret().to_owned(), message);
                let signature = signature(secret, ask.body());
                ask.header("x-pgpact-signature-256", signature)
            }
            Self::Slack(address) => {
                let text = |key: &str| visible_line(message[key].as_str().unwrap_or("—"));
                let line = format!(
                    "*Database contract: {}* (was {}): {}\n{} against {}",
                    text("verdict"),
                    text("before"),
                    text("summary"),
                    escaped(&text("live")),
                    escaped(&text("expected")),
                );
                Ask::post(address.expose_secret().to_owned(), &json!({ "text": line }))
            }
        }
    }
}

/// What Slack takes for markup (its documentation, Formatting text for app surfaces).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// As GitHub signs its webhooks: `sha256=` and the HMAC of the body in hexadecimal.
fn signature(secret: &SecretString, body: &[u8]) -> String {
    use std::fmt::Write as _;

    let key = secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(body);
    let mut signature = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        write!(signature, "{byte:02x}").expect("writing to a string cannot fail");
    }
    signature
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_signed_as_rfc_4231_has_it() {
        // Test case 2 of RFC 4231.
        let signature = signature(&"Jefe".into(), b"what do ya want for nothing?");
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signature, expected);
    }

    #[test]
    fn news_is_what_was_otherwise_before() {
        assert!(!is_news(None, Verdict::Holds));
        assert!(is_news(None, Verdict::Broken));
        assert!(is_news(Some(Verdict::Broken), Verdict::Holds));
        assert!(!is_news(Some(Verdict::Unknown), Verdict::Unknown));
    }
}
