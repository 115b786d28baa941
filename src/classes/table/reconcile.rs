//! Tables: made with their columns, altered in place, attached and detached; never dropped for a change of shape.

mod ancestry;
mod persistence;
mod readiness;
mod stand_in;

use std::collections::{BTreeMap, BTreeSet};

use crate::classes::column::reconcile as columns;
use crate::classes::constraint::enforcement;
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Lock, Rules, Site, Statement, Territory, drop_while, head_and_name, is_relation,
    plain_address, texts,
};
use crate::contract::{Object, ObjectId};
use crate::sql;

pub(in crate::classes) use ancestry::{ancestry, table as table_of};

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("table", object),
    granted_as: Some("table"),
    disturbance: |_| crate::classes::Disturbance::Survives,
    data: |_| Some("drop-table"),
    absorbs,
    rename: |from, to| renaming::relation("table", from, to),
    likeness: crate::classes::Likeness::Parts,
    outline: unbound,
    lets_go: ancestry::leaves,
    territory: Territory::of_partition,
    remains,
    awaits: persistence::awaits,
    arrived,
    ..Rules::NONE
};

/// Why columns do not come into another order.
pub(in crate::classes) const ORDER_STAYS: &str =
    "columns keep their place: only a new table has another order";

/// Why the columns of a new partition do not come in an order of its own.
const ORDER_OF_A_PART: &str = "the columns of a new partition stand as in what it is a part of: only one that is attached has another order";

/// The order that columns get as they come and go, and columns that become the table's own.
pub(in crate::classes) fn remains(
    site: &Site<'_>,
    there: &Object,
    turn: &dyn Fn(&ObjectId) -> Option<usize>,
) -> Vec<(ObjectId, &'static str)> {
    if turn(&site.object.id).is_some() {
        let differs =
            order_of_part(site, turn).is_some_and(|order| order != site.list("column_order"));
        let told = differs.then(|| (site.object.id.clone(), ORDER_OF_A_PART));
        return told.into_iter().collect();
    }
    let loose = ancestry::come_loose(site, there).into_iter();
    let mut told: Vec<_> = loose.map(|id| (id, columns::STAYS_LOCAL)).collect();
    let (wanted, after) = (site.list("column_order"), order_after(site, there, turn));
    if wanted.len() == after.len() && wanted != after {
        told.push((site.object.id.clone(), ORDER_STAYS));
    }
    told
}

/// The order of the columns of a table that stays, once the plan is through.
fn order_after<'a>(
    site: &Site<'a>,
    there: &'a Object,
    turn: &dyn Fn(&ObjectId) -> Option<usize>,
) -> Vec<&'a str> {
    let made = |column: &&Object| {
        let name = sql::parts(&column.id.path).pop()?;
        Some((name, turn(&column.id)?))
    };
    let made: BTreeMap<String, usize> = columns::in_order(site).iter().filter_map(made).collect();
    let wanted = site.list("column_order");
    let live = texts(there, "column_order").into_iter();
    let stay = live.filter(|name| wanted.contains(name) && !made.contains_key(*name));
    let mut after: Vec<&str> = stay.collect();
    let come = wanted.iter().filter(|name| made.contains_key(**name));
    let mut come: Vec<&str> = come.copied().collect();
    come.sort_by_key(|name| made[*name]);
    after.extend(come);
    after
}

