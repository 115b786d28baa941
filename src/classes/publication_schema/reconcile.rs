//! Schemas of publications: put in and taken out.

use std::collections::BTreeSet;

use crate::classes::publication::reconcile::member_and_publication;
use crate::classes::rules::{Alteration, Rules, Site, Statement};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create: |site| change(site, "not ", "add"),
    drop: |site| change(site, "", "drop"),
    alter: |_, _, _: &BTreeSet<&str>| Alteration::Replace,
    is_harmless: true,
    ..Rules::NONE
};

fn change(site: &Site<'_>, not: &str, verb: &str) -> Vec<Statement> {
    let (schema, publication) = member_and_publication(site.object);
    let condition = format!("{not}{}", is_published(site.object));
    let text = format!("alter publication {publication} {verb} tables in schema {schema}");
    vec![Statement::guarded(&condition, &text)]
}

fn is_published(object: &Object) -> String {
    let (schema, publication) = member_and_publication(object);
    format!(
        "exists (select from pg_publication_namespace m join pg_publication p on p.oid = m.pnpubid where p.pubname = {} and m.pnnspid = to_regnamespace({}))",
        sql::literal(&sql::parts(publication).concat()),
        sql::literal(schema)
    )
}
