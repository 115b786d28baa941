//! Functions: they are what the contract says, those may execute them who should, and the safe ones answer.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::catalog::{Catalog, Function};
use super::probe::{Kind, Probe, Seen, Way};
use super::reach::{broken, late};
use super::session::{Actor, Session};
use super::settings::{Call, Settings};
use crate::classes::ExposedFunction;
use crate::contract::{ClassName, ObjectId};
use crate::error::Result;
use crate::sql::{identifier, literal, parts, qualified};

/// Functions held against the contract: there, with that signature, for those roles.
pub(super) fn compare(
    expected: &[ExposedFunction],
    settings: &Settings,
    catalog: &Catalog,
) -> Vec<Probe> {
    let served = expected
        .iter()
        .filter(|function| catalog.schemas.contains(&function.schema));
    served
        .flat_map(|wanted| {
            let found = catalog.functions.get(&wanted.id);
            let mut probes = vec![signature(wanted, found)];
            if let Some(found) = found {
                let may = |role: &str| is_meant_for(wanted, found, catalog, role);
                probes.extend(executors(found, settings, may));
            }
            for probe in &mut probes {
                probe.location.clone_from(&wanted.location);
            }
            probes
        })
        .collect()
}

/// Functions whose executors the configuration names, where there is no contract to say so.
pub(super) fn configured(
    settings: &Settings,
    catalog: &Catalog,
    known: &BTreeSet<&ObjectId>,
) -> Vec<Probe> {
    let functions = catalog.functions.values();
    let unknown = functions.filter(|function| !known.contains(&function.id));
    unknown
        .flat_map(|function| {
            let name = name_of(&function.id.path);
            let mut patterns = settings.executors.iter();
            let named = patterns.find(|(pattern, _)| {
                pattern.matches_text(&function.id.path) || pattern.matches_text(name)
            });
            named.map_or(Vec::new(), |(_, roles)| {
                executors(function, settings, |role| {
                    roles.iter().any(|one| one == role)
                })
            })
        })
        .collect()
}

/// Calls those that are safe to call. Whatever they do, they do it in a transaction that cannot write.
pub(super) async fn call(
    session: &mut Session,
    settings: &Settings,
    call: &Call,
) -> Result<Vec<Probe>> {
    let usual = [settings.roles.service.clone()];
    let roles = if call.roles.is_empty() {
        &usual[..]
    } else {
        &call.roles
    };
    let name = parts(name_of(&call.function));
    let (schema, query) = match name.as_slice() {
        [name] => (
            "public".to_owned(),
            invocation(&["public".to_owned(), name.clone()], call),
        ),
        _ => (name[0].clone(), invocation(&name, call)),
    };
    let what = ObjectId::new(ClassName::new("function"), call.function.as_str());
    let mut probes = Vec::new();
    for role in roles {
        let actor = Actor {
            role,
            claims: call.claims.clone(),
        };
        let answer = session.try_as(&actor, &schema, &query).await?;
        let seen = match &answer.rows {
            Ok(_) => Seen::passed(""),
            Err(trouble) if trouble.is_late() => late(trouble),
            Err(trouble) if trouble.is_write() => Seen::unproven(format!(
                "it writes, which smoke never lets a function do: {}",
                trouble.message
            )),
            Err(trouble) if trouble.is_denied() => Seen::failed(
                "smoke-call-failed",
                format!("{role} is denied: {}", trouble.message),
            ),
            Err(trouble) if trouble.state == "42883" => Seen::failed(
                "smoke-function-missing",
                format!("no function takes these arguments: {}", trouble.message),
            ),
            Err(trouble) => Seen {
                code: Some("smoke-call-failed"),
                ..broken(trouble)
            },
        };
        probes.push(seen.probe(Kind::Call, Way::Sql, role, &what, answer.took));
    }
    Ok(probes)
}

fn signature(wanted: &ExposedFunction, found: Option<&Function>) -> Probe {
    let seen = match found {
        None => Seen::failed(
            "smoke-function-missing",
            "the contract has it, the database has not",
        ),
        Some(found) if found.arguments != wanted.arguments => Seen::failed(
            "smoke-function-changed",
            format!(
                "it takes ({}), and ({}) in the contract",
                found.arguments, wanted.arguments
            ),
        ),
        Some(found) if found.returns != wanted.returns => Seen::failed(
            "smoke-function-changed",
            format!(
                "it returns {}, and {} in the contract",
                found.returns, wanted.returns
            ),
        ),
        Some(_) => Seen::passed(""),
    };
    seen.probe(Kind::Signature, Way::Sql, "", &wanted.id, Duration::ZERO)
}

/// Rights come by grant, to everybody, as the owner, and from roles that one is in.
fn is_meant_for(wanted: &ExposedFunction, found: &Function, catalog: &Catalog, role: &str) -> bool {
    let granted = wanted.executors.iter().any(|grantee| match grantee {
        None => true,
        Some(grantee) => catalog.has_rights_of(role, grantee),
    });
    granted || catalog.has_rights_of(role, &found.owner)
}

fn executors(
    function: &Function,
    settings: &Settings,
    is_meant: impl Fn(&str) -> bool,
) -> Vec<Probe> {
    let roles = settings.roles.all().into_iter();
    roles
        .map(|role| {
            let seen = match (is_meant(role), function.executors.contains(role)) {
                (true, true) => Seen::passed("it may, and should"),
                (false, false) => Seen::passed("it may not, and should not"),
                (false, true) => Seen::failed(
                    "smoke-function-open",
                    format!("{role} may execute it, and should not"),
                ),
                (true, false) => Seen::failed(
                    "smoke-function-closed",
                    format!("{role} may not execute it, and should"),
                ),
            };
            seen.probe(Kind::Execute, Way::Sql, role, &function.id, Duration::ZERO)
        })
        .collect()
}

/// A call with arguments by name, as PostgREST makes it; texts find their types themselves.
fn invocation(name: &[String], call: &Call) -> String {
    let arguments = call
        .arguments
        .iter()
        .map(|(name, value)| format!("{} => {}", identifier(name), value_of(value)));
    let arguments: Vec<String> = arguments.collect();
    format!(
        "select 1 from {}({}) limit 1",
        qualified(name),
        arguments.join(", ")
    )
}

/// A value of the configuration as a literal without a type.
pub(super) fn value_of(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => literal(&value.to_string()),
        Value::String(text) => literal(text),
        // Scalars in a list are an array; anything else is JSON.
        Value::Array(items)
            if items
                .iter()
                .all(|item| !item.is_array() && !item.is_object()) =>
        {
            let items: Vec<String> = items.iter().map(value_of).collect();
            match items.is_empty() {
                true => "'{}'".to_owned(),
                false => format!("array[{}]", items.join(", ")),
            }
        }
        Value::Array(_) | Value::Object(_) => literal(&value.to_string()),
    }
}

/// A function's name without the types of its arguments.
pub(super) fn name_of(path: &str) -> &str {
    path.split_once('(').map_or(path, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_of_the_configuration_become_literals() {
        assert_eq!(value_of(&json!("it's")), "'it''s'");
        assert_eq!(value_of(&json!(5)), "'5'");
        assert_eq!(value_of(&json!(["a", "b"])), "array['a', 'b']");
        assert_eq!(value_of(&json!({"a": 1})), "'{\"a\":1}'");
    }
}
