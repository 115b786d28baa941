//! Columns: added, retyped with their data, dropped only when asked for.

mod anew;
mod carry;
mod inheritance;
mod named_not_null;
mod nullability;
mod type_change;

use std::collections::BTreeSet;

use anew::arrived;
pub(in crate::classes) use carry::{carry_over, columns_of_type, is_in_partition_key};
use inheritance::{
    before_joining, comes_with_parents, goes_after, has_several_parents, heirs, holds_up,
    inherited_from, is_of_one_side, is_typed, is_typed_after, joins, overrides, takes_heirs,
    waits_for,
};
pub(in crate::classes) use inheritance::{comes_late, is_inherited};

use crate::classes::foreign_options;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Disturbance, Lock, Rules, Site, Statement, head_and_name, plain_address, texts,
};
use crate::classes::sequence::reconcile as sequences;
use crate::classes::table::reconcile::changed_options;
use crate::contract::{Object, ObjectId};
use crate::sql;

pub(super) const RULES: Rules = Rules {
    evaluates: true,
    create,
    drop,
    alter,
    address: |object| plain_address("column", object),
    disturbance: |object| match object.text("generated") {
        // What it holds is computed again.
        Some(_) => Disturbance::Recreate,
        None => Disturbance::PassesOn,
    },
    // What a generated column holds can be computed again.
    data: |object| object.text("generated").is_none().then_some("drop-column"),
    absorbs,
    position,
    rename: renamed,
    by_hand: |site| foreign_options::by_hand(site, "foreign_options"),
    comes_along: |site| is_inherited(site) || is_typed(site),
    comes_late,
    goes_late: is_of_one_side,
    arrived,
    remakes,
    heirs,
    holds_up,
    waits_for,
    goes_after,
    is_shape: true,
    ..Rules::NONE
};

/// Why a column stays a table's own, or a parent's.
pub(in crate::classes) const STAYS_LOCAL: &str =
    "whether a child has an inherited column of its own is decided when it is made";

/// A table's columns in their order, as far as it is known.
pub(in crate::classes) fn in_order<'a>(site: &Site<'a>) -> Vec<&'a Object> {
    let order = site.list("column_order");
    let position = |column: &&Object| {
        let name = sql::parts(&column.id.path).pop().unwrap_or_default();
        order
            .iter()
            .position(|other| *other == name)
            .unwrap_or(usize::MAX)
    };
    let mut columns: Vec<&Object> = site.children_of("column").collect();
    columns.sort_by_key(position);
    columns
}

fn position(site: &Site<'_>) -> usize {
    let name = sql::parts(site.path()).pop().unwrap_or_default();
    let order = site
        .parent()
        .map_or_else(Vec::new, |table| texts(table, "column_order"));
    order
        .iter()
        .position(|other| *other == name)
        .unwrap_or(usize::MAX)
}

/// What stands in `create table` and after `add column`.
pub(in crate::classes) fn definition(site: &Site<'_>) -> String {
    let object = site.object;
    let mut text = format!("{} {}", head_and_name(site.path()).1, site.text("type"));
    if let Some(method) = object.text("compression") {
        text += &format!(" compression {method}");
    }
    text += &foreign_options::clause(object, "foreign_options");
    if let Some(collation) = object.text("collation") {
        text += &format!(" collate {collation}");
    }
    if let Some(generated) = object.text("generated") {
        let (expression, kind) = generated.rsplit_once(' ').unwrap_or((generated, "stored"));
        text += &format!(" generated always as ({expression}) {kind}");
    } else if let Some(identity) = object.text("identity") {
        text += &format!(" {}", identity_clause(site, identity));
    } else if let Some(default) = absorbed_default(site) {
        text += &format!(
            " default {}",
            default.text("expression").unwrap_or_default()
        );
    }
    if object.is("not_null") {
        text += &named_not_null::inline(site);
    }
    text
}

