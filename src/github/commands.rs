//! Workflow commands: lines of output that the runner acts on. Whoever calls prints them.
//!
//! The runner reads both stdout and stderr, and what migrations say in notices ends up there: text of
//! strangers is printed through [`harmless`] only.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};

use secrecy::{ExposeSecret as _, SecretString};

use crate::report::annotations::{Annotation, Level};
use crate::report::visible;

/// The most annotations of one level that the runner keeps for a step.
const MOST_PER_LEVEL: usize = 10;

/// Tells the runner to print `***` for a secret. Print it before anything that may name the secret.
pub fn add_mask(secret: &SecretString) -> String {
    format!("::add-mask::{}", escape_data(secret.expose_secret()))
}

/// A remark on the whole run.
pub fn remark(level: Level, title: &str, message: &str) -> String {
    let title = escape_property(title);
    format!("::{} title={title}::{}", word(level), escape_data(message))
}

/// A remark on a line of a file.
pub fn annotation(annotation: &Annotation) -> String {
    format!(
        "::{} file={},line={},endLine={},title={}::{}",
        word(annotation.level),
        escape_property(&annotation.path),
        annotation.line,
        annotation.line,
        escape_property(&annotation.title),
        escape_data(&annotation.message)
    )
}

/// As many annotations as the runner keeps, and a line about the rest.
pub fn annotations(all: &[Annotation]) -> Vec<String> {
    let mut counts: BTreeMap<Level, usize> = BTreeMap::new();
    let mut lines = Vec::new();
    for one in all {
        let count = counts.entry(one.level).or_default();
        *count += 1;
        if *count <= MOST_PER_LEVEL {
            lines.push(annotation(one));
        }
    }
    let left = all.len() - lines.len();
    if left > 0 {
        lines.push(format!("{left} more findings are in the job summary"));
    }
    lines
}

/// Text in which the runner finds no command, neither `::name::` nor the older `##[name]`.
pub fn harmless(text: &str) -> String {
    text.replace("##[", "##\u{200b}[")
        .split_inclusive(['\n', '\r'])
        .map(|line| {
            let start = line.len() - line.trim_start().len();
            match line[start..].strip_prefix("::") {
                Some(rest) => format!("{}:\u{200b}:{rest}", &line[..start]),
                None => line.to_owned(),
            }
        })
        .collect()
}

/// JSON that reads the same, in which neither the runner finds a `##[name]` nor a terminal anything to act on: what hides,
/// reorders or controls is spelled as an escape. No line of it begins with a colon.
pub fn harmless_json(json: &str) -> String {
    let mut harmless = String::with_capacity(json.len());
    let mut buffer = [0; 4];
    for c in json.replace("##[", "##\\u005b").chars() {
        let one = c.encode_utf8(&mut buffer);
        if c < '\u{7f}' || visible(one) == *one {
            harmless.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            harmless.push_str(&format!("\\u{unit:04x}"));
        }
    }
    harmless
}

/// Text of strangers with commands switched off around it, for long output.
pub fn untrusted(text: &str) -> String {
    let token = random_token();
    let text = harmless(text);
    format!("::stop-commands::{token}\n{text}\n::{token}::")
}

/// A word that nobody can guess: the keys of the standard hasher come from the system's randomness.
pub(super) fn random_token() -> String {
    let half = || RandomState::new().hash_one("pgpact");
    format!("pgpact-{:016x}{:016x}", half(), half())
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Failure => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    }
}

fn escape_data(text: &str) -> String {
    // The old spelling is found anywhere in a line, so also inside of a command.
    text.replace("##[", "##\u{200b}[")
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}
