//! Secrets that people leave in trigger arguments and function bodies: a report must not carry them further.

use std::borrow::Cow;

/// How tokens of common services begin: JSON web tokens, Supabase, Stripe, GitHub, Slack.
const BEGINNINGS: &[&str] = &[
    "eyJ",
    "sb_secret_",
    "sbp_",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "whsec_",
    "ghp_",
    "ghs_",
    "github_pat_",
    "xoxb-",
    "xoxp-",
];

/// A token has at least this many characters after its beginning.
const LENGTH: usize = 16;

/// The text with each token replaced by its beginning and a hash, so that a change of it still shows.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    if !BEGINNINGS.iter().any(|beginning| text.contains(beginning)) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, beginning)) = first_beginning(rest) {
        let token_end = rest[at..]
            .find(|c: char| !is_of_token(c))
            .map_or(rest.len(), |length| at + length);
        shown.push_str(&rest[..at]);
        let token = &rest[at..token_end];
        if token.len() >= beginning.len() + LENGTH {
            let hash = blake3::hash(token.as_bytes()).to_hex();
            shown.push_str(&format!("{beginning}[redacted {}]", &hash[..8]));
        } else {
            shown.push_str(token);
        }
        rest = &rest[token_end..];
    }
    (shown + rest).into()
}

fn first_beginning(text: &str) -> Option<(usize, &'static str)> {
    let found = BEGINNINGS
        .iter()
        .filter_map(|beginning| Some((text.find(beginning)?, *beginning)));
    found.min_by_key(|(at, _)| *at)
}

fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_hidden_and_a_change_of_it_still_shows() {
        let header = |token: &str| {
            let text = format!("{{\"Authorization\":\"Bearer {token}\"}}");
            redact(&text).into_owned()
        };
        let one = header("eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZSJ9.c2lnbmF0dXJl");
        let other = header("eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZSJ9.b3RoZXI");
        assert!(
            one.starts_with("{\"Authorization\":\"Bearer eyJ[redacted "),
            "{one}"
        );
        assert!(one.ends_with("]\"}"), "{one}");
        assert_ne!(one, other);
    }

    #[test]
    fn words_that_only_begin_like_a_token_stay() {
        let text = "select eyJ, sk_test_mode from keys".to_owned();
        assert_eq!(redact(&text), text);
    }
}
