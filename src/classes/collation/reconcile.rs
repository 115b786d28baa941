//! Collations: a new one takes the old one's place, and columns go over to it.

use std::collections::BTreeSet;

use crate::classes::rules::{
    Alteration, Lock, Rules, Site, Statement, clauses, dollar_quoted, exists_in, head_and_name,
    plain_address,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create: |site| vec![Statement::new(definition(site, "if not exists "))],
    drop: |site| {
        vec![Statement::new(format!(
            "drop collation if exists {}",
            site.path()
        ))]
    },
    alter,
    address: |object| plain_address("collation", object),
    ..Rules::NONE
};

fn definition(site: &Site<'_>, once: &str) -> String {
    let mut parts = clauses(
        site.object,
        &[("provider", "provider"), ("deterministic", "deterministic")],
    );
    for (fact, word) in [
        ("locale", "locale"),
        ("collate", "lc_collate"),
        ("ctype", "lc_ctype"),
        ("rules", "rules"),
    ] {
        if let Some(value) = site.object.text(fact) {
            parts.push(format!("{word} = {}", sql::literal(value).trim_start()));
        }
    }
    format!(
        "create collation {once}{} ({})",
        site.path(),
        parts.join(", ")
    )
}

/// Columns that name the collation.
fn columns<'a>(site: &Site<'a>) -> Vec<&'a Object> {
    let dependents = site.other.dependents(&site.object.id).iter();
    let columns = dependents.filter(|id| id.class.as_str() == "column");
    columns.filter_map(|id| site.other.get(id)).collect()
}

fn alter(site: &Site<'_>, there: &Object, _: &BTreeSet<&str>) -> Alteration {
    let columns = columns(site);
    if columns.is_empty() {
        return Alteration::Replace;
    }
    let path = site.path();
    let (schema, name) = head_and_name(path);
    let aside = sql::identifier(&format!("{}_before", sql::parts(name).concat()));
    let mut body = format!(
        "begin\n  if not {} then\n    return;\n  end if;\n  alter collation {path} rename to {aside};\n  {};\n",
        is_still(path, there),
        definition(site, "")
    );
    for column in &columns {
        let (table, column_name) = head_and_name(&column.id.path);
        let kind = column.text("type").unwrap_or("text");
        let alter =
            format!("alter table {table} alter column {column_name} type {kind} collate {path};");
        let wanted = site.whole.get(&column.id);
        body += &match wanted.is_some_and(|wanted| wanted.text("collation") == Some(path)) {
            true => format!("  {alter}\n"),
            // It may have another one by then.
            false => format!(
                "  if exists (select from pg_attribute where attrelid = to_regclass({}) and attname = {} and attcollation = to_regcollation({})) then\n    {alter}\n  end if;\n",
                sql::literal(table),
                sql::literal(&sql::parts(column_name).concat()),
                sql::literal(&format!("{schema}.{aside}")),
            ),
        };
    }
    body += &format!("  drop collation {schema}.{aside};\nend");
    let mut statement = Statement::new(format!("do {}", dollar_quoted(&body)));
    if let Some(column) = columns.first() {
        let (table, _) = head_and_name(&column.id.path);
        statement = statement
            .lock(site, Lock::AccessExclusive, table)
            .scanning(site)
            .can_fail(site, "where a unique index sees values as equal");
    }
    Alteration::Swap(vec![statement])
}

/// The condition that the collation is as it was. Majors keep the locale in different columns, one of
/// which is called as nowhere else, so the row is asked for its values.
fn is_still(path: &str, there: &Object) -> String {
    let provider = match there.text("provider") {
        Some("icu") => "i",
        Some("builtin") => "b",
        _ => "c",
    };
    let mut and = format!(
        " and collprovider = '{provider}' and collisdeterministic = {}",
        there.is("deterministic")
    );
    for (fact, value) in [
        (
            "locale",
            "coalesce(to_jsonb(pg_collation) ->> 'colllocale', to_jsonb(pg_collation) ->> 'colliculocale', collcollate)",
        ),
        ("collate", "collcollate"),
        ("ctype", "collctype"),
        ("rules", "to_jsonb(pg_collation) ->> 'collicurules'"),
    ] {
        if let Some(text) = there.text(fact) {
            and += &format!(" and {value} = {}", sql::literal(text));
        } else if fact == "rules" {
            and += &format!(" and {value} is null");
        }
    }
    exists_in(path, "pg_collation", "coll", &and)
}
