//! Text search dictionaries: options are altered in place, another template makes a new one.

use std::collections::BTreeSet;

use crate::classes::rules::{Alteration, Rules, Site, Statement, make_once, plain_address};
use crate::contract::Object;

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| {
        vec![Statement::new(format!(
            "drop text search dictionary if exists {}",
            site.path()
        ))]
    },
    alter,
    address: |object| plain_address("text search dictionary", object),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let path = site.path();
    let options = match site.object.text("options") {
        Some(options) => format!(", {options}"),
        None => String::new(),
    };
    let make = format!(
        "create text search dictionary {path} (template = {}{options})",
        site.text("template")
    );
    vec![make_once(path, "pg_ts_dict", "dict", "", &make)]
}

/// The names in `a = 'x', "B" = 'y'`, as they are quoted there.
fn names(options: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let (mut start, mut in_text, mut in_name) = (Some(0), false, false);
    for (at, c) in options.char_indices() {
        match c {
            '\'' if !in_name => in_text = !in_text,
            '"' if !in_text => in_name = !in_name,
            '=' if !in_text && !in_name => {
                if let Some(from) = start.take() {
                    names.push(options[from..at].trim());
                }
            }
            ',' if !in_text && !in_name => start = Some(at + 1),
            _ => {}
        }
    }
    names
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if facts.contains("template") {
        return Alteration::Replace;
    }
    let options = site.text("options");
    let kept = names(options);
    let gone = names(there.text("options").unwrap_or_default())
        .into_iter()
        .filter(|name| !kept.contains(name));
    let mut parts: Vec<&str> = gone.collect();
    if !options.is_empty() {
        parts.push(options);
    }
    Alteration::Steps(vec![Statement::new(format!(
        "alter text search dictionary {} ({})",
        site.path(),
        parts.join(", ")
    ))])
}

#[cfg(test)]
mod tests {
    #[test]
    fn options_are_known_by_their_names() {
        let options = r#"stopwords = 'a, b = c', "Odd, = one" = 'it''s', last = E'\\x'"#;
        assert_eq!(
            super::names(options),
            ["stopwords", "\"Odd, = one\"", "last"]
        );
        assert_eq!(super::names(""), Vec::<&str>::new());
    }
}
