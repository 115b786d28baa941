//! Default privileges: set to what the contract says for one role, schema, kind and grantee.

use std::collections::BTreeSet;

use crate::classes::rules::{Alteration, Rules, Site, Statement, split_outside_quotes};
use crate::contract::Object;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    goes_along: true,
    is_harmless: true,
    ..Rules::NONE
};

/// `alter default privileges for role … [in schema …]`, the kind of objects, and the grantee.
struct Target<'a> {
    head: String,
    kind: &'a str,
    grantee: &'a str,
    is_everywhere: bool,
}

fn target<'a>(site: &Site<'a>) -> Option<Target<'a>> {
    let (place, grantee) = split_outside_quotes(site.path(), " to ")?;
    let (place, kind) = split_outside_quotes(place, " on ")?;
    let (role, schema) = match split_outside_quotes(place, " in ") {
        Some((role, schema)) => (role, format!(" in schema {schema}")),
        None => (place, String::new()),
    };
    let grantee = match grantee {
        "(owner)" => role,
        "PUBLIC" => "public",
        name => name,
    };
    Some(Target {
        head: format!("alter default privileges for role {role}{schema}"),
        kind,
        grantee,
        is_everywhere: schema.is_empty(),
    })
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let Some(Target {
        head,
        kind,
        grantee,
        ..
    }) = target(site)
    else {
        return Vec::new();
    };
    let mut statements = vec![Statement::new(format!(
        "{head} revoke all on {kind} from {grantee}"
    ))];
    for with_option in [false, true] {
        let suffix = " WITH GRANT OPTION";
        let names: Vec<String> = site
            .list("privileges")
            .into_iter()
            .filter(|privilege| privilege.ends_with(suffix) == with_option)
            .map(|privilege| privilege.trim_end_matches(suffix).to_lowercase())
            .collect();
        if !names.is_empty() {
            let option = if with_option {
                " with grant option"
            } else {
                ""
            };
            statements.push(Statement::new(format!(
                "{head} grant {} on {kind} to {grantee}{option}",
                names.join(", ")
            )));
        }
    }
    statements
}

/// A row that lists a loss goes by giving back what is built in; any other by taking all.
fn drop(site: &Site<'_>) -> Vec<Statement> {
    let Some(target) = target(site) else {
        return Vec::new();
    };
    let Target {
        head,
        kind,
        grantee,
        is_everywhere,
    } = target;
    let is_owners = site.path().ends_with(" to (owner)");
    let is_publics = grantee == "public" && is_everywhere && ["functions", "types"].contains(&kind);
    vec![Statement::new(match is_owners || is_publics {
        true => format!("{head} grant all on {kind} to {grantee}"),
        false => format!("{head} revoke all on {kind} from {grantee}"),
    })]
}

fn alter(site: &Site<'_>, _: &Object, _: &BTreeSet<&str>) -> Alteration {
    Alteration::Steps(create(site))
}
