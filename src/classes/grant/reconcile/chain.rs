//! Grants that others were granted the right to make: what is given hangs on what its grantor has, and goes before it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Grant, as_grantor, on_columns, privileges, where_it_is_had};
use crate::classes::rules::{
    Site, Statement, THIS_DATABASE, in_this_database, split_outside_quotes, texts,
};
use crate::contract::{Object, ObjectId};
use crate::sql;

/// What follows a privilege that may be passed on.
const OPTION: &str = " WITH GRANT OPTION";

/// Who gave it where nothing says so.
const OWNER: &str = "(owner)";

/// Whether what others have may hang on it, or it on what others have.
pub(super) fn is_part(object: &Object) -> bool {
    let passes_on = |privilege: &&str| privilege.ends_with(OPTION);
    let is_owners = object.id.path.ends_with(" to (owner)");
    object.facts.contains_key("grantors")
        || !is_owners && texts(object, "privileges").iter().any(passes_on)
}

/// Privileges by who granted them, each with whether it may be passed on.
fn by_grantor(object: &Object) -> BTreeMap<String, BTreeMap<String, bool>> {
    let read = |list: Vec<&str>| -> BTreeMap<String, bool> {
        let pair = |one: &str| match one.strip_suffix(OPTION) {
            Some(bare) => (bare.to_owned(), true),
            None => (one.to_owned(), false),
        };
        list.into_iter().map(pair).collect()
    };
    let Some(grantors) = object.facts.get("grantors").and_then(Value::as_object) else {
        return BTreeMap::from([(OWNER.to_owned(), read(texts(object, "privileges")))]);
    };
    let entries = grantors.iter().map(|(grantor, list)| {
        let list = list.as_array().into_iter().flatten();
        (
            grantor.clone(),
            read(list.filter_map(Value::as_str).collect()),
        )
    });
    entries.collect()
}

/// Takes back what is too much and gives what is missing, each as who granted it: the rest may be passed on already.
pub(super) fn changed(site: &Site<'_>, there: &Object, grant: &Grant) -> Vec<Statement> {
    let (wanted, live) = (by_grantor(site.object), by_grantor(there));
    let nothing = BTreeMap::new();
    let mut statements = Vec::new();
    for (grantor, had) in &live {
        let kept = wanted.get(grantor).unwrap_or(&nothing);
        let taken = had.iter().filter_map(|(privilege, option)| {
            let what = format!("{}{}", privilege.to_lowercase(), grant.column);
            let revoke = match kept.get(privilege) {
                None => format!("revoke {what}"),
                Some(false) if *option => format!("revoke grant option for {what}"),
                Some(_) => return None,
            };
            let from = format!(" from {}", grant.grantee);
            Some(match grant.target == THIS_DATABASE {
                true => in_this_database(&format!("{revoke} on database "), &from),
                false => {
                    where_it_is_had(&grant.target, format!("{revoke} on {}{from}", grant.target))
                }
            })
        });
        let taken: Vec<Statement> = taken.collect();
        if !taken.is_empty() {
            statements.extend(taken_back(grantor, grant, taken));
        }
    }
    if !statements.is_empty() {
        statements.extend(on_columns(site, grant, site.whole));
    }
    for (grantor, has) in &wanted {
        let had = live.get(grantor).unwrap_or(&nothing);
        let given = has
            .iter()
            .filter(|(privilege, option)| had.get(*privilege).is_none_or(|had| **option && !had));
        let given: Vec<String> = given
            .map(|(privilege, option)| match option {
                true => format!("{privilege}{OPTION}"),
                false => privilege.clone(),
            })
            .collect();
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let grant = match grantor == OWNER {
            true => grant.clone(),
            false => Grant {
                owner: None,
                ..grant.clone()
            },
        };
        if !given.is_empty() {
            statements.extend(as_grantor(grantor, privileges(&grant, &given)));
        }
    }
    statements
}

/// What a grantor takes back. The second time it may have no right of its own on a table, and would be turned away.
pub(super) fn taken_back(
    grantor: &str,
    grant: &Grant,
    statements: Vec<Statement>,
) -> Vec<Statement> {
    let is_given = held(grant, Some(grantor)).filter(|_| grantor != OWNER);
    let statements = as_grantor(grantor, statements);
    let Some(is_given) = is_given else {
        return statements;
    };
    let all: Vec<String> = statements.into_iter().map(|one| one.sql).collect();
    vec![Statement::guarded(&is_given, &all.join(";\n    "))]
}

