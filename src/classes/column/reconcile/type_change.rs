//! Another type, or an identity, for a column that holds data.

use std::collections::BTreeSet;

use super::{has_several_parents, heirs};
use crate::classes::domain::reconcile::columns_within;
use crate::classes::rules::{Lock, Site, Statement, dollar_quoted, head_and_name};
use crate::classes::sequence::reconcile as sequences;
use crate::contract::{Object, ObjectId};
use crate::sql;

/// Types that take every value of another one as it is.
const WIDENING: &[(&str, &[&str])] = &[
    (
        "smallint",
        &[
            "integer",
            "bigint",
            "numeric",
            "real",
            "double precision",
            "text",
        ],
    ),
    (
        "integer",
        &["bigint", "numeric", "double precision", "text"],
    ),
    ("bigint", &["numeric", "text"]),
    ("real", &["double precision", "text"]),
    (
        "date",
        &[
            "timestamp without time zone",
            "timestamp with time zone",
            "text",
        ],
    ),
    ("uuid", &["text", "character varying"]),
    ("json", &["text"]),
    ("jsonb", &["text", "json"]),
    ("boolean", &["text"]),
    ("character varying", &["text", "character varying"]),
    ("text", &["character varying"]),
];

/// Why a column keeps its type.
pub(super) const ROW_IS_HELD: &str =
    "columns hold rows of its table, and Postgres changes no type that is stored in these";

/// Whether columns that stay hold rows of the column's table, or of one that has the column from there.
pub(super) fn is_row_held(site: &Site<'_>) -> bool {
    let heirs = heirs(site);
    let columns = heirs.iter().chain([&site.object.id]);
    let mut tables = columns.filter_map(|id| site.other.get(id)?.parent.as_ref());
    tables.any(|table| {
        let held = columns_within(site.other, table);
        held.iter()
            .any(|column| site.whole.get(&column.id).is_some())
    })
}

/// Changes type and collation in place.
pub(super) fn retype(site: &Site<'_>, there: &Object) -> Statement {
    let (table, name) = head_and_name(site.path());
    let (new, old) = (site.text("type"), there.text("type").unwrap_or_default());
    let collation = site
        .object
        .text("collation")
        .map_or_else(String::new, |name| format!(" collate {name}"));
    let mut text = format!("alter table {table} alter column {name} type {new}{collation}");
    if new != old {
        text += &using(name, old, new);
    }
    let is_awkward = gets_dependents(site) || has_several_parents(site);
    let statement = match is_awkward {
        true => Statement::guarded(&differs(site), &text),
        false => Statement::new(text),
    };
    let statement = statement.lock(site, Lock::AccessExclusive, table);
    let statement = if new == old || keeps_rows(old, new) {
        statement
    } else {
        statement.rewriting(site)
    };
    if new == old || loses_nothing(old, new) {
        return statement;
    }
    let statement = statement.can_fail(site, format!("where a value is no {new}"));
    if may_lose(old, new) {
        statement.losing("change-type")
    } else {
        statement
    }
}

/// Whether something comes to depend on the column, or on that of an heir, however many steps away: the second time it is
/// in the way. A generated column that is made anew the first time stays the second.
fn gets_dependents(site: &Site<'_>) -> bool {
    let heirs = heirs(site);
    let mut pending: Vec<&ObjectId> = heirs.iter().chain([&site.object.id]).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = pending.pop() {
        for other in site.whole.dependents(id) {
            if site.other.get(other).is_none() || other.class == site.object.id.class {
                return true;
            }
            if seen.insert(*other) {
                pending.push(other);
            }
        }
    }
    false
}

/// The condition that the column does not have the type and collation yet.
fn differs(site: &Site<'_>) -> String {
    let (table, name) = head_and_name(site.path());
    let collation = match site.object.text("collation") {
        Some(name) => format!("to_regcollation({})", sql::literal(name)),
        None => "(select t.typcollation from pg_type t where t.oid = a.atttypid)".to_owned(),
    };
    format!(
        "exists (select from pg_attribute a where a.attrelid = to_regclass({}) and a.attname = {} and (format_type(a.atttypid, a.atttypmod) <> {} or a.attcollation <> {collation}))",
        sql::literal(table),
        sql::literal(&sql::parts(name).concat()),
        sql::literal(site.text("type")),
    )
}

