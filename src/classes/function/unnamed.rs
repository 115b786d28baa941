//! Arguments without a name in a parsed body: where others have one, Postgres prints `""` for them, which it cannot
//! read itself (`get_parameter` in its ruleutils.c).

use crate::classes::rules::{Site, split_outside_quotes};

/// The body as it can be read, or why it cannot be told.
pub(super) fn named(site: &Site<'_>, body: &str) -> Result<String, String> {
    let places = empty_names(body);
    if places.is_empty() {
        return Ok(body.to_owned());
    }
    let [argument] = unnamed(site)[..] else {
        return Err(
            "Postgres prints its body such that nothing can read it: more than one argument has no name".to_owned(),
        );
    };
    let (mut text, mut last) = (String::new(), 0);
    for at in places {
        text += &format!("{}${argument}", &body[last..at]);
        last = at + 2;
    }
    Ok(text + &body[last..])
}

/// Where a name of no characters stands.
fn empty_names(body: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.find(['"', '\'']) {
        let quote = &rest[at..=at];
        let inside = &rest[at + 1..];
        let mut length = 0;
        while let Some(end) = inside[length..].find(quote) {
            length += end + 1;
            if length == 1 && quote == "\"" || !inside[length..].starts_with(quote) {
                break;
            }
            length += 1;
        }
        if quote == "\"" && length == 1 {
            found.push(body.len() - rest.len() + at);
        }
        if length == 0 {
            break;
        }
        rest = &inside[length..];
    }
    found
}

/// Which of the arguments have no name: those that say no more than the signature does.
fn unnamed(site: &Site<'_>) -> Vec<usize> {
    let signature = split_outside_quotes(site.path(), "(").map_or("", |(_, types)| types);
    let types = listed(signature.strip_suffix(')').unwrap_or(signature));
    let arguments = listed(site.text("arguments"));
    let taken = arguments
        .iter()
        .filter(|argument| !argument.starts_with("OUT "));
    let pairs = taken.zip(&types).enumerate();
    let without_name = pairs.filter(|(_, (argument, data_type))| {
        let argument = argument.split(" DEFAULT ").next().unwrap_or_default();
        let modes = ["INOUT ", "VARIADIC "];
        let plain = modes.iter().find_map(|mode| argument.strip_prefix(mode));
        plain.unwrap_or(argument) == data_type.as_str()
    });
    without_name.map(|(index, _)| index + 1).collect()
}

/// The members of a list, by the commas between them.
fn listed(text: &str) -> Vec<String> {
    let mut list = vec![String::new()];
    let (mut depth, mut quote) = (0_u32, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                list.push(String::new());
                continue;
            }
            _ => {}
        }
        list.last_mut().expect("begins with one").push(c);
    }
    list.iter().map(|one| one.trim().to_owned()).collect()
}
