//! Who may ask for more than whether the server lives.

use axum::http::{HeaderMap, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Lets in who has the token; says no more than that to anybody else.
pub(super) fn admits(headers: &HeaderMap, token: Option<&SecretString>) -> Result<(), StatusCode> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let token = token.ok_or(StatusCode::FORBIDDEN)?;
    // Hashes are of one length, so that not even the token's is told by how long comparing takes.
    let hash = |text: &str| Sha256::digest(text.trim().as_bytes());
    let is_same: bool = hash(given)
        .as_slice()
        .ct_eq(hash(token.expose_secret()).as_slice())
        .into();
    match is_same {
        true => Ok(()),
        false => Err(StatusCode::FORBIDDEN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(authorization: Option<&str>, token: Option<&str>) -> Result<(), StatusCode> {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        let token = token.map(SecretString::from);
        admits(&headers, token.as_ref())
    }

    #[test]
    fn only_the_token_gets_in() {
        assert_eq!(asked(Some("Bearer abc"), Some("abc")), Ok(()));
        assert_eq!(asked(None, Some("abc")), Err(StatusCode::UNAUTHORIZED));
        assert_eq!(
            asked(Some("Basic abc"), Some("abc")),
            Err(StatusCode::UNAUTHORIZED)
        );
        assert_eq!(
            asked(Some("Bearer abd"), Some("abc")),
            Err(StatusCode::FORBIDDEN)
        );
        assert_eq!(
            asked(Some("Bearer "), Some("abc")),
            Err(StatusCode::FORBIDDEN)
        );
        // Without a token nobody gets in, whatever they say.
        assert_eq!(asked(Some("Bearer "), None), Err(StatusCode::FORBIDDEN));
    }
}
