//! Arguments without a name in a parsed body: where others have one, Postgres prints `""` for them, which it cannot
//! read itself (`get_parameter` in its ruleutils.c).

use std::ops::Range;

use crate::classes::rules::{Site, Statement, dollar_quoted, split_outside_quotes};
use crate::sql;

/// How many ways of naming them are tried at most.
const WAYS: u64 = 10_000;

/// The body as it can be read, or why it cannot be told.
pub(super) fn named(site: &Site<'_>, body: &str) -> Result<String, String> {
    let places = places(site, body);
    if places.is_empty() {
        return Ok(body.to_owned());
    }
    let [argument] = unnamed(site)[..] else {
        if is_tried(site, places.len()) {
            return Ok(body.to_owned());
        }
        return Err(
            "Postgres prints its body such that nothing can read it: more than one argument has no name".to_owned(),
        );
    };
    let (mut text, mut last) = (String::new(), 0);
    for place in places {
        text += &format!("{}${argument}", &body[last..place.start]);
        last = place.end;
    }
    Ok(text + &body[last..])
}

/// Whether it is known which arguments are used, and there are few enough ways to use them in that order.
fn is_tried(site: &Site<'_>, places: usize) -> bool {
    let used = site.object.facts.get("unnamed_arguments");
    let count = u64::try_from(unnamed(site).len()).unwrap_or(u64::MAX);
    let places = u32::try_from(places).unwrap_or(u32::MAX);
    let ways = count.checked_pow(places);
    used.is_some_and(serde_json::Value::is_array) && ways.is_some_and(|ways| ways <= WAYS)
}

/// What makes a routine of that definition where its body does not say which of several arguments it uses: the way is
/// looked for whose parsed body uses them in the order that is known.
pub(super) fn tried(site: &Site<'_>, definition: &str) -> Option<Statement> {
    let body = site.object.text("sql_body")?;
    let places = places(site, body);
    let arguments = unnamed(site);
    if places.is_empty() || arguments.len() < 2 {
        return None;
    }
    let used: Vec<i64> =
        serde_json::from_value(site.object.facts.get("unnamed_arguments")?.clone()).ok()?;
    let start = definition.len().checked_sub(body.len())?;
    let (mut pieces, mut last) = (Vec::new(), 0);
    for place in places {
        pieces.push(sql::literal(&definition[last..start + place.start]));
        last = start + place.end;
    }
    pieces.push(sql::literal(&definition[last..]));
    let list = |numbers: Vec<String>| format!("array[{}]::int[]", numbers.join(", "));
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let guess = used.iter().map(ToString::to_string);
    let (guess, used): (Vec<String>, Vec<String>) = (
        guess
            .clone()
            .filter(|one| arguments.contains(one))
            .collect(),
        guess.collect(),
    );
    let body = format!(
        include_str!("unnamed.sql"),
        pieces = pieces.join(",\n    "),
        arguments = list(arguments),
        guess = list(guess),
        used = list(used),
        path = sql::literal(site.path()),
    );
    Some(Statement::new(format!("do {}", dollar_quoted(&body))))
}

/// What stands for arguments without a name: a name of no characters, in a query after that of the routine.
fn places(site: &Site<'_>, body: &str) -> Vec<Range<usize>> {
    let path = split_outside_quotes(site.path(), "(").map_or(site.path(), |(path, _)| path);
    let own = sql::parts(path).pop().unwrap_or_default();
    let qualifier = format!("{}.", sql::identifier(&own));
    let with_qualifier = |at: usize| match body[..at].ends_with(&qualifier) {
        true => at - qualifier.len()..at + 2,
        false => at..at + 2,
    };
    empty_names(body).into_iter().map(with_qualifier).collect()
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
        let modes = ["IN ", "INOUT ", "VARIADIC "];
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