/// The order of the columns that a new partition comes with: that of what it is a part of. None for another table.
fn order_of_part<'a>(
    site: &Site<'a>,
    turn: &dyn Fn(&ObjectId) -> Option<usize>,
) -> Option<Vec<&'a str>> {
    site.object.text("partition_bound")?;
    let whole = site.whole.get(&table_of(site.list("inherits").first()?))?;
    let above = site.at(whole);
    Some(match (turn(&whole.id), site.other.get(&whole.id)) {
        (None, Some(there)) => order_after(&above, there, turn),
        _ => order_of_part(&above, turn).unwrap_or_else(|| above.list("column_order")),
    })
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let mut statements = vec![Statement::new(definition(site))];
    statements.extend(without_defaults(site, "table"));
    let path = site.path();
    for (fact, words) in [
        ("row_security", "enable row level security"),
        ("force_row_security", "force row level security"),
    ] {
        if site.object.is(fact) {
            statements.push(Statement::action(path, words));
        }
    }
    for column in inline_columns(site) {
        if site.whole.is_bundle {
            // The table may be there without it.
            let add = format!(
                "add column if not exists {}",
                columns::definition(&site.at(column))
            );
            statements.push(Statement::action(path, add));
        }
        statements.extend(columns::settings(&site.at(column), None));
    }
    if let Some(identity) = site
        .object
        .text("replica_identity")
        .filter(|text| !text.starts_with("index "))
    {
        statements.push(Statement::action(
            path,
            format!("replica identity {identity}"),
        ));
    }
    statements.extend(enforcement::of_new_partition(site));
    statements
}

fn definition(site: &Site<'_>) -> String {
    let object = site.object;
    let unlogged = if site.text("persistence") == "unlogged" {
        "unlogged "
    } else {
        ""
    };
    let mut text = format!("create {unlogged}table if not exists {}", site.path());
    let parents = site.list("inherits");
    match (object.text("partition_bound"), object.text("of_type")) {
        (Some(bound), _) => {
            text += &format!(" partition of {} {bound}", parents.first().unwrap_or(&""));
        }
        (None, Some(of_type)) => text += &format!(" of {of_type}"),
        (None, None) => text += &column_list(site),
    }
    if !parents.is_empty() && object.text("partition_bound").is_none() {
        text += &format!(" inherits ({})", parents.join(", "));
    }
    if let Some(key) = object.text("partition_key") {
        text += &format!(" partition by {key}");
    }
    if let Some(method) = object.text("access_method") {
        text += &format!(" using {method}");
    }
    let options = site.list("options");
    if !options.is_empty() {
        text += &format!(" with ({})", options.join(", "));
    }
    if let Some(tablespace) = object.text("tablespace") {
        text += &format!(" tablespace {tablespace}");
    }
    text
}

/// The columns that the statement makes, in parentheses.
pub(in crate::classes) fn column_list(site: &Site<'_>) -> String {
    let own: Vec<String> = inline_columns(site)
        .iter()
        .map(|column| columns::definition(&site.at(column)))
        .collect();
    if own.is_empty() {
        " ()".to_owned()
    } else {
        format!(" (\n  {}\n)", own.join(",\n  "))
    }
}

/// Columns that stand in `create table`: all that come first and need nothing that needs the table.
fn inline_columns<'a>(site: &Site<'a>) -> Vec<&'a Object> {
    if site.object.text("of_type").is_some() || site.object.text("partition_bound").is_some() {
        return Vec::new();
    }
    let own = columns::in_order(site);
    let own = own
        .into_iter()
        .filter(|column| !columns::is_inherited(&site.at(column)));
    own.take_while(|column| {
        let needs = site
            .whole
            .contract
            .needs
            .get(&column.id)
            .into_iter()
            .flatten();
        // What a generated column is made of stands before it or beside it.
        let is_beside = |need: &ObjectId| {
            let object = site.whole.get(need);
            object.is_some_and(|object| object.parent.as_ref() == Some(&site.object.id))
        };
        let mut needs = needs.filter(|need| **need != site.object.id && !is_beside(need));
        !needs.any(|need| site.whole.reaches(need, &site.object.id))
    })
    .collect()
}

pub(in crate::classes) fn absorbs(site: &Site<'_>) -> Vec<ObjectId> {
    let mut absorbed = Vec::new();
    for column in inline_columns(site) {
        absorbed.push(column.id.clone());
        absorbed.extend(columns::absorbs(&site.at(column)));
    }
    absorbed
}

