//! Domains: default and not null are altered; another type puts a new domain in the old one's place.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::CLASS;
use crate::classes::column::reconcile::{carry_over, columns_of_type, is_in_partition_key};
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::rules::{
    Alteration, Lock, Rules, Site, Statement, Whole, dollar_quoted, drop_while, exists_in,
    head_and_name, plain_address, put_aside,
};
use crate::classes::{composite_type, range, renaming};
use crate::contract::{Object, ObjectId};
use crate::sql;

pub(super) const RULES: Rules = Rules {
    evaluates: true,
    create,
    drop,
    alter,
    address: |object| plain_address("domain", object),
    granted_as: Some("domain"),
    rename: |from, to| renaming::data_type("domain", from, to),
    absorbs: |site| inline(site).map(|check| check.id.clone()).collect(),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let missing = format!("to_regtype({}) is null", sql::literal(site.path()));
    let mut statements = vec![Statement::guarded(&missing, &definition(site))];
    statements.extend(without_defaults(site, "type"));
    statements
}

/// The statement that makes it, and one that takes away what it got from the domain below, where it has none of its own.
fn definition(site: &Site<'_>) -> String {
    let mut text = format!("create domain {} as {}", site.path(), site.text("type"));
    if let Some(collation) = site.object.text("collation") {
        write!(text, " collate {collation}").expect("a string takes all");
    }
    if let Some(default) = site.object.text("default") {
        write!(text, " default {default}").expect("a string takes all");
    }
    if site.object.is("not_null") {
        text += " not null";
    }
    for check in inline(site) {
        let name = head_and_name(&check.id.path).1;
        let expression = check.text("expression").unwrap_or_default();
        write!(text, " constraint {name} check ({expression})").expect("a string takes all");
    }
    if site.object.text("default").is_none() && is_over_default(site) {
        write!(text, ";\n    alter domain {} drop default", site.path())
            .expect("a string takes all");
    }
    text
}

/// Whether it is over a domain with a default, which it would take over.
fn is_over_default(site: &Site<'_>) -> bool {
    let id = ObjectId::new(site.object.id.class.clone(), site.text("type"));
    let below = site.whole.get(&id);
    below.is_some_and(|domain| domain.text("default").is_some())
}

/// Checks that are made with it: once columns hold arrays of the domain none can be added. What needs the domain
/// itself, or is not valid, comes later.
fn inline<'a>(site: &Site<'a>) -> impl Iterator<Item = &'a Object> + use<'a> {
    let (whole, id) = (site.whole, &site.object.id);
    site.children_of("constraint").filter(move |check| {
        let needs = whole.contract.needs.get(&check.id).into_iter().flatten();
        let mut needs = needs.filter(|need| *need != id);
        check.is("validated") && !needs.any(|need| whole.reaches(need, id))
    })
}

/// Whether columns of either side hold the domain that something is in as a part: in arrays, or in other types.
pub(in crate::classes) fn is_held_within(site: &Site<'_>) -> bool {
    let parent = site.object.parent.as_ref();
    parent.is_some_and(|id| holds_within(site.whole, id) || holds_within(site.other, id))
}

fn holds_within(whole: &Whole<'_>, id: &ObjectId) -> bool {
    columns_of_type(whole, id)
        .iter()
        .any(|column| is_list(column))
        || is_within_types(whole, id)
}

/// Whether columns hold types that have the domain as a part.
fn is_within_types(whole: &Whole<'_>, id: &ObjectId) -> bool {
    types_over(whole, id).any(|over| match over.id.class == id.class && !is_list(over) {
        true => holds_within(whole, &over.id),
        false => !columns_within(whole, &over.id).is_empty(),
    })
}

/// Columns that hold a type, as it is or as a part of other types.
pub(in crate::classes) fn columns_within<'a>(whole: &Whole<'a>, id: &ObjectId) -> Vec<&'a Object> {
    let mut found = columns_of_type(whole, id);
    found.extend(types_over(whole, id).flat_map(|over| columns_within(whole, &over.id)));
    found
}

fn types_over<'a>(whole: &Whole<'a>, id: &ObjectId) -> impl Iterator<Item = &'a Object> {
    let classes = [CLASS.name, composite_type::CLASS.name, range::CLASS.name];
    let over = whole.dependents(id).iter();
    let over = over.filter(move |other| classes.contains(&other.class.as_str()));
    over.filter_map(|other| whole.get(other))
}