/// What is taken of a whole table is taken of its columns too: where they shall keep theirs, only while there is some.
pub(super) fn while_held(grant: &Grant, statement: Statement) -> Statement {
    match held(grant, None) {
        Some(condition) => Statement::guarded(&condition, &statement.sql),
        None => statement,
    }
}

/// The condition that a table, or the column, has a grant to the grantee, by the grantor if one is named.
fn held(grant: &Grant, grantor: Option<&str>) -> Option<String> {
    let table = sql::literal(grant.target.strip_prefix("table ")?);
    let grantee = match &*grant.grantee {
        "public" => "0".to_owned(),
        name => format!("to_regrole({})", sql::literal(name)),
    };
    let by = grantor.map_or_else(String::new, |grantor| {
        let role = sql::literal(&sql::identifier(grantor));
        format!(" and x.grantor = to_regrole({role})")
    });
    let column = grant.column.trim().trim_matches(['(', ')']);
    let list = match column.is_empty() {
        true => format!("select relacl as acl from pg_class where oid = to_regclass({table})"),
        false => format!(
            "select attacl as acl from pg_attribute where attrelid = to_regclass({table}) and attname = {}",
            sql::literal(&sql::parts(column).concat())
        ),
    };
    Some(format!(
        "exists (select from ({list}) o cross join aclexplode(o.acl) x where x.grantee = {grantee}{by})"
    ))
}

/// Grants on the same thing: of a table its columns' too, of a column its table's.
fn beside<'a>(site: &Site<'a>) -> Vec<&'a Object> {
    let Some(parent) = site.object.parent.as_ref() else {
        return Vec::new();
    };
    let above = site
        .whole
        .get(parent)
        .and_then(|parent| parent.parent.as_ref());
    let inside = site.whole.children(parent).iter().map(|child| &child.id);
    let around = inside.chain([parent]).chain(above);
    let grants = around.flat_map(|id| site.whole.children(id));
    let is_other =
        |object: &&Object| object.id.class == site.object.id.class && object.id != site.object.id;
    grants.copied().filter(is_other).collect()
}

fn grantee(object: &Object) -> Option<String> {
    let (_, grantee) = split_outside_quotes(&object.id.path, " to ")?;
    Some(sql::parts(grantee).concat())
}

/// What somebody may pass on by a grant.
fn passed_on(object: &Object) -> BTreeSet<String> {
    let all = by_grantor(object).into_values().flatten();
    all.filter(|(_, option)| *option)
        .map(|(privilege, _)| privilege)
        .collect()
}

/// Grants to who grants it in turn, where they come first.
pub(super) fn waits_for(site: &Site<'_>) -> Vec<ObjectId> {
    let mut found = Vec::new();
    if !site.object.facts.contains_key("grantors") {
        return found;
    }
    let grantors = by_grantor(site.object);
    for other in beside(site) {
        let Some(given) = grantee(other).and_then(|grantee| grantors.get(&grantee)) else {
            continue;
        };
        let had = site.other.get(&other.id).map(passed_on).unwrap_or_default();
        let is_new = |privilege: &String| given.contains_key(privilege) && !had.contains(privilege);
        if passed_on(other).iter().any(is_new) {
            found.push(other.id.clone());
        }
    }
    found
}

/// Grants that its grantee made by a right to pass on that goes.
pub(super) fn goes_after(site: &Site<'_>) -> Vec<ObjectId> {
    let kept = site
        .other
        .get(&site.object.id)
        .map(passed_on)
        .unwrap_or_default();
    let lost: BTreeSet<String> = passed_on(site.object).difference(&kept).cloned().collect();
    let Some(own) = grantee(site.object).filter(|_| !lost.is_empty()) else {
        return Vec::new();
    };
    let hangs_on = |other: &&Object| {
        let given = by_grantor(other).remove(&own);
        given.is_some_and(|given| given.keys().any(|privilege| lost.contains(privilege)))
    };
    let others = beside(site).into_iter().filter(hangs_on);
    others.map(|other| other.id.clone()).collect()
}
