//! Functions and procedures: replaced in place while their signature stays.

use std::collections::BTreeSet;

use super::{overloads, unnamed};
use crate::classes::extension_dependency::reconcile::said_again;
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Rules, Site, Statement, dollar_quoted, drop_while, plain_address,
    split_outside_quotes, texts,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("function", object),
    granted_as: Some("function"),
    rename: |from, to| renaming::routine(&plain_address("function", from.object), from, to),
    looks_up,
    by_hand: |site| unnamed::named(site, site.object.text("sql_body")?).err(),
    outline: |site| Some(outline(site)),
    mistaken_for: overloads::going,
    ..Rules::NONE
};

/// Its text is read when it runs, unless it was parsed when it was made.
pub(in crate::classes) fn looks_up(object: &Object) -> bool {
    let is_set = texts(object, "settings")
        .iter()
        .any(|setting| setting.starts_with("search_path="));
    let is_machine = matches!(object.text("language"), Some("c" | "internal"));
    object.text("sql_body").is_none() && !is_set && !is_machine
}

pub(in crate::classes) fn create(site: &Site<'_>) -> Vec<Statement> {
    let word = site.object.id.class.as_str();
    let mut statements = vec![made(site)];
    statements.extend(without_defaults(site, word));
    statements
}

/// Settings whose value is a list of names, which Postgres keeps quoted (its `GUC_LIST_QUOTE`).
const LISTS: &[&str] = &[
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
    "shared_preload_libraries",
    "unix_socket_directories",
];

/// The head, what comes between, and the body.
fn spelled(site: &Site<'_>, between: &str, body: &str) -> String {
    let object = site.object;
    let word = object.id.class.as_str();
    let name = split_outside_quotes(site.path(), "(").map_or(site.path(), |(name, _)| name);
    let mut text = format!(
        "create or replace {word} {name}({})",
        site.text("arguments")
    );
    if let Some(returns) = object.text("returns") {
        text += &format!("\nreturns {returns}");
    }
    text + between + body
}

/// The head of it around an empty body. Where the other side has another head, it is that one's which is there the second
/// time.
fn outline(site: &Site<'_>) -> Statement {
    let empty = |site: &Site<'_>| spelled(site, "\nlanguage sql", "\nas ''");
    let heads = |object: &Object| HEAD.map(|(_, fact)| object.text(fact).map(str::to_owned));
    let other = site.other.get(&site.object.id);
    let Some(other) = other.filter(|other| heads(other) != heads(site.object)) else {
        return Statement::new(empty(site));
    };
    let is_other = head_is(site, other, "is not distinct from", " and ");
    let turned = Site {
        object: other,
        whole: site.other,
        other: site.whole,
        ..*site
    };
    let body = format!(
        "begin\n  if {is_other} then\n    {};\n  else\n    {};\n  end if;\nend",
        empty(&turned),
        empty(site)
    );
    Statement::new(format!("do {}", dollar_quoted(&body)))
}

/// What says the head of a function, and the fact of it.
const HEAD: [(&str, &str); 2] = [
    ("pg_get_function_arguments", "arguments"),
    ("pg_get_function_result", "returns"),
];

/// The condition that it is there and its head compares so to that of an object, in all parts or in one.
fn head_is(site: &Site<'_>, object: &Object, is: &str, joined: &str) -> String {
    let parts = HEAD.map(|(function, fact)| {
        let text = object.text(fact).map_or("null".to_owned(), sql::literal);
        format!("{function}(oid) {is} {text}")
    });
    format!(
        "exists (select from pg_proc where oid = to_regprocedure({}) and ({}))",
        sql::literal(site.path()),
        parts.join(joined)
    )
}

fn made(site: &Site<'_>) -> Statement {
    let definition = definition(site);
    unnamed::tried(site, &definition).unwrap_or_else(|| Statement::new(definition))
}

fn definition(site: &Site<'_>) -> String {
    let object = site.object;
    let mut text = format!("\nlanguage {}", sql::identifier(site.text("language")));
    if object.text("kind") == Some("window") {
        text += " window";
    }
    let transforms = site.list("transforms").join(", for type ");
    if !transforms.is_empty() {
        text += &format!("\ntransform for type {transforms}");
    }
    if let Some(volatility) = object.text("volatility").filter(|word| *word != "volatile") {
        text += &format!(" {volatility}");
    }
    for (fact, word) in [
        ("strict", " strict"),
        ("leakproof", " leakproof"),
        ("security_definer", "\nsecurity definer"),
    ] {
        if object.is(fact) {
            text += word;
        }
    }
    if let Some(parallel) = object.text("parallel").filter(|word| *word != "unsafe") {
        text += &format!("\nparallel {parallel}");
    }
    text += &estimates(object);
    if let Some(support) = object.text("support") {
        text += &format!("\nsupport {support}");
    }
    for setting in site.list("settings") {
        text += &format!("\nset {}", assignment(setting));
    }
    spelled(site, &text, &body(site))
}

