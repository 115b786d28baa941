//! Grants: set to what the contract says, what it does not say is revoked.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

mod chain;

use super::system;
use crate::classes::Class;
use crate::classes::policy::reconcile::role;
use crate::classes::rules::{
    Alteration, Rules, Site, Statement, THIS_DATABASE, Whole, in_this_database,
    split_outside_quotes, texts, while_role,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    goes_along: true,
    is_harmless: true,
    waits_for: chain::waits_for,
    goes_after: chain::goes_after,
    ..Rules::NONE
};

/// What is granted, on what and to whom, as SQL says it.
#[derive(Clone)]
struct Grant {
    /// The column in parentheses, for grants on one.
    column: String,
    target: String,
    grantee: String,
    /// Whose it is, where known.
    owner: Option<String>,
}

fn grant(site: &Site<'_>) -> Option<Grant> {
    let own = site.path();
    let Some(parent) = site.parent() else {
        return alone(own);
    };
    let after = &own[own.find(&*parent.id.path)? + parent.id.path.len()..];
    let (column, grantee) = split_outside_quotes(after, " to ")?;
    let class = Class::named(parent.id.class.as_str())?;
    let is_column = class.rules.granted_as.is_none();
    let (target, column) = match is_column {
        true => {
            let (table, name) = crate::classes::rules::head_and_name(&parent.id.path);
            (format!("table {table}"), format!(" ({name})"))
        }
        false => {
            let column = column
                .strip_prefix('.')
                .map_or_else(String::new, |name| format!(" ({name})"));
            (
                format!("{} {}", class.rules.granted_as?, parent.id.path),
                column,
            )
        }
    };
    let grantee = match grantee {
        "(owner)" => owner_of(site, parent)?,
        "PUBLIC" => "public".to_owned(),
        name => name.to_owned(),
    };
    Some(Grant {
        column,
        target,
        grantee,
        owner: owner_of(site, parent),
    })
}

/// A grant on what is no object: a language or parameter of the server.
fn alone(path: &str) -> Option<Grant> {
    let (target, grantee) = split_outside_quotes(path, " to ")?;
    Some(Grant {
        column: String::new(),
        target: target.to_owned(),
        owner: None,
        grantee: match grantee {
            "PUBLIC" => "public".to_owned(),
            name => name.to_owned(),
        },
    })
}

/// The owner as the contract has it, which an owned sequence has from its table.
fn owner_of(site: &Site<'_>, object: &Object) -> Option<String> {
    let mut at = Some(object);
    while let Some(object) = at {
        let owner = site
            .whole
            .children(&object.id)
            .iter()
            .find_map(|child| child.text("owner"));
        if let Some(owner) = owner {
            return Some(sql::identifier(owner));
        }
        at = object.parent.as_ref().and_then(|id| site.whole.get(id));
    }
    None
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let mut statements = Vec::new();
    if system::is_on_system(site.path(), Some(site.object)) {
        return system::statements(site.path(), &[], &site.list("privileges"));
    }
    let Some(grant) = grant(site) else {
        return statements;
    };
    if site.object.facts.contains_key("grantors") {
        return by_grantors(site.object, &grant);
    }
    if is_owners(site) || takes_away(site) {
        statements.push(revoke_all(&grant));
    }
    statements.extend(privileges(&grant, &site.list("privileges")));
    statements
}

/// Each grantor's part, granted as the grantor.
fn by_grantors(object: &Object, grant: &Grant) -> Vec<Statement> {
    let grantors = object.facts.get("grantors").and_then(Value::as_object);
    let mut statements = Vec::new();
    for (grantor, list) in grantors.into_iter().flatten() {
        let list: Vec<&str> = list
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let grant = Grant {
            column: grant.column.clone(),
            target: grant.target.clone(),
            grantee: grant.grantee.clone(),
            owner: None,
        };
        statements.extend(as_grantor(grantor, privileges(&grant, &list)));
    }
    statements
}

/// What others than the owner granted is theirs to take back.
fn revoke_by_grantors(object: &Object, grant: &Grant) -> Vec<Statement> {
    let grantors = object.facts.get("grantors").and_then(Value::as_object);
    let others = grantors.into_iter().flatten();
    others
        .flat_map(|(grantor, _)| chain::taken_back(grantor, grant, vec![revoke_all(grant)]))
        .collect()
}

fn as_grantor(grantor: &str, statements: Vec<Statement>) -> Vec<Statement> {
    if grantor == "(owner)" {
        return statements;
    }
    let mut all = vec![Statement::new(format!(
        "set role {}",
        sql::identifier(grantor)
    ))];
    all.extend(statements);
    all.push(Statement::new("reset role"));
    all
}

