//! Comments: set, or set to null.

mod parts;

use std::collections::BTreeSet;

use crate::classes::Class;
use crate::classes::rules::{
    Alteration, Rules, Site, Statement, THIS_DATABASE, dollar_quoted, head_and_name,
    in_this_database,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create: |site| statement(site, &sql::literal(site.text("text"))),
    drop,
    alter,
    goes_along: true,
    is_harmless: true,
    waits_for: parts::table,
    ..Rules::NONE
};

/// An extension's own comment comes back, everything else is left without one.
fn drop(site: &Site<'_>) -> Vec<Statement> {
    let extension = site
        .parent()
        .filter(|parent| crate::classes::kinds::is_extension(&parent.id));
    let Some(extension) = extension else {
        return statement(site, "null");
    };
    let body = format!(
        "begin\n  execute format('comment on extension %I is %L', {name}, (select comment from pg_available_extensions where name = {name}));\nend",
        name = sql::literal(&sql::parts(&extension.id.path).concat()),
    );
    vec![Statement::new(format!("do {}", dollar_quoted(&body)))]
}

fn statement(site: &Site<'_>, text: &str) -> Vec<Statement> {
    if site.path() == THIS_DATABASE {
        let after = format!(" is {}", text.trim_start());
        return vec![in_this_database("comment on database ", &after)];
    }
    let Some(parent) = site.parent() else {
        return Vec::new();
    };
    let Some(class) = Class::named(parent.id.class.as_str()) else {
        return Vec::new();
    };
    let address = (class.rules.address)(parent);
    let own = site.path();
    if let Some(part) = parts::of_part(site, parent, text.trim_start()) {
        return vec![part];
    }
    // What is no object of its own hands its comment up: a column of a view, the index behind a key.
    let address = match own.rfind(" (index)").filter(|_| own.ends_with(" (index)")) {
        Some(_) => format!("index {}", index_of(site, parent)),
        None => match column_of(parent, own) {
            Some(column) => format!("column {}.{column}", parent.id.path),
            None => address,
        },
    };
    let statement = format!("comment on {address} is {}", text.trim_start());
    // The attribute may go in the same plan, and its comment with it.
    vec![
        match address.strip_prefix("column ").filter(|_| text == "null") {
            Some(column) => {
                let (relation, name) = head_and_name(column);
                let is_there = format!(
                    "exists (select from pg_attribute where attrelid = to_regclass({}) and attname = {} and not attisdropped)",
                    sql::literal(relation),
                    sql::literal(&sql::parts(name).concat())
                );
                Statement::guarded(&is_there, &statement)
            }
            None => Statement::new(statement),
        },
    ]
}

/// The quoted column in `view public.v.c`, where the comment is a column's.
fn column_of<'a>(parent: &Object, path: &'a str) -> Option<&'a str> {
    let after = &path[path.find(&*parent.id.path)? + parent.id.path.len()..];
    after.strip_prefix('.')
}

/// The index behind a key has the key's name and its table's schema.
pub(in crate::classes) fn index_of(site: &Site<'_>, parent: &Object) -> String {
    let table = parent.parent.as_ref().and_then(|id| site.whole.get(id));
    let schema = table
        .and_then(|table| table.schema.as_deref())
        .unwrap_or_default();
    let name = sql::parts(&parent.id.path).pop().unwrap_or_default();
    sql::qualified(&[schema, &name])
}

fn alter(site: &Site<'_>, _: &Object, _: &BTreeSet<&str>) -> Alteration {
    Alteration::Steps((RULES.create)(site))
}