/// Cost and rows where they are not what Postgres assumes (`CreateFunction`).
fn estimates(object: &Object) -> String {
    let number = |fact: &str| object.facts.get(fact).and_then(serde_json::Value::as_f64);
    let is_compiled = matches!(object.text("language"), Some("c" | "internal"));
    let returns_set = object
        .text("returns")
        .is_some_and(|text| text.starts_with("SETOF ") || text.starts_with("TABLE("));
    let mut text = String::new();
    let usual_cost = if is_compiled { 1.0 } else { 100.0 };
    if let Some(cost) = number("cost").filter(|cost| (cost - usual_cost).abs() > f64::EPSILON) {
        text += &format!("\ncost {cost}");
    }
    if let Some(rows) =
        number("rows").filter(|rows| returns_set && (rows - 1000.0).abs() > f64::EPSILON)
    {
        text += &format!("\nrows {rows}");
    }
    text
}

/// `name=value` as the catalog keeps it, as a clause of `set`.
pub(in crate::classes) fn assignment(setting: &str) -> String {
    let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
    let quoted: Vec<String> = name.split('.').map(sql::identifier).collect();
    let value = match LISTS.contains(&name) && !value.is_empty() {
        true => value
            .split(", ")
            .map(|name| if name == "\"\"" { "''" } else { name })
            .collect::<Vec<_>>()
            .join(", "),
        false => sql::literal(value).trim_start().to_owned(),
    };
    format!("{} to {value}", quoted.join("."))
}

fn body(site: &Site<'_>) -> String {
    let object = site.object;
    let source = object.text("body").unwrap_or_default();
    if let Some(body) = object.text("sql_body") {
        let body = unnamed::named(site, body).unwrap_or_default();
        return format!("\n{body}");
    }
    match (object.text("library"), object.text("language")) {
        (Some(library), _) => format!("\nas {}, {}", sql::literal(library), sql::literal(source)),
        (None, Some("internal")) => format!("\nas {}", sql::literal(source)),
        _ => {
            let tag = tag_for(source);
            format!("\nas {tag}{source}{tag}")
        }
    }
}

/// A dollar quote that does not stand in the text, nor forms with its end.
fn tag_for(source: &str) -> String {
    let mut name = String::new();
    while source.contains(&format!("${name}$"))
        || source.ends_with('$') && name.is_empty()
        || source.ends_with(&format!("${name}"))
    {
        name.push_str(if name.is_empty() { "body" } else { "_" });
    }
    format!("${name}$")
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let word = site.object.id.class.as_str();
    let kinds = if word == "procedure" {
        "'p'"
    } else {
        "'f', 'w'"
    };
    let condition = format!(
        "exists (select from pg_proc where oid = to_regprocedure({}) and prokind in ({kinds}))",
        sql::literal(site.path())
    );
    let wanted = site.other.get(&site.object.id);
    match wanted.filter(|wanted| is_anew(site, wanted)) {
        Some(wanted) => {
            // What uses the new one keeps it from being dropped again.
            let condition = head_is(site, wanted, "is distinct from", " or ");
            let drop = format!("drop {word} {}", site.path());
            vec![Statement::guarded(&condition, &drop)]
        }
        None => vec![drop_while(site, word, &condition)],
    }
}

/// Whether something new holds it that cannot be taken away for a while: a default of a new column.
fn has_new_defaults(site: &Site<'_>) -> bool {
    let mut new = site.other.dependents(&site.object.id).iter();
    new.any(|id| {
        let class = id.class.as_str();
        ["default", "column", "table"].contains(&class) && site.whole.get(id).is_none()
    })
}

/// Whether it goes for what it says itself, not for what it needs.
fn is_anew(site: &Site<'_>, wanted: &Object) -> bool {
    let of = |object: &Object, fact: &str| object.text(fact).map(str::to_owned);
    ["arguments", "returns"]
        .iter()
        .any(|fact| of(wanted, fact) != of(site.object, fact))
        && has_new_defaults(site)
        && of(wanted, "kind") == of(site.object, "kind")
}

/// Names and types of arguments, and what is returned, cannot be replaced (`ProcedureCreate`).
fn alter(site: &Site<'_>, _: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if ["arguments", "returns", "kind"]
        .iter()
        .any(|fact| facts.contains(fact))
    {
        return Alteration::Replace;
    }
    let mut statements = vec![made(site)];
    statements.extend(said_again(site));
    Alteration::Steps(statements)
}

/// The same rules under another word.
pub(in crate::classes) const PROCEDURE: Rules = Rules {
    address: |object| plain_address("procedure", object),
    granted_as: Some("procedure"),
    rename: |from, to| renaming::routine(&plain_address("procedure", from.object), from, to),
    ..RULES
};
