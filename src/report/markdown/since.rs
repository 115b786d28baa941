//! Since when findings stand, for an issue that is kept up to date.

use jiff::civil::Date;

use super::escape::code;
use super::put;
use crate::findings::Finding;

const MOST: usize = 50;

/// A folded table, the oldest first; nothing when there is nothing to say.
pub fn since(dated: &[(Date, &Finding)]) -> String {
    let mut out = String::new();
    let Some((oldest, _)) = dated.first() else {
        return out;
    };
    put(
        &mut out,
        &format!(
            "<details><summary>Since when: the oldest finding was seen first on {oldest}</summary>\n"
        ),
    );
    put(&mut out, "| seen first | finding | object |\n|---|---|---|");
    for (since, finding) in dated.iter().take(MOST) {
        let line = format!(
            "| {since} | {} | {} |",
            code(&finding.code),
            code(&finding.id.to_string())
        );
        put(&mut out, &line);
    }
    if dated.len() > MOST {
        put(
            &mut out,
            &format!("| | and {} more | |", dated.len() - MOST),
        );
    }
    put(&mut out, "\n</details>");
    out
}