fn is_owners(site: &Site<'_>) -> bool {
    site.path().ends_with(" to (owner)")
}

/// Nothing granted on a language of the server says that PUBLIC lost what it has by default.
fn takes_away(site: &Site<'_>) -> bool {
    site.path().starts_with("language ") && site.list("privileges").is_empty()
}

fn revoke_all(grant: &Grant) -> Statement {
    let Grant {
        column,
        target,
        grantee,
        ..
    } = grant;
    if target == THIS_DATABASE {
        return in_this_database("revoke all on database ", &format!(" from {grantee}"));
    }
    let revoke = format!("revoke all{column} on {target} from {grantee}");
    if target.starts_with("language ") {
        // Nothing is granted on one that is not trusted, nor can it be revoked.
        return where_it_is(
            target,
            "pg_language",
            "lanname",
            " and lanpltrusted",
            &revoke,
        );
    }
    match target.starts_with("parameter ") {
        // Anybody but a superuser is told in a warning that nothing was done.
        true => Statement::new(revoke).unrehearsed(),
        false => where_it_is_had(target, revoke),
    }
}

/// A statement about a tablespace, which another server such as the scratch may not have.
fn where_it_is_had(target: &str, statement: String) -> Statement {
    match target.starts_with("tablespace ") {
        true => where_it_is(target, "pg_tablespace", "spcname", "", &statement),
        false => Statement::new(statement),
    }
}

fn where_it_is(target: &str, catalog: &str, column: &str, and: &str, statement: &str) -> Statement {
    let (_, name) = split_outside_quotes(target, " ").unwrap_or_default();
    let name = sql::literal(&sql::parts(name).concat());
    let condition = format!("exists (select from {catalog} where {column} = {name}{and})");
    Statement::guarded(&condition, statement)
}

/// What is taken away of a whole table is taken of its columns too (documentation, `revoke`): what the contract grants
/// on columns that are there comes back.
fn on_columns(site: &Site<'_>, whole: &Grant, expected: &Whole<'_>) -> Vec<Statement> {
    let table = site.object.parent.as_ref();
    if !whole.column.is_empty() || !whole.target.starts_with("table ") {
        return Vec::new();
    }
    let own = table
        .map_or(&[][..], |table| expected.children(table))
        .iter();
    let is_on_both = |object: &&&Object| {
        site.whole.get(&object.id).is_some() && site.other.get(&object.id).is_some()
    };
    let of_columns = own
        .clone()
        .filter(is_on_both)
        .flat_map(|column| expected.children(&column.id));
    let grants = own.chain(of_columns).filter_map(|object| {
        let there = Site {
            object,
            whole: expected,
            ..*site
        };
        let is_grant = object.id.class == site.object.id.class;
        let grant = is_grant.then(|| grant(&there)).flatten()?;
        let is_same = grant.grantee == whole.grantee && !grant.column.is_empty();
        is_same.then(|| privileges(&grant, &there.list("privileges")))
    });
    grants.flatten().collect()
}

/// Privileges with and without the right to pass them on.
fn privileges(grant: &Grant, list: &[&str]) -> Vec<Statement> {
    let Grant {
        column,
        target,
        grantee,
        owner,
    } = grant;
    let mut by_option: BTreeMap<bool, Vec<String>> = BTreeMap::new();
    for privilege in list {
        let bare = privilege.strip_suffix(" WITH GRANT OPTION");
        let name = bare.unwrap_or(privilege).to_lowercase();
        by_option
            .entry(bare.is_some())
            .or_default()
            .push(format!("{name}{column}"));
    }
    by_option
        .into_iter()
        .flat_map(|(with_option, names)| {
            let option = if with_option {
                " with grant option"
            } else {
                ""
            };
            let names = names.join(", ");
            if target == THIS_DATABASE {
                return vec![in_this_database(
                    &format!("grant {names} on database "),
                    &format!(" to {grantee}{option}"),
                )];
            }
            let grant = format!("grant {names} on {target} to {grantee}{option}");
            let grant = where_it_is_had(target, grant);
            // Who is in the grantee's role as well would grant it as the grantee, to itself.
            let owner = owner
                .as_deref()
                .filter(|owner| with_option && !owner.starts_with("pg_"));
            match owner {
                Some(owner) => as_grantor(&sql::parts(owner).concat(), vec![grant]),
                None => vec![grant],
            }
        })
        .collect()
}

/// Who the object shall belong to.
fn next_owner(site: &Site<'_>) -> Option<String> {
    let object = site.other.get(site.object.parent.as_ref()?)?;
    let after = Site {
        whole: site.other,
        other: site.whole,
        ..*site
    };
    owner_of(&after, object)
}

