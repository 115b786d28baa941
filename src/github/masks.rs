//! Every form in which a connection string's secrets may turn up in a log.

use std::collections::BTreeSet;

use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode,
};
use secrecy::{ExposeSecret as _, SecretString};

/// What libraries for URLs encode in a password; they leave more as it is than the careful do.
const OF_URLS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b':')
    .add(b';')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Connection strings, their passwords, and the passwords' other spellings; longest first.
///
/// Takes one source or several on lines of their own; sources that hold no secret, such as folders, are left
/// out. A password that equals the user's name hides nothing that is not printed anyway, and masking it
/// would make a log with `postgres` in it unreadable.
pub fn masks_for(sources: &SecretString) -> Vec<SecretString> {
    let mut forms: BTreeSet<String> = BTreeSet::new();
    let lines = sources.expose_secret().lines().map(str::trim);
    for connection in lines.filter(|line| is_connection(line)) {
        add_forms(connection, &mut forms);
    }
    forms.remove("");
    let mut forms: Vec<String> = forms.into_iter().collect();
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms.into_iter().map(SecretString::from).collect()
}

fn is_connection(source: &str) -> bool {
    source.contains("://") || source.contains("password=")
}

fn add_forms(connection: &str, forms: &mut BTreeSet<String>) {
    forms.insert(connection.to_owned());
    let (user, passwords) = credentials(connection);
    for password in passwords {
        let plain = percent_decode_str(&password)
            .decode_utf8_lossy()
            .into_owned();
        if user.as_ref().is_some_and(|user| *user == plain) {
            continue;
        }
        let encoded = utf8_percent_encode(&plain, NON_ALPHANUMERIC).to_string();
        forms.insert(lower_hex(&encoded));
        forms.insert(encoded);
        forms.insert(utf8_percent_encode(&plain, OF_URLS).to_string());
        forms.insert(plain.escape_debug().to_string());
        forms.insert(plain);
        forms.insert(password);
    }
}

/// The user, and all that may be a password, as they are spelled.
fn credentials(text: &str) -> (Option<String>, Vec<String>) {
    let mut passwords = Vec::new();
    let mut user = None;
    let authority = text.split_once("://").map(|(_, rest)| rest);
    if let Some(rest) = authority {
        // The last `@` before the host: a password may hold one, and a slash, without being encoded.
        let (before, _) = rest.rsplit_once('@').unwrap_or(("", rest));
        if let Some((name, password)) = before.split_once(':') {
            user = Some(percent_decode_str(name).decode_utf8_lossy().into_owned());
            passwords.push(password.to_owned());
        }
    }
    let words = text.split(|c: char| matches!(c, '?' | '&') || c.is_whitespace());
    for word in words {
        if let Some(value) = word.strip_prefix("password=") {
            let value = value.trim_matches('\'');
            passwords.push(value.to_owned());
        }
    }
    (user, passwords)
}

/// `%2F` as `%2f`; letters of the password itself stay.
fn lower_hex(encoded: &str) -> String {
    let mut left = 0;
    let lower = encoded.chars().map(|c| {
        let is_hex = left > 0;
        left = if c == '%' {
            2
        } else {
            usize::saturating_sub(left, 1)
        };
        if is_hex { c.to_ascii_lowercase() } else { c }
    });
    lower.collect()
}