/// Assignment casts are left to Postgres: an explicit one would cut a text that is too long without a word.
fn using(name: &str, old: &str, new: &str) -> String {
    let (old_base, new_base) = (base(old), base(new));
    let is_text = |base: &str| ["text", "character varying", "character"].contains(&base);
    if old_base == new_base || is_text(new_base) {
        return String::new();
    }
    let is_number = |base: &str| {
        [
            "smallint",
            "integer",
            "bigint",
            "numeric",
            "real",
            "double precision",
        ]
        .contains(&base)
    };
    match (old_base, new_base) {
        (old, new) if is_number(old) && is_number(new) => String::new(),
        ("boolean", new) if is_number(new) => format!(" using {name}::integer::{new}"),
        (old, "boolean") if is_number(old) && old != "integer" => {
            format!(" using {name}::integer::boolean")
        }
        (old, _) if is_text(old) => format!(" using {name}::{new}"),
        (old, new_base) if has_cast(old, new_base) => format!(" using {name}::{new}"),
        _ => format!(" using {name}::text::{new}"),
    }
}

/// Casts from types whose text the other one does not read.
const CAST: &[(&str, &str)] = &[
    ("money", "numeric"),
    ("numeric", "money"),
    ("bit", "integer"),
    ("bit", "bigint"),
    ("integer", "bit"),
    ("bigint", "bit"),
    ("box", "point"),
    ("box", "polygon"),
    ("box", "circle"),
    ("circle", "point"),
    ("circle", "box"),
    ("circle", "polygon"),
    ("lseg", "point"),
    ("path", "polygon"),
    ("point", "box"),
    ("polygon", "point"),
    ("polygon", "box"),
    ("polygon", "circle"),
    ("polygon", "path"),
];

/// Casts that Postgres has without going through text.
fn has_cast(old: &str, new: &str) -> bool {
    let time = [
        "date",
        "timestamp without time zone",
        "timestamp with time zone",
        "time without time zone",
        "time with time zone",
    ];
    let json = ["json", "jsonb"];
    if CAST.contains(&(old, new)) {
        return true;
    }
    [&time[..], &json[..], &["integer", "boolean"][..]]
        .iter()
        .any(|family| family.contains(&old) && family.contains(&new))
}

/// The type without its modifier.
fn base(name: &str) -> &str {
    if name.starts_with("timestamp") || name.starts_with("time ") || name.starts_with("time(") {
        return match (
            name.starts_with("timestamp"),
            name.ends_with("with time zone") && !name.ends_with("without time zone"),
        ) {
            (true, true) => "timestamp with time zone",
            (true, false) => "timestamp without time zone",
            (false, true) => "time with time zone",
            (false, false) => "time without time zone",
        };
    }
    name.split('(').next().unwrap_or(name).trim_end()
}

/// The numbers in a type's modifier.
fn modifier(name: &str) -> Vec<i64> {
    let inside = name
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'));
    let numbers = inside.map_or("", |(numbers, _)| numbers);
    numbers
        .split(',')
        .filter_map(|number| number.trim().parse().ok())
        .collect()
}

fn loses_nothing(old: &str, new: &str) -> bool {
    let (old_base, new_base) = (base(old), base(new));
    let known = WIDENING
        .iter()
        .any(|(from, to)| *from == old_base && to.contains(&new_base))
        || old_base == new_base;
    let (had, has) = (modifier(old), modifier(new));
    known
        && match (had.as_slice(), has.as_slice()) {
            (_, []) => true,
            ([], _) => false,
            ([a], [b]) => b >= a,
            // Digits before and after the point.
            ([a, x], [b, y]) => b - y >= a - x && y >= x,
            _ => false,
        }
}

