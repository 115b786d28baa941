//! The shell of a page: one file that asks nobody for anything, and runs nothing but what it came with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use html_escape::{encode_double_quoted_attribute, encode_text};
use sha2::{Digest as _, Sha256};

use crate::report::{visible, visible_line};

/// A whole page. The policy admits this style and this script by what they are, and nothing else from anywhere.
pub(in crate::report) fn document(title: &str, style: &str, body: &str, script: &str) -> String {
    let policy = policy(style, script);
    let script = match script {
        "" => String::new(),
        script => format!("<script id=\"behaviour\">{script}</script>\n"),
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}{script}</body>\n</html>\n",
        text(title)
    )
}

/// What a page with this style and script may do.
pub(super) fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let script = match script {
        "" => String::new(),
        script => format!(" script-src {};", hash(script)),
    };
    format!(
        "default-src 'none'; style-src {};{script} base-uri 'none'; form-action 'none'",
        hash(style)
    )
}

/// Text of a database for a page: markup is shown, and so is what would not be seen.
pub(in crate::report) fn text(given: &str) -> String {
    encode_text(&visible(given)).into_owned()
}

/// The same on one line.
pub(super) fn line(given: &str) -> String {
    encode_text(&visible_line(given)).into_owned()
}

/// The same between double quotes.
pub(in crate::report) fn attribute(given: &str) -> String {
    encode_double_quoted_attribute(&visible_line(given)).into_owned()
}