/// Without the foreign keys by which tables hold each other.
fn unbound(site: &Site<'_>) -> Option<Statement> {
    let keys: Vec<String> = site
        .children_of("constraint")
        .filter(|constraint| constraint.text("kind") == Some("foreign key"))
        .map(|key| format!("drop constraint if exists {}", site.at(key).own_name()))
        .collect();
    let drop = format!("alter table if exists {} {}", site.path(), keys.join(", "));
    (!keys.is_empty()).then(|| Statement::new(drop))
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let path = site.path();
    if let Some(wanted) = site.other.get(&site.object.id)
        && wanted.text("partition_key") != site.object.text("partition_key")
    {
        // The second time it would take the rows of the new one.
        let is_old = format!(
            "exists (select from pg_class where oid = to_regclass({}) and pg_get_partkeydef(oid) is distinct from {})",
            sql::literal(path),
            wanted
                .text("partition_key")
                .map_or("null".to_owned(), sql::literal)
        );
        let drop = Statement::guarded(&is_old, &format!("drop table {path}"));
        return vec![drop.lock(site, Lock::AccessExclusive, path)];
    }
    let mut statements: Vec<Statement> = ancestry::left_for_good(site).into_iter().collect();
    statements.push(
        drop_while(site, "table", &is_relation(site, "'r', 'p'")).lock(
            site,
            Lock::AccessExclusive,
            path,
        ),
    );
    statements
}

/// The condition that a table is there which was not, or was parted in another way.
fn arrived(site: &Site<'_>) -> Option<String> {
    let Some(live) = site.other.get(&site.object.id) else {
        return Some(is_relation(site, "'r', 'p'"));
    };
    let key = site.object.text("partition_key");
    (live.text("partition_key") != key).then(|| {
        format!(
            "exists (select from pg_class where oid = to_regclass({}) and pg_get_partkeydef(oid) is not distinct from {})",
            sql::literal(site.path()),
            key.map_or("null".to_owned(), sql::literal)
        )
    })
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if facts.contains("partition_key") {
        return Alteration::Replace;
    }
    if facts.contains("detaching") && site.object.is("detaching") {
        return Alteration::Impossible("a detach that was broken off is nothing to bring about");
    }
    let path = site.path();
    let object = site.object;
    let mut statements = Vec::new();
    let mut switch = |fact: &str, on: &str, off: &str| {
        if facts.contains(fact) {
            let is_on = object.is(fact);
            let statement = Statement::action(path, if is_on { on } else { off });
            let statement = statement.lock(site, Lock::AccessExclusive, path);
            statements.push(if is_on { statement.first() } else { statement });
        }
    };
    switch(
        "row_security",
        "enable row level security",
        "disable row level security",
    );
    switch(
        "force_row_security",
        "force row level security",
        "no force row level security",
    );
    statements.extend(kept_otherwise(site, facts));
    if facts.contains("options") {
        statements.extend(changed_options(
            site,
            there,
            "options",
            &format!("alter table {path}"),
        ));
    }
    if facts.contains("replica_identity") {
        statements.push(replica_identity(site).unwrap_or_else(|| Statement::new("")));
    }
    if facts.contains("of_type") {
        statements.push(match object.text("of_type") {
            Some(name) => Statement::action(path, format!("of {name}")),
            None => Statement::guarded(
                &format!(
                    "(select reloftype <> 0 from pg_class where oid = {}::regclass)",
                    sql::literal(path)
                ),
                &format!("alter table {path} not of"),
            ),
        });
    }
    statements.extend(parted_otherwise(site, there, facts));
    Alteration::Steps(statements)
}