/// What is left to the owner by default is all; anybody else is left nothing.
fn drop(site: &Site<'_>) -> Vec<Statement> {
    if system::is_on_system(site.path(), Some(site.object)) {
        return system::statements(site.path(), &site.list("privileges"), &[]);
    }
    let Some(grant) = grant(site) else {
        return Vec::new();
    };
    match is_owners(site) || takes_away(site) {
        true => vec![Statement::new(format!(
            "grant all on {} to {}",
            // The second time it would be somebody else's already.
            grant.target,
            next_owner(site).unwrap_or(grant.grantee)
        ))],
        // With its new owner's rights a grant to that one goes; the second time it would be those.
        false if next_owner(site).as_ref() == Some(&grant.grantee) => vec![Statement::new("")],
        false => {
            let mut statements = revoke_by_grantors(site.object, &grant);
            statements.push(match chain::is_part(site.object) {
                true => chain::while_held(&grant, revoke_all(&grant)),
                false => revoke_all(&grant),
            });
            statements.extend(on_columns(site, &grant, site.other));
            while_role(site, &grant.grantee, statements)
        }
    }
}

fn alter(site: &Site<'_>, there: &Object, _: &BTreeSet<&str>) -> Alteration {
    let Some(grant) = grant(site) else {
        return Alteration::Steps(Vec::new());
    };
    let (wanted, live) = (site.list("privileges"), texts(there, "privileges"));
    if system::is_on_system(site.path(), Some(site.object)) {
        return Alteration::Steps(system::statements(site.path(), &live, &wanted));
    }
    let mut statements = Vec::new();
    let is_chained = chain::is_part(there) || chain::is_part(site.object);
    if site.parent().is_some() && is_chained {
        return Alteration::Steps(chain::changed(site, there, &grant));
    }
    // Less than there is: taken back first, the right to pass on with it.
    if live.iter().any(|privilege| !wanted.contains(privilege)) {
        statements.push(revoke_all(&grant));
        statements.extend(on_columns(site, &grant, site.whole));
        statements.extend(privileges(&grant, &wanted));
    } else {
        let new: Vec<&str> = wanted
            .iter()
            .filter(|privilege| !live.contains(privilege))
            .copied()
            .collect();
        statements.extend(privileges(&grant, &new));
    }
    Alteration::Steps(statements)
}

/// Takes from a new object what default privileges gave without a word and the contract does not grant.
pub(in crate::classes) fn without_defaults(site: &Site<'_>, kind: &str) -> Vec<Statement> {
    let Some(class) = Class::named(site.object.id.class.as_str()) else {
        return Vec::new();
    };
    let Some(word) = class.rules.granted_as else {
        return Vec::new();
    };
    let mut given: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    if ["function", "procedure", "type", "language"].contains(&kind) {
        given.entry("PUBLIC".to_owned()).or_default().insert("");
    }
    let listed = match kind {
        "procedure" => "functions".to_owned(),
        kind => format!("{kind}s"),
    };
    for default in &site.whole.default_grants {
        let path = &default.id.path;
        let Some((at, grantee)) = split_outside_quotes(path, " to ") else {
            continue;
        };
        if at.ends_with(&format!(" on {listed}")) && grantee != "(owner)" {
            given
                .entry(grantee.to_owned())
                .or_default()
                .extend(texts(default, "privileges"));
        }
    }
    let owner = owner_of(site, site.object);
    given.retain(|grantee, privileges| {
        if Some(grantee) == owner.as_ref() {
            return false;
        }
        let wanted = granted_to(site, grantee);
        wanted.is_empty()
            || !privileges.iter().all(|one| {
                // What others were given in turn hangs on the right to pass it on.
                let passed_on = format!("{one} WITH GRANT OPTION");
                one.is_empty() || wanted.contains(one) || wanted.contains(&&*passed_on)
            })
    });
    let roles: Vec<String> = given
        .into_keys()
        .map(|name| {
            if name == "PUBLIC" {
                role("PUBLIC")
            } else {
                name
            }
        })
        .collect();
    if roles.is_empty() {
        return Vec::new();
    }
    vec![Statement::new(format!(
        "revoke all on {word} {} from {}",
        site.path(),
        roles.join(", ")
    ))]
}

/// What the contract grants somebody on the object.
fn granted_to<'a>(site: &Site<'a>, grantee: &str) -> Vec<&'a str> {
    let suffix = format!(" to {grantee}");
    let grants = site.children_of("grant");
    grants
        .filter(|grant| grant.id.path.ends_with(&suffix))
        .flat_map(|grant| {
            let list = grant.facts.get("privileges").and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str)
        })
        .collect()
}
