//! Tables of publications: taken out and put in again where columns or rows differ.

use std::collections::BTreeSet;

use crate::classes::publication::reconcile::member_and_publication;
use crate::classes::rules::{Alteration, Lock, Rules, Site, Statement};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter: |_, _, _: &BTreeSet<&str>| Alteration::Replace,
    is_harmless: true,
    ..Rules::NONE
};

fn is_published(object: &Object) -> String {
    let (table, publication) = member_and_publication(object);
    format!(
        "exists (select from pg_publication_rel r join pg_publication p on p.oid = r.prpubid where p.pubname = {} and r.prrelid = to_regclass({}))",
        sql::literal(&sql::parts(publication).concat()),
        sql::literal(table)
    )
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let (table, publication) = member_and_publication(site.object);
    let columns: Vec<String> = site
        .list("columns")
        .into_iter()
        .map(sql::identifier)
        .collect();
    // Without `only`, tables that inherit from it would come along.
    let mut text = format!("alter publication {publication} add table only {table}");
    if !columns.is_empty() {
        text += &format!(" ({})", columns.join(", "));
    }
    if let Some(filter) = site.object.text("row_filter") {
        text += &format!(" where ({filter})");
    }
    let missing = format!("not {}", is_published(site.object));
    vec![Statement::guarded(&missing, &text).lock(site, Lock::ShareUpdateExclusive, table)]
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let (table, publication) = member_and_publication(site.object);
    let text = format!("alter publication {publication} drop table only {table}");
    vec![Statement::guarded(&is_published(site.object), &text)]
}
