//! Range types: nothing of one can be altered, so a new one takes the old one's place.

use std::collections::BTreeSet;

use crate::classes::base_type::reconcile::{drop_type, made_with, shell};
use crate::classes::column::reconcile::columns_of_type;
use crate::classes::function::reconcile::create as create_function;
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::rules::{
    Alteration, Lock, Rules, Site, Statement, clauses, dollar_quoted, exists_in, head_and_name,
    plain_address,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| drop_type(site, "'r'", ""),
    alter,
    address: |object| plain_address("type", object),
    granted_as: Some("type"),
    // A function that spells its values alike takes the type before there is one.
    absorbs: |site| made_with(site).iter().map(|f| f.id.clone()).collect(),
    ..Rules::NONE
};

const CLAUSES: &[(&str, &str)] = &[
    ("subtype", "subtype"),
    ("operator_class", "subtype_opclass"),
    ("collation", "collation"),
    ("canonical", "canonical"),
    ("difference", "subtype_diff"),
    ("multirange", "multirange_type_name"),
];

fn create(site: &Site<'_>) -> Vec<Statement> {
    let functions = made_with(site);
    let mut statements = Vec::new();
    if !functions.is_empty() {
        statements.push(shell(site));
        for function in functions {
            statements.extend(create_function(&site.at(function)));
        }
    }
    let is_there = exists_in(site.path(), "pg_type", "typ", " and typisdefined");
    statements.push(Statement::guarded(
        &format!("not {is_there}"),
        &definition(site),
    ));
    statements.extend(without_defaults(site, "type"));
    statements
}

fn definition(site: &Site<'_>) -> String {
    let mut known = clauses(site.object, CLAUSES);
    if site.major < 14 {
        known.retain(|clause| !clause.starts_with("multirange_type_name"));
    }
    format!(
        "create type {} as range ({})",
        site.path(),
        known.join(", ")
    )
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let canonical = facts.contains("canonical") || !made_with(site).is_empty();
    let names = [site.object, there].map(|object| object.text("multirange"));
    match names {
        [Some(wanted), Some(live)] if facts.len() == 1 && wanted != live => {
            Alteration::Steps(rename_multirange(live, wanted))
        }
        // Its functions know the type by name: they have to go and come with it.
        _ if canonical => Alteration::Replace,
        _ => Alteration::Swap(vec![swap(site, facts)]),
    }
}

fn rename_multirange(live: &str, wanted: &str) -> Vec<Statement> {
    let ((schema, name), (new_schema, new_name)) = (head_and_name(live), head_and_name(wanted));
    let is_there = exists_in(live, "pg_type", "typ", " and typtype = 'm'");
    let mut change = Vec::new();
    if name != new_name {
        change.push(format!("alter type {live} rename to {new_name}"));
    }
    if schema != new_schema {
        change.push(format!(
            "alter type {schema}.{new_name} set schema {new_schema}"
        ));
    }
    vec![Statement::guarded(&is_there, &change.join(";\n    "))]
}

/// The old type, its multirange and their constructors step aside, columns go over by way of text.
fn swap(site: &Site<'_>, facts: &BTreeSet<&str>) -> Statement {
    let path = site.path();
    let (schema, name) = head_and_name(path);
    let aside = format!("{}_before", sql::parts(name).concat());
    let old = sql::qualified(&[&sql::parts(schema).concat(), &aside]);
    let mut body = format!(
        "declare\n  part record;\nbegin\n  if not {} then\n    return;\n  end if;\n",
        differs(site, facts)
    );
    body += &format!(
        "  for part in
    select d.classid, d.objid::regprocedure as signature, t.typname, t.typnamespace::regnamespace as home
    from pg_depend d
    left join pg_type t on d.classid = 'pg_type'::regclass and t.oid = d.objid and t.typtype = 'm'
    where d.refclassid = 'pg_type'::regclass
      and d.deptype = 'i'
      and d.refobjid in (
        select {literal}::regtype::oid
        union all
        select m.objid from pg_depend m
        join pg_type t on t.oid = m.objid and t.typtype = 'm'
        where m.classid = 'pg_type'::regclass and m.refclassid = 'pg_type'::regclass
          and m.refobjid = {literal}::regtype and m.deptype = 'i'
      )
      and (d.classid = 'pg_proc'::regclass or t.oid is not null)
    order by t.oid is not null
  loop
    if part.typname is null then
      execute format('alter function %s rename to %I', part.signature, {aside_literal});
    else
      execute format('alter type %s.%I rename to %I', part.home, part.typname, {aside_multirange});
    end if;
  end loop;
  alter type {path} rename to {};
  {};\n",
        sql::identifier(&aside),
        definition(site),
        literal = sql::literal(path),
        aside_literal = sql::literal(&aside),
        aside_multirange = sql::literal(&format!("{aside}_multi")),
    );
    let columns = columns_of_type(site.other, &site.object.id);
    for column in &columns {
        let (table, column_name) = head_and_name(&column.id.path);
        let kind = column.text("type").unwrap_or(path);
        body += &format!(
            "  alter table {table} alter column {column_name} type {kind} using {column_name}::text::{kind};\n"
        );
    }
    body += &format!("  drop type {old};\nend");
    let mut statement = Statement::new(format!("do {}", dollar_quoted(&body)));
    if let Some(column) = columns.first() {
        let (table, _) = head_and_name(&column.id.path);
        statement = statement
            .lock(site, Lock::AccessExclusive, table)
            .rewriting(site)
            .can_fail(site, "where a value is no value of the new type");
    }
    statement
}

/// Whether the type that is there is still the old one.
fn differs(site: &Site<'_>, facts: &BTreeSet<&str>) -> String {
    let conditions = facts.iter().map(|fact| {
        let value = site.object.text(fact);
        let literal = sql::literal(value.unwrap_or_default());
        let of_class = |name: &str| exists_in(name, "pg_opclass", "opc", " and oid = r.rngsubopc");
        match (*fact, value) {
            ("subtype", _) => format!("r.rngsubtype <> {literal}::regtype"),
            ("operator_class", Some(name)) => format!("not {}", of_class(name)),
            ("collation", Some(_)) => format!("r.rngcollation <> to_regcollation({literal})"),
            ("collation", None) => {
                "r.rngcollation <> (select typcollation from pg_type where oid = r.rngsubtype)"
                    .to_owned()
            }
            ("difference", Some(_)) => format!("r.rngsubdiff <> {literal}::regproc"),
            ("difference", None) => "r.rngsubdiff <> 0".to_owned(),
            _ => "false".to_owned(),
        }
    });
    let conditions: Vec<String> = conditions.collect();
    format!(
        "exists (select from pg_range r where r.rngtypid = {}::regtype and ({}))",
        sql::literal(site.path()),
        conditions.join(" or ")
    )
}