/// Whether Postgres changes the catalog alone (its `ATColumnChangeRequiresRewrite`).
fn keeps_rows(old: &str, new: &str) -> bool {
    let is_text = |base: &str| ["text", "character varying"].contains(&base);
    (is_text(base(old)) && is_text(base(new)) || base(old) == base(new) && base(old) == "numeric")
        && loses_nothing(old, new)
}

/// Whether a value may become another one instead of being refused: rounded, or cut to a day.
fn may_lose(old: &str, new: &str) -> bool {
    let (old_base, new_base) = (base(old), base(new));
    let is_text = |base: &str| ["text", "character varying"].contains(&base);
    let is_whole = |base: &str| ["smallint", "integer", "bigint"].contains(&base);
    let is_refused = is_whole(old_base) && is_whole(new_base)
        || is_text(old_base)
        || is_text(new_base) && old_base != "character";
    !is_refused
}

/// The condition that the next value is one that the sequence may give: outside of narrower bounds it starts again.
fn is_kept(sequence: &Object) -> String {
    let number = |fact: &str| {
        let number = sequence.facts.get(fact);
        number.map(ToString::to_string).unwrap_or_default()
    };
    format!("last between {} and {}", number("min"), number("max"))
}

/// A sequence of its own becomes the identity's: the next value is kept.
pub(super) fn become_identity(site: &Site<'_>, clause: &str) -> Statement {
    let (table, name) = head_and_name(site.path());
    let add = format!("alter table {table} alter column {name} add {clause}");
    let literal = sql::literal;
    let sequence = site
        .children_of("sequence")
        .next()
        .map_or("", |sequence| &sequence.id.path);
    let column = literal(&sql::parts(name).concat());
    let body = format!(
        "declare\n  last bigint;\n  called boolean;\nbegin\n  if (select attidentity from pg_attribute where attrelid = {}::regclass and attname = {column}) <> '' then\n    return;\n  end if;\n  alter table {table} alter column {name} drop default;\n  if to_regclass({}) is not null then\n    select last_value, is_called into last, called from {sequence};\n    drop sequence {sequence};\n  end if;\n  {add};\n  if {} then\n    perform setval({}, last, called);\n  end if;\nend",
        literal(table),
        literal(sequence),
        site.children_of("sequence")
            .next()
            .map_or_else(String::new, is_kept),
        literal(sequence),
    );
    let text = if sequence.is_empty() {
        add
    } else {
        format!("do {}", dollar_quoted(&body))
    };
    Statement::new(text).lock(site, Lock::AccessExclusive, table)
}

/// The identity's sequence becomes one of its own, where the contract has one of that name.
pub(super) fn leave_identity(site: &Site<'_>) -> Vec<Statement> {
    let (table, name) = head_and_name(site.path());
    let leave = format!("alter table {table} alter column {name} drop identity if exists");
    let own = site.children_of("sequence").next();
    let live = site.other.children(&site.object.id).iter();
    let mut live = live.filter(|child| child.id.class.as_str() == "sequence");
    // It may shall be nobody's.
    let kept = || live.find_map(|sequence| site.whole.get(&sequence.id));
    let Some(sequence) = own.or_else(kept) else {
        return vec![Statement::new(leave).lock(site, Lock::AccessExclusive, table)];
    };
    let path = &sequence.id.path;
    let owned = match own {
        Some(_) => sequences::given_to(path, &format!("{table}.{name}")) + "\n  ",
        None => String::new(),
    };
    let body = format!(
        "declare\n  last bigint;\n  called boolean;\nbegin\n  if (select attidentity from pg_attribute where attrelid = {}::regclass and attname = {}) = '' then\n    return;\n  end if;\n  if to_regclass({}) is not null then\n    select last_value, is_called into last, called from {path};\n  end if;\n  {leave};\n  create sequence {path} {};\n  {owned}if {} then\n    perform setval({}, last, called);\n  end if;\nend",
        sql::literal(table),
        sql::literal(&sql::parts(name).concat()),
        sql::literal(path),
        sequences::options(sequence),
        is_kept(sequence),
        sql::literal(path),
    );
    vec![Statement::new(format!("do {}", dollar_quoted(&body))).lock(
        site,
        Lock::AccessExclusive,
        table,
    )]
}
