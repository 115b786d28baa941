//! Columns that come from a parent table or a type: they follow those, and may differ in a few facts.

use crate::classes::rules::{Section, Site, Statement, Whole, head_and_name, texts};
use crate::contract::{Object, ObjectId};
use crate::sql;

/// The same column of tables that inherit it, however many steps away.
pub(super) fn heirs(site: &Site<'_>) -> Vec<ObjectId> {
    let name = head_and_name(site.path()).1;
    let mut found = Vec::new();
    let mut pending: Vec<&ObjectId> = site.object.parent.iter().collect();
    while let Some(table) = pending.pop() {
        for child in site.whole.dependents(table) {
            let inherits = site
                .whole
                .get(child)
                .is_some_and(|child| texts(child, "inherits").contains(&&*table.path));
            if inherits {
                let id = ObjectId::new(
                    site.object.id.class.clone(),
                    format!("{}.{name}", child.path),
                );
                if !found.contains(&id) {
                    found.push(id);
                    pending.push(child);
                }
            }
        }
    }
    found
}

/// Whether a table that is there takes this one, or one under it, as its parent by the same plan: it would have to have
/// its checks.
pub(super) fn takes_heirs(site: &Site<'_>) -> bool {
    let is_under = |whole: &Whole<'_>, child: &ObjectId, table: &ObjectId| {
        let child = whole.get(child)?;
        Some(texts(child, "inherits").contains(&&*table.path))
    };
    let mut pending: Vec<&ObjectId> = site.object.parent.iter().collect();
    while let Some(table) = pending.pop() {
        for child in site.whole.dependents(table) {
            if is_under(site.whole, child, table) != Some(true) {
                continue;
            }
            if is_under(site.other, child, table) == Some(false) {
                return true;
            }
            pending.push(child);
        }
    }
    false
}

/// A column of the partition key cannot be dropped, nor get another type.
pub(super) fn holds_up(site: &Site<'_>) -> bool {
    let key = site.parent().and_then(|table| table.text("partition_key"));
    let name = head_and_name(site.path()).1;
    let is_part = |c: char| c.is_alphanumeric() || ['_', '$', '"'].contains(&c);
    key.is_some_and(|key| {
        key.match_indices(name).any(|(at, _)| {
            let (before, after) = (&key[..at], &key[at + name.len()..]);
            !before.ends_with(is_part) && !after.starts_with(is_part)
        })
    })
}

/// Whether the column is its parent's on both sides, and the parent's says the same of a fact.
pub(super) fn comes_with_parents(site: &Site<'_>, there: &Object, fact: &str) -> bool {
    let live = Site {
        object: there,
        whole: site.other,
        other: site.whole,
        ..*site
    };
    let theirs = above(&live);
    let mut kept = above(site).into_iter().filter_map(|wanted| {
        let live = theirs.iter().find(|live| live.id == wanted.id)?;
        Some((wanted, *live))
    });
    kept.any(|(wanted, live)| {
        wanted.facts.get(fact) == site.object.facts.get(fact)
            && wanted.facts.get(fact) != live.facts.get(fact)
    })
}

/// Whether the table gets the column from one it inherits from or is a partition of.
pub(in crate::classes) fn is_inherited(site: &Site<'_>) -> bool {
    inherited_from(site).is_some() && !site.object.is("local")
}

/// The parent's column of the same name.
pub(super) fn inherited_from<'a>(site: &Site<'a>) -> Option<&'a Object> {
    above(site).into_iter().next()
}

/// The columns of the same name that the parents have, in their order.
fn above<'a>(site: &Site<'a>) -> Vec<&'a Object> {
    let table = site
        .object
        .parent
        .as_ref()
        .and_then(|id| site.whole.get(id));
    let name = head_and_name(site.path()).1;
    let parents = table.map_or_else(Vec::new, |table| texts(table, "inherits"));
    let columns = parents.iter().filter_map(|parent| {
        let id = ObjectId::new(site.object.id.class.clone(), format!("{parent}.{name}"));
        site.whole.get(&id)
    });
    columns.collect()
}

/// The columns that hand theirs down to the same tables as this one.
fn beside<'a>(site: &Site<'a>) -> Vec<&'a Object> {
    let below = heirs(site);
    let heirs = below.iter().filter_map(|id| site.whole.get(id));
    let mut found: Vec<&Object> = heirs.flat_map(|heir| above(&site.at(heir))).collect();
    found.retain(|column| {
        let is_in_line = column.id == site.object.id || below.contains(&column.id);
        !is_in_line && !heirs_of(site, column).contains(&site.object.id)
    });
    found
}

