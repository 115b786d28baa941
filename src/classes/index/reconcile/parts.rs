//! Parts of a partitioned index that have storage parameters or a tablespace of their own.

use std::collections::BTreeMap;

use crate::classes::rules::{Site, Statement};
use crate::contract::Object;
use crate::sql;

/// What says that a part is not usable, among its settings.
const INVALID: &str = "invalid";

/// What says that a part has no storage parameters, where the whole has some.
const NO_OPTIONS: &str = "no options";

/// What says where a part is, before the tablespace's name.
const TABLESPACE: &str = "tablespace ";

/// Parts by name, each with its settings.
fn parts_of(object: &Object) -> BTreeMap<String, Vec<String>> {
    let list = object.facts.get("parts").cloned();
    let pairs: Option<Vec<(String, Vec<String>)>> =
        list.and_then(|list| serde_json::from_value(list).ok());
    pairs.unwrap_or_default().into_iter().collect()
}

/// The settings of a new index' parts; a part of another name is not found and left as it is.
pub(super) fn of_new(site: &Site<'_>) -> Vec<Statement> {
    let parts = parts_of(site.object);
    let parts = parts
        .iter()
        .flat_map(|(part, wanted)| settings(site, part, wanted, &[]));
    parts.collect()
}

/// From what parts have to what they shall have; without a word of its own a part is like the whole.
pub(super) fn changed(site: &Site<'_>, there: &Object) -> Vec<Statement> {
    let (wanted, live) = (parts_of(site.object), parts_of(there));
    let mut names: Vec<&String> = wanted.keys().chain(live.keys()).collect();
    names.sort();
    names.dedup();
    let nothing = Vec::new();
    let of = |parts: &BTreeMap<String, Vec<String>>, name: &String| {
        parts.get(name).unwrap_or(&nothing).clone()
    };
    let mut statements = Vec::new();
    for name in names {
        let (wanted, live) = (of(&wanted, name), of(&live, name));
        if wanted != live {
            statements.extend(settings(site, name, &wanted, &live));
        }
    }
    statements
}

fn settings(site: &Site<'_>, part: &str, wanted: &[String], live: &[String]) -> Vec<Statement> {
    let options = |list: &[String]| -> Vec<String> {
        let options = list.iter().filter(|one| one.contains('='));
        options.cloned().collect()
    };
    let name = |option: &String| option.split('=').next().unwrap_or_default().to_owned();
    let mut set = options(wanted);
    let mut reset: Vec<String> = options(live).iter().map(name).collect();
    let of_whole: Vec<String> = site
        .list("options")
        .into_iter()
        .map(str::to_owned)
        .collect();
    let has_none = |list: &[String]| list.iter().any(|one| one == NO_OPTIONS);
    if has_none(wanted) {
        reset.extend(of_whole.iter().map(name));
    } else if set.is_empty() && (has_none(live) || !reset.is_empty()) {
        set = of_whole;
    }
    let kept: Vec<String> = set.iter().map(name).collect();
    reset.retain(|name| !kept.contains(name));
    let mut actions = Vec::new();
    if !reset.is_empty() {
        actions.push(format!("alter index {part} reset ({})", reset.join(", ")));
    }
    if !set.is_empty() {
        actions.push(format!("alter index {part} set ({})", set.join(", ")));
    }
    let space = |list: &[String]| -> Option<String> {
        let found = list.iter().find_map(|one| one.strip_prefix(TABLESPACE));
        found.map(str::to_owned)
    };
    if space(wanted) != space(live) {
        let usual = || {
            site.object
                .text("tablespace")
                .unwrap_or("pg_default")
                .to_owned()
        };
        let space = space(wanted).unwrap_or_else(usual);
        actions.push(format!("alter index {part} set tablespace {space}"));
    }
    let is_invalid = |list: &[String]| list.iter().any(|one| one == INVALID);
    if is_invalid(live) && !is_invalid(wanted) {
        actions.push(format!("reindex index {part}"));
    }
    let is_there = format!("to_regclass({}) is not null", sql::literal(part));
    let guarded = actions
        .iter()
        .map(|action| Statement::guarded(&is_there, action));
    guarded.collect()
}
