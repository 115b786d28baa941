//! A text that a regular expression matches: checks like to ask for one.

use regex_syntax::Parser;
use regex_syntax::hir::{Class, Hir, HirKind};

/// A text that the expression matches, another for another seed where it leaves a choice; none for one that cannot
/// be read. Postgres's own dialect differs in rare escapes: what does not fit is found out by trying.
pub(super) fn sample(expression: &str, seed: i64) -> Option<String> {
    let hir = Parser::new().parse(expression).ok()?;
    let mut text = String::new();
    let mut seed = usize::try_from(seed).unwrap_or_default();
    write(&hir, &mut seed, &mut text);
    (!text.is_empty() && text.len() < 200).then_some(text)
}

fn write(hir: &Hir, seed: &mut usize, text: &mut String) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(choose(class, seed)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min.max(3));
            // One where none would do: an empty text is seldom what a check is about.
            for _ in 0..repetition.min.max(most.min(3)).min(100) {
                write(&repetition.sub, seed, text);
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, seed, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, seed, text)),
        HirKind::Alternation(parts) => {
            if let Some(first) = parts.first() {
                write(first, seed, text);
            }
        }
    }
}

/// A character of a class: letters and digits before others.
fn choose(class: &Class, seed: &mut usize) -> Option<char> {
    let is_in = |c: char| match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&c)),
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&(c as u8))),
    };
    let usual: Vec<char> = ('a'..='z')
        .chain('0'..='9')
        .chain('A'..='Z')
        .filter(|c| is_in(*c))
        .collect();
    let pick = usual.get(*seed % usual.len().max(1)).copied();
    *seed /= usual.len().max(1);
    let first = || match class {
        Class::Unicode(class) => class
            .ranges()
            .first()
            .map(regex_syntax::hir::ClassUnicodeRange::start),
        Class::Bytes(class) => class
            .ranges()
            .first()
            .map(|range| char::from(range.start())),
    };
    pick.or_else(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_matches_its_expression() {
        for expression in [
            r"^[0-9]{5}$",
            r"^[^@\s]+@[^@\s]+\.[a-z]+$",
            r"^#[0-9a-f]{6}$",
            r"^[A-Z]{2}-[0-9]+$",
            r"^(https?)://",
            r"^\+[0-9]{6,15}$",
        ] {
            let text = sample(expression, 7).unwrap();
            let regex = regex::Regex::new(expression).unwrap();
            assert!(regex.is_match(&text), "{expression}: {text}");
            assert_ne!(sample(expression, 7), sample("^x$", 7));
        }
        assert_eq!(sample("(", 1), None);
    }
}