/// What a table is a part of, and which constraints of that hold on it.
fn parted_otherwise(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Vec<Statement> {
    let mut statements = Vec::new();
    if ["inherits", "partition_bound", "detaching"]
        .iter()
        .any(|fact| facts.contains(fact))
    {
        statements.extend(ancestry(site, there));
        statements.extend(enforcement::of_new_partition(site));
    }
    if facts.contains("unenforced") {
        statements.extend(enforcement::of_partition(site, there));
        // Where the constraint itself changes nothing is left to do.
        statements.push(Statement::new(""));
    }
    statements
}

/// Statements that write the table anew in another place or way.
fn kept_otherwise(site: &Site<'_>, facts: &BTreeSet<&str>) -> Vec<Statement> {
    let (path, object) = (site.path(), site.object);
    let mut changes = Vec::new();
    if facts.contains("persistence") {
        let is_unlogged = site.text("persistence") == "unlogged";
        let word = if is_unlogged { "unlogged" } else { "logged" };
        let turns = persistence::in_turn(site).into_iter();
        changes.extend(turns.map(|table| (table, word.to_owned())));
    }
    if facts.contains("access_method") && site.major >= 15 {
        let method = object.text("access_method").unwrap_or("heap");
        changes.push((path.to_owned(), format!("access method {method}")));
    }
    if facts.contains("tablespace") {
        let space = object.text("tablespace").unwrap_or("pg_default");
        changes.push((path.to_owned(), format!("tablespace {space}")));
    }
    changes
        .into_iter()
        .map(|(table, change)| {
            Statement::new(format!("alter table {table} set {change}"))
                .lock(site, Lock::AccessExclusive, &table)
                .rewriting(site)
        })
        .collect()
}

/// An index that is made by the same plan sets the identity itself. One that is there already serves once its columns
/// are as they shall be.
fn replica_identity(site: &Site<'_>) -> Option<Statement> {
    let identity = site.object.text("replica_identity").unwrap_or("default");
    let Some(index) = identity.strip_prefix("index ") else {
        return Some(Statement::action(
            site.path(),
            format!("replica identity {identity}"),
        ));
    };
    let name = |object: &Object| sql::parts(&object.id.path).pop();
    let index_name = sql::parts(index).concat();
    let is_it = |child: &&&Object| {
        ["index", "constraint"].contains(&child.id.class.as_str())
            && name(child).as_deref() == Some(&index_name)
    };
    let mut children = site.other.children(&site.object.id).iter();
    let there = children.find(is_it)?;
    let stays = site
        .whole
        .get(&there.id)
        .is_some_and(|wanted| wanted.facts == there.facts);
    let waits = is_filled_later(site);
    let head = format!("alter table {} ", site.path());
    let action = format!("replica identity using index {index}");
    let statement = match stays {
        true => Statement::action(site.path(), action),
        // It may be made anew, and sets the identity then.
        false => {
            let (schema, _) = head_and_name(site.path());
            let serves = format!(
                "exists (select from pg_index i where i.indexrelid = to_regclass({}) and i.indrelid = {}::regclass and i.indisunique and i.indimmediate and i.indisvalid and i.indpred is null and not exists (select from unnest(i.indkey[:i.indnkeyatts - 1]) k left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k where a.attnotnull is not true))",
                sql::literal(&format!("{schema}.{index}")),
                sql::literal(site.path())
            );
            Statement::guarded(&serves, &(head + &action))
        }
    };
    let statement = statement.late();
    Some(match waits {
        true => {
            let inline = statement.sql.clone();
            statement.after(inline)
        }
        false => statement,
    })
}

/// Whether a column of the table becomes not null, which it is only after the transaction.
pub(in crate::classes) fn is_filled_later(site: &Site<'_>) -> bool {
    let is_filled = |column: &Object| {
        let there = site.other.get(&column.id);
        column.is("not_null") && there.is_some_and(|there| !there.is("not_null"))
    };
    site.children_of("column").any(is_filled)
}

/// Storage parameters: what is gone is reset, what is new or differs is set.
pub(in crate::classes) fn changed_options(
    site: &Site<'_>,
    there: &Object,
    fact: &str,
    head: &str,
) -> Vec<Statement> {
    let (wanted, live) = (site.list(fact), texts(there, fact));
    let name = |option: &&str| option.split('=').next().unwrap_or_default().to_owned();
    let kept: BTreeSet<String> = wanted.iter().map(name).collect();
    let gone: Vec<String> = live
        .iter()
        .map(name)
        .filter(|name| !kept.contains(name))
        .collect();
    let new: Vec<&str> = wanted
        .iter()
        .filter(|option| !live.contains(option))
        .copied()
        .collect();
    let mut statements = Vec::new();
    if !gone.is_empty() {
        statements.push(Statement::new(format!(
            "{head} reset ({})",
            gone.join(", ")
        )));
    }
    if !new.is_empty() {
        statements.push(Statement::new(format!("{head} set ({})", new.join(", "))));
    }
    statements
}