fn identity_clause(site: &Site<'_>, identity: &str) -> String {
    let sequence = site.children_of("sequence").next();
    let options = sequence.map_or_else(String::new, |sequence| {
        // The column's type says the sequence's.
        let all = sequences::options(sequence);
        let all = all
            .split_once(" start")
            .map_or(all.clone(), |(_, rest)| format!("start{rest}"));
        format!(" (sequence name {} {all})", sequence.id.path)
    });
    format!("generated {identity} as identity{options}")
}

/// The default, unless it needs something that needs the column: a sequence that belongs to it.
fn absorbed_default<'a>(site: &Site<'a>) -> Option<&'a Object> {
    let default = site.children_of("default").next()?;
    let table = site.object.parent.as_ref()?;
    let needs = site
        .whole
        .contract
        .needs
        .get(&default.id)
        .into_iter()
        .flatten();
    let mut needs = needs.filter(|need| **need != site.object.id && *need != table);
    (!needs
        .any(|need| site.whole.reaches(need, &site.object.id) || site.whole.reaches(need, table)))
    .then_some(default)
}

pub(in crate::classes) fn absorbs(site: &Site<'_>) -> Vec<ObjectId> {
    if is_inherited(site) && !joins(site) || is_typed(site) {
        return Vec::new();
    }
    absorbed_default(site)
        .map(|default| default.id.clone())
        .into_iter()
        .collect()
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let table = site.parent_path();
    let mut statements = Vec::new();
    match inherited_from(site).filter(|_| !site.object.is("local") && !joins(site)) {
        None if is_typed(site) => {
            if site.object.is("not_null") {
                statements.push(named_not_null::statement(site));
            }
        }
        None if comes_late(site) => statements.push(Statement::new("")),
        // It comes with the parent's; only what it says otherwise is set.
        Some(parent) => statements.extend(overrides(site, parent)),
        None => {
            let action = format!("add column if not exists {}", definition(site));
            let mut add = Statement::action(table, action).lock(site, Lock::AccessExclusive, table);
            let is_filled =
                absorbed_default(site).is_some() || site.object.text("generated").is_some();
            if site.object.is("not_null") && !is_filled && site.object.text("identity").is_none() {
                let has_rows = format!("select from {table}");
                add = add
                    .can_fail(site, "where the table has rows: the column has no default")
                    .checked(
                        site,
                        &format!(
                            "rows of {table} without a value for {}",
                            head_and_name(site.path()).1
                        ),
                        has_rows,
                        site.key_of(table),
                    );
            }
            statements.push(add);
        }
    }
    statements.extend(settings(site, None));
    before_joining(site, statements)
}

/// Storage, statistics and options; without what is there, only what is set.
pub(in crate::classes) fn settings(
    site: &Site<'_>,
    there: Option<(&Object, &BTreeSet<&str>)>,
) -> Vec<Statement> {
    let (table, name) = head_and_name(site.path());
    let head = format!("alter column {name}");
    let is_due = |fact: &str| match there {
        Some((_, facts)) => facts.contains(fact),
        None => site.object.facts.contains_key(fact),
    };
    let mut statements = named_not_null::settings(site, there);
    if is_due("storage") {
        statements.push(match site.object.text("storage") {
            Some(storage) => Statement::action(table, format!("{head} set storage {storage}")),
            None => usual_storage(table, name),
        });
    }
    if is_due("statistics") {
        let target = site
            .object
            .facts
            .get("statistics")
            .map_or("-1".to_owned(), ToString::to_string);
        statements.push(Statement::action(
            table,
            format!("{head} set statistics {target}"),
        ));
    }
    if there.is_some() && is_due("compression") {
        let method = site.object.text("compression").unwrap_or("default");
        statements.push(Statement::action(
            table,
            format!("{head} set compression {method}"),
        ));
    }
    if is_due("options") {
        let nothing = Object {
            facts: Default::default(),
            ..site.object.clone()
        };
        let live = there.map_or(&nothing, |(object, _)| object);
        statements.extend(changed_options(
            site,
            live,
            "options",
            &format!("alter table {table} {head}"),
        ));
    }
    statements
}