fn is_list(object: &Object) -> bool {
    object.text("type").is_some_and(|text| text.ends_with("[]"))
}

/// How a check gets onto a domain that columns hold within something, where Postgres adds none: the domain is made anew,
/// with columns of arrays carried over, or with all that has it where other types stand in between.
pub(in crate::classes) fn renewed(site: &Site<'_>) -> Option<Alteration> {
    let there = site.other.get(&site.object.id)?;
    if is_within_types(site.other, &site.object.id) {
        return Some(Alteration::Replace);
    }
    let columns = columns_of_type(site.other, &site.object.id);
    let is_needed = columns.iter().any(|column| is_list(column));
    (is_needed && !is_in_partition_key(site, &columns))
        .then(|| Alteration::Swap(vec![swap(site, there)]))
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let is_there = exists_in(site.path(), "pg_type", "typ", " and typtype = 'd'");
    vec![drop_while(site, "domain", &is_there)]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if facts.contains("type") || facts.contains("collation") {
        if is_in_partition_key(site, &columns_of_type(site.other, &site.object.id)) {
            return Alteration::Replace;
        }
        return Alteration::Swap(vec![swap(site, there)]);
    }
    let path = site.path();
    let mut statements = Vec::new();
    if facts.contains("default") {
        statements.push(Statement::new(match site.object.text("default") {
            Some(default) => format!("alter domain {path} set default {default}"),
            None => format!("alter domain {path} drop default"),
        }));
    }
    if facts.contains("not_null") {
        let verb = if site.object.is("not_null") {
            "set"
        } else {
            "drop"
        };
        let mut statement = Statement::new(format!("alter domain {path} {verb} not null"));
        if verb == "set" {
            statement = statement.can_fail(site, "where a column of the domain holds null");
        }
        statements.push(statement);
    }
    Alteration::Steps(statements)
}

/// A domain's type cannot be altered: columns go over to a new domain.
fn swap(site: &Site<'_>, there: &Object) -> Statement {
    let path = site.path();
    let (schema, name) = head_and_name(path);
    let old_name = sql::identifier(&put_aside(name, "before"));
    let mut body = format!(
        "begin\n  if {} then\n    alter domain {path} rename to {old_name};\n    {};\n",
        differs(site, there),
        definition(site),
    );
    let columns = columns_of_type(site.other, &site.object.id);
    let base = site.text("type");
    body += &carry_over(site, &columns, &format!("{schema}.{old_name}"), base);
    body += &format!("    drop domain {schema}.{old_name};\n  end if;\nend");
    let mut statement = Statement::new(format!("do {}", dollar_quoted(&body)));
    if let Some(column) = columns.first() {
        let (table, _) = head_and_name(&column.id.path);
        statement = statement
            .lock(site, Lock::AccessExclusive, table)
            .rewriting(site)
            .can_fail(site, "where a value does not fit the new type");
    }
    statement
}

/// Whether the domain that is there is still the old one.
fn differs(site: &Site<'_>, there: &Object) -> String {
    let domain = format!("{}::regtype", sql::literal(site.path()));
    let mut conditions = vec![format!(
        "(select format_type(typbasetype, typtypmod) from pg_type where oid = {domain}) <> {}",
        sql::literal(site.text("type"))
    )];
    if there.text("collation") != site.object.text("collation") {
        let collation = site.object.text("collation").map_or_else(
            || "(select b.typcollation from pg_type b where b.oid = t.typbasetype)".to_owned(),
            |name| format!("to_regcollation({})", sql::literal(name)),
        );
        conditions.push(format!(
            "(select t.typcollation <> {collation} from pg_type t where t.oid = {domain})"
        ));
    }
    for check in inline(site) {
        let name = sql::parts(head_and_name(&check.id.path).1).concat();
        conditions.push(format!(
            "not exists (select from pg_constraint where contypid = {domain} and conname = {})",
            sql::literal(&name)
        ));
        let live = site.other.get(&check.id);
        let text = |check: &Object| check.text("expression").unwrap_or_default().to_owned();
        // Where the type only moves to another schema, nothing else tells.
        if live.is_some_and(|live| text(live) != text(check)) {
            conditions.push(format!(
                "exists (select from pg_constraint where contypid = {domain} and conname = {} and pg_get_expr(conbin, 0) <> {})",
                sql::literal(&name),
                sql::literal(&text(check))
            ));
        }
    }
    conditions.join(" or ")
}