fn heirs_of(site: &Site<'_>, column: &Object) -> Vec<ObjectId> {
    match site.whole.get(&column.id) {
        Some(column) => heirs(&site.at(column)),
        None => Vec::new(),
    }
}

/// Whether a table that has the column from here has it from elsewhere as well: the second time that is in the way.
pub(super) fn has_several_parents(site: &Site<'_>) -> bool {
    !beside(site).is_empty()
}

/// A new column that is handed down finds the type there that the others hand down.
pub(super) fn waits_for(site: &Site<'_>) -> Vec<ObjectId> {
    if site.other.get(&site.object.id).is_some() {
        return Vec::new();
    }
    let beside = beside(site).into_iter();
    let kept = beside.filter(|column| site.other.get(&column.id).is_some());
    kept.map(|column| column.id.clone()).collect()
}

/// What is handed down from elsewhere as well has one type: another one comes when that no longer is.
pub(super) fn goes_after(site: &Site<'_>) -> Vec<ObjectId> {
    if site.other.get(&site.object.id).is_none() {
        return Vec::new();
    }
    let beside = beside(site).into_iter();
    let gone = beside.filter(|column| site.other.get(&column.id).is_none());
    gone.map(|column| column.id.clone()).collect()
}

/// Statements of a column that is its parent's afterwards: the second time it is.
pub(super) fn before_joining(site: &Site<'_>, statements: Vec<Statement>) -> Vec<Statement> {
    if inherited_from(site).is_none() || !joins(site) {
        return statements;
    }
    let (table, name) = head_and_name(site.path());
    let is_own = format!(
        "not exists (select from pg_attribute where attrelid = to_regclass({}) and attname = {} and attinhcount > 0)",
        sql::literal(table),
        sql::literal(&sql::parts(name).concat())
    );
    let guarded =
        |statement: Statement| match statement.sql.starts_with("do ") || statement.sql.is_empty() {
            true => statement,
            false => Statement {
                sql: Statement::guarded(&is_own, &statement.sql).sql,
                inline: None,
                mergeable: None,
                section: Section::Transaction,
                ..statement
            },
        };
    statements.into_iter().map(guarded).collect()
}

/// Whether the table is there and takes the parent by the same plan: it has to have the columns before.
pub(super) fn joins(site: &Site<'_>) -> bool {
    let id = site.object.parent.as_ref();
    let there = id.and_then(|id| site.other.get(id));
    let parent = inherited_from(site).and_then(|column| column.parent.as_ref());
    match (there, parent) {
        (Some(there), Some(parent)) => {
            let is_kept = there.text("partition_key")
                == site.parent().and_then(|table| table.text("partition_key"));
            is_kept && !texts(there, "inherits").contains(&&*parent.path)
        }
        _ => false,
    }
}

/// Whether a table that is there gets the column by what it does to take a parent: it shall be that one's alone.
pub(in crate::classes) fn comes_late(site: &Site<'_>) -> bool {
    site.object.facts.get("local") == Some(&false.into())
        && site.object.text("identity").is_none()
        && is_of_one_side(site)
}

/// Whether it is on this side only, where the table has a parent for it that it does not have on the other.
pub(super) fn is_of_one_side(site: &Site<'_>) -> bool {
    let id = site.object.parent.as_ref();
    let there = id.and_then(|id| site.other.get(id));
    let is_part =
        |table: Option<&Object>| table.is_some_and(|table| table.text("partition_bound").is_some());
    there.is_some()
        && !is_part(there)
        && !is_part(site.parent())
        && site.other.get(&site.object.id).is_none()
        && joins(site)
}

pub(super) fn is_typed_after(site: &Site<'_>) -> bool {
    let table = site
        .object
        .parent
        .as_ref()
        .and_then(|id| site.other.get(id));
    table.is_some_and(|table| table.text("of_type").is_some())
}

/// Whether the table's type says which columns there are.
pub(super) fn is_typed(site: &Site<'_>) -> bool {
    let table = site.parent();
    table.is_some_and(|table| table.text("of_type").is_some())
}

pub(super) fn overrides(site: &Site<'_>, parent: &Object) -> Vec<Statement> {
    let (table, name) = head_and_name(site.path());
    let mut statements = Vec::new();
    if site.object.is("not_null") && !parent.is("not_null") {
        statements.push(super::named_not_null::statement(site));
    }
    let parent_default = site
        .whole
        .children(&parent.id)
        .iter()
        .any(|child| child.id.class.as_str() == "default");
    if parent_default && site.children_of("default").next().is_none() {
        statements.push(Statement::action(
            table,
            format!("alter column {name} drop default"),
        ));
    }
    statements
}