/// `set storage default` came with 16; before, the type has to be asked.
pub(in crate::classes) fn usual_storage(table: &str, name: &str) -> Statement {
    let body = format!(
        "begin\n  execute (select format({}, case typstorage when 'p' then 'plain' when 'e' then 'external' when 'x' then 'extended' else 'main' end)\n    from pg_attribute a join pg_type t on t.oid = a.atttypid\n    where a.attrelid = {}::regclass and a.attname = {});\nend",
        sql::literal(&format!(
            "alter table {} alter column {} set storage %s",
            table.replace('%', "%%"),
            name.replace('%', "%%")
        )),
        sql::literal(table),
        sql::literal(&sql::parts(name).concat()),
    );
    Statement::new(format!(
        "do {}",
        crate::classes::rules::dollar_quoted(&body)
    ))
}

/// An inherited column follows the one it is inherited from.
fn renamed(from: &Site<'_>, to: &Site<'_>) -> Option<Statement> {
    if inherited_from(from).is_some() {
        return None;
    }
    let (table, old) = head_and_name(from.path());
    let new = head_and_name(to.path()).1;
    let text = format!("alter table {table} rename column {old} to {new}");
    let rows = format!(
        "select from pg_attribute where attrelid = to_regclass({}) and not attisdropped",
        sql::literal(table)
    );
    Some(renaming::inside(&text, (&rows, "attname"), from, to))
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let table = site.parent_path();
    let still_inherits = || {
        let parent = inherited_from(site)?.parent.as_ref()?;
        let table = site.other.get(site.object.parent.as_ref()?)?;
        Some(texts(table, "inherits").contains(&&*parent.path))
    };
    if is_typed(site) && is_typed_after(site)
        || !site.object.is("local") && still_inherits().unwrap_or(false)
    {
        // It goes with the parent's, or with the attribute.
        return vec![Statement::new("")];
    }
    let text = format!(
        "alter table if exists {table} drop column if exists {}",
        site.own_name()
    );
    if is_typed_after(site) {
        // The second time the type says which columns there are.
        let is_there = format!(
            "exists (select from pg_attribute where attrelid = to_regclass({}) and attname = {} and not attisdropped)",
            sql::literal(table),
            site.name_literal()
        );
        let statement = Statement::guarded(&is_there, &text);
        return vec![statement.lock(site, Lock::AccessExclusive, table)];
    }
    let statement = match anew::is_still_otherwise(site) {
        Some(condition) => Statement::guarded(&condition, &text),
        None => Statement::new(text),
    };
    let statement = statement.lock(site, Lock::AccessExclusive, table);
    vec![match anew::keeps_values(site) {
        true => statement.losing("drop-column"),
        false => statement,
    }]
}

/// Facts that are the column's own to change: others follow a parent's column or a type's attribute.
fn own_facts<'a>(site: &Site<'_>, there: &Object, facts: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let mut facts = facts.clone();
    facts.retain(|fact| {
        !(["type", "collation", "generated", "identity", "not_null"].contains(fact)
            && (*fact != "not_null" && is_typed(site) && is_typed_after(site)
                || comes_with_parents(site, there, fact)))
    });
    facts
}

