//! Columns of a type that is made anew: they are carried over to it.

use super::inheritance::{holds_up, is_inherited};
use crate::classes::rules::{Site, Whole, head_and_name};
use crate::contract::{Object, ObjectId};
use crate::sql;

/// Columns of a present type, arrays of it included.
pub(in crate::classes) fn columns_of_type<'a>(
    present: &Whole<'a>,
    id: &ObjectId,
) -> Vec<&'a Object> {
    let columns = present
        .dependents(id)
        .iter()
        .filter(|other| other.class.as_str() == "column");
    columns
        .filter_map(|other| present.get(other))
        .filter(|column| {
            column
                .text("type")
                .is_some_and(|text| text.trim_end_matches("[]") == &*id.path)
        })
        .collect()
}

/// Takes the columns of a type that was put aside over to the one that has its name now, those that have it still.
pub(in crate::classes) fn carry_over(
    site: &Site<'_>,
    columns: &[&Object],
    aside: &str,
    through: &str,
) -> String {
    let live = Site {
        whole: site.other,
        other: site.whole,
        ..*site
    };
    let mut body = String::new();
    for column in columns
        .iter()
        .filter(|column| !is_inherited(&live.at(column)))
    {
        let (table, name) = head_and_name(&column.id.path);
        let is_array = column.text("type").is_some_and(|text| text.ends_with("[]"));
        let suffix = if is_array { "[]" } else { "" };
        let path = site.path();
        body += &format!(
            "    if exists (select from pg_attribute where attrelid = to_regclass({}) and attname = {} and atttypid = {}::regtype) then\n      alter table {table} alter column {name} type {path}{suffix} using {name}::{through}{suffix}::{path}{suffix};\n    end if;\n",
            sql::literal(table),
            sql::literal(&sql::parts(name).concat()),
            sql::literal(&format!("{aside}{suffix}")),
        );
    }
    body
}

/// Whether a column of a type is part of a partition key: it cannot be taken over.
pub(in crate::classes) fn is_in_partition_key(site: &Site<'_>, columns: &[&Object]) -> bool {
    let live = Site {
        whole: site.other,
        other: site.whole,
        ..*site
    };
    columns.iter().any(|column| holds_up(&live.at(column)))
}
