//! Extensions: made in their schema, moved to another one where they can be.

use std::collections::BTreeSet;

use crate::classes::Class;
use crate::classes::rules::{
    Alteration, Rules, Site, Statement, Whole, dollar_quoted, plain_address,
};
use crate::contract::{ClassName, Object, ObjectId};
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("extension", object),
    is_harmless: true,
    // It moves out of a schema that goes.
    lets_go: |site, other| {
        let wanted = site.other.get(&site.object.id);
        other.id.class.as_str() == "schema"
            && wanted.is_some_and(|wanted| wanted.text("schema") != site.object.text("schema"))
    },
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let (name, schema) = (site.path(), site.text("schema"));
    let version = site.object.text("version").map(sql::identifier);
    let version = version.map_or(String::new(), |version| format!(" version {version}"));
    vec![Statement::new(format!(
        "create extension if not exists {name} with schema {schema}{version}"
    ))]
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![Statement::new(format!(
        "drop extension if exists {}",
        site.path()
    ))]
}

/// One that is not relocatable refuses to move; then nothing but making it anew helps, which loses what uses it.
fn alter(site: &Site<'_>, _: &Object, _: &BTreeSet<&str>) -> Alteration {
    let (name, schema) = (site.path(), site.text("schema"));
    Alteration::Steps(vec![Statement::new(format!(
        "alter extension {name} set schema {schema}"
    ))])
}

/// Takes an object that there shall be out of the extension that it belongs to in live.
pub(crate) fn release(id: &ObjectId, wanted: &Whole<'_>, present: &Whole<'_>) -> Option<Statement> {
    let extension = common(present.contract.members.get(id)?, wanted, present)?;
    Some(membership(extension, wanted.get(id)?, "drop"))
}

/// Puts an object that live has into the extension that it shall belong to.
pub(crate) fn join(id: &ObjectId, wanted: &Whole<'_>, present: &Whole<'_>) -> Option<Statement> {
    let extension = common(wanted.contract.members.get(id)?, wanted, present)?;
    Some(membership(extension, present.get(id)?, "add"))
}

/// Where an extension comes or goes, so does what belongs to it. The language that every database has is no object.
fn common<'a>(extension: &'a str, wanted: &Whole<'_>, present: &Whole<'_>) -> Option<&'a str> {
    if extension == "plpgsql" {
        return Some(extension);
    }
    let id = ObjectId::new(ClassName::new("extension"), extension);
    (wanted.get(&id).is_some() && present.get(&id).is_some()).then_some(extension)
}

/// One that is not in it cannot leave it, one that is cannot be added: then it has happened.
fn membership(extension: &str, object: &Object, verb: &str) -> Statement {
    let class = Class::named(object.id.class.as_str());
    let address = class.map_or_else(String::new, |class| (class.rules.address)(object));
    let body = format!(
        "begin\n  alter extension {extension} {verb} {address};\nexception\n  when object_not_in_prerequisite_state or undefined_object or undefined_function or undefined_table then null;\nend"
    );
    // In a scratch extensions are the superuser's.
    Statement::new(format!("do {}", dollar_quoted(&body))).unrehearsed()
}