/// Whether it is generated in the same way before and after, and Postgres can put another expression in place.
fn is_respelled(site: &Site<'_>, there: &Object) -> bool {
    let kind = |column: &Object| {
        let generated = column.text("generated")?.rsplit_once(' ');
        generated.map(|(_, kind)| kind.to_owned())
    };
    site.major >= 17 && kind(there).is_some() && kind(site.object) == kind(there)
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let facts = &own_facts(site, there, facts);
    if facts.is_empty() {
        return Alteration::Steps(vec![Statement::new("")]);
    }
    let is_kept = there.text("generated").is_some() && site.object.text("generated").is_none();
    let is_respelled = is_respelled(site, there);
    let present = Site {
        object: there,
        whole: site.other,
        other: site.whole,
        ..*site
    };
    let is_made_anew = facts.contains("generated") && !is_kept && !is_respelled;
    if is_made_anew || facts.contains("type") && holds_up(&present) {
        return Alteration::Replace;
    }
    let (table, name) = head_and_name(site.path());
    let locked = |statement: Statement| statement.lock(site, Lock::AccessExclusive, table);
    let mut statements = Vec::new();
    if facts.contains("generated") && is_kept {
        statements.push(locked(Statement::new(format!(
            "alter table {table} alter column {name} drop expression if exists"
        ))));
    }
    if facts.contains("identity") && site.object.text("identity").is_none() {
        statements.extend(type_change::leave_identity(site));
    }
    let retypes = facts.contains("type") || facts.contains("collation");
    if retypes && type_change::is_row_held(site) {
        return Alteration::Impossible(type_change::ROW_IS_HELD);
    }
    if retypes {
        statements.push(type_change::retype(site, there));
    }
    if facts.contains("generated") && is_respelled {
        statements.push(locked(respelled(site)).rewriting(site));
    }
    if facts.contains("not_null") {
        statements.extend(nullability::changed(site, facts.len() == 1));
    }
    if facts.contains("identity") {
        statements.extend(identified(site, there));
    }
    statements.extend(settings(site, Some((there, facts))));
    statements.extend(foreign_settings(site, there, facts));
    let statements = before_joining(site, statements);
    if retypes || facts.contains("generated") || !remakes(site, there).is_empty() {
        Alteration::Disturbing(statements)
    } else {
        Alteration::Steps(statements)
    }
}

/// What uses a sequence that another one takes the place of, as an identity or no longer as one; the column's default goes
/// anyway.
fn remakes(site: &Site<'_>, there: &Object) -> Vec<ObjectId> {
    if site.object.text("identity").is_some() == there.text("identity").is_some() {
        return Vec::new();
    }
    let live = site.other.children(&site.object.id).iter().copied();
    let mut sequences = live.chain(site.children_of("sequence"));
    let sequence = sequences.find(|child| child.id.class.as_str() == "sequence");
    let users = sequence.map_or(&[][..], |sequence| site.other.dependents(&sequence.id));
    let is_own = |user: &ObjectId| {
        let user = site.other.get(user);
        user.is_none_or(|user| user.parent.as_ref() == Some(&site.object.id))
    };
    let users = users.iter().copied().filter(|user| !is_own(user));
    users.cloned().collect()
}

/// Makes it an identity column, or one of the other kind.
fn identified(site: &Site<'_>, there: &Object) -> Option<Statement> {
    let (table, name) = head_and_name(site.path());
    let identity = site.object.text("identity")?;
    Some(match there.text("identity") {
        Some(_) => Statement::action(
            table,
            format!("alter column {name} set generated {identity}"),
        ),
        None => type_change::become_identity(site, &identity_clause(site, identity)),
    })
}

/// Another expression for a generated column, since 17.
fn respelled(site: &Site<'_>) -> Statement {
    let (table, name) = head_and_name(site.path());
    let generated = site.text("generated");
    let expression = generated
        .rsplit_once(' ')
        .map_or(generated, |(expression, _)| expression);
    Statement::new(format!(
        "alter table {table} alter column {name} set expression as ({expression})"
    ))
}

fn foreign_settings(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Vec<Statement> {
    if !facts.contains("foreign_options") {
        return Vec::new();
    }
    let (table, name) = head_and_name(site.path());
    let current = format!(
        "(select attfdwoptions from pg_attribute where attrelid = {}::regclass and attname = {})",
        sql::literal(table),
        site.name_literal()
    );
    let head = format!("alter foreign table {table} alter column {name}");
    vec![foreign_options::changed(
        &head,
        &current,
        "foreign_options",
        site.object,
        there,
    )]
}
