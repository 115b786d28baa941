//! Advice on functions and procedures: what they find by name, and who calls them with their owner's rights.

use super::CLASS;
use crate::classes::advice::{Advice, Needs, Outlook, Rule, in_words};
use crate::classes::foreign_table::advice::revoked;
use crate::classes::rules::texts;
use crate::classes::{CodeEntry, Severity, policy, procedure};
use crate::contract::Object;
use crate::sql;

pub(in crate::classes) const RULES: &[Rule] = &[
    Rule {
        codes: &[CodeEntry {
            code: "lint-function-search-path",
            severity: Severity::Warning,
            meaning: "A function finds tables and functions along the caller's search_path. One with its owner's rights can be made to call what somebody else put there; a note where it has the caller's rights.",
            help: "Best set search_path for the function to nothing, and qualify every name in it: `public.orders`, `auth.uid()`. The statement lets it find what it finds as a rule; add the schemas of extensions that it uses. A function in SQL with a setting is not taken into the query that calls it: leave small ones as they are.",
        }],
        needs: Needs::Contract,
        about: "functions that find names along the caller's search_path",
        look: search_paths,
    },
    Rule {
        codes: &[
            CodeEntry {
                code: "lint-definer-function-anon",
                severity: Severity::Warning,
                meaning: "A function of an API schema runs with its owner's rights, past policies, and whoever has the public key may call it.",
                help: "Take execute away from everybody and grant it to those who are meant; or let it run with the caller's rights. One that policies call has to stay executable: move it into a schema that the API does not serve, and mend what else calls it by name. Where everybody is meant, see that it checks what it is given, and ignore this with that reason.",
            },
            CodeEntry {
                code: "lint-definer-function-authenticated",
                severity: Severity::Note,
                meaning: "A function of an API schema runs with its owner's rights, past policies, and whoever signed in may call it. That may be meant: then it has to check itself who asks.",
                help: "See that it checks who asks (`auth.uid()`); else take execute away from everybody and grant it to those who are meant, or let it run with the caller's rights. One that policies call has to stay executable: move it into a schema that the API does not serve.",
            },
        ],
        needs: Needs::ApiRoles,
        about: "which functions requests call with their owners' rights",
        look: definers,
    },
];

/// Languages whose functions look nothing up by name while they run.
const COMPILED: [&str; 2] = ["c", "internal"];

fn routines<'a>(outlook: &Outlook<'a>) -> impl Iterator<Item = (&'a Object, &'static str)> {
    let functions = outlook.ours(&CLASS).map(|object| (object, "function"));
    let procedures = outlook.ours(&procedure::CLASS);
    functions.chain(procedures.map(|object| (object, "procedure")))
}

fn search_paths(outlook: &Outlook<'_>) -> Vec<Advice> {
    routines(outlook)
        .filter(|(object, _)| !COMPILED.contains(&object.text("language").unwrap_or_default()))
        .filter(|(object, _)| {
            let settings = texts(object, "settings");
            !settings.iter().any(|one| one.starts_with("search_path="))
        })
        .map(|(object, noun)| {
            let path = &object.id.path;
            let (whose, severity) = match object.is("security_definer") {
                true => ("its owner's", Severity::Warning),
                false => ("the caller's", Severity::Note),
            };
            let message = format!(
                "{noun} {path} runs with {whose} rights and finds names along the caller's search_path"
            );
            Advice::on(object, "lint-function-search-path", message)
                .with_severity(severity)
                .about("settings")
                .remedy(format!("alter {noun} {path} set search_path = {};", found_in(object)))
        })
        .collect()
}

/// Where a function as it is finds its names: what somebody else puts into a temporary schema comes last.
fn found_in(object: &Object) -> String {
    let own = object.schema.as_deref().unwrap_or("public");
    let mut schemas = vec![sql::identifier(own)];
    if own != "public" {
        schemas.push("public".to_owned());
    }
    schemas.push("pg_temp".to_owned());
    schemas.join(", ")
}

fn definers(outlook: &Outlook<'_>) -> Vec<Advice> {
    let helpers = policy::advice::helpers(outlook);
    routines(outlook)
        .filter(|(object, _)| object.is("security_definer") && is_callable(object))
        .filter_map(|(object, noun)| {
            let path = &object.id.path;
            let roles = outlook.who_reaches(object, &["EXECUTE"]);
            let is_helper = helpers.contains(&policy::advice::called(&object.id));
            let code = match roles.contains(&outlook.api().visitor.as_str()) {
                true => "lint-definer-function-anon",
                false => "lint-definer-function-authenticated",
            };
            let too = if is_helper { ", as policies do" } else { "" };
            let message = format!(
                "{} may call {noun} {path}, which runs with its owner's rights{too}",
                in_words(&roles)
            );
            let remedy = match is_helper {
                true => moved_aside(path, noun),
                false => revoked_from(outlook, path, noun, &roles),
            };
            (!roles.is_empty()).then(|| {
                Advice::on(object, code, message)
                    .about("security_definer")
                    .remedy(remedy)
            })
        })
        .collect()
}

/// Policies go on calling what was moved, and need whoever they hold for to be able to execute it.
fn moved_aside(path: &str, noun: &str) -> String {
    format!("create schema if not exists private;\nalter {noun} {path} set schema private;")
}

/// From visitors; from the others where it is about them. Those may have had it through everybody.
fn revoked_from(outlook: &Outlook<'_>, path: &str, noun: &str, roles: &[&str]) -> String {
    let visitor = outlook.api().visitor.as_str();
    let revoke =
        |roles: &[&str]| format!("revoke execute on {noun} {path} from {};", revoked(roles));
    let others: Vec<&str> = roles
        .iter()
        .copied()
        .filter(|role| *role != visitor)
        .collect();
    if !roles.contains(&visitor) || others.is_empty() {
        return revoke(roles);
    }
    let others: Vec<String> = others.into_iter().map(sql::identifier).collect();
    let grant = format!("grant execute on {noun} {path} to {};", others.join(", "));
    format!("{}\n{grant}", revoke(&[visitor]))
}

/// Functions of triggers are called by what they belong to alone.
fn is_callable(object: &Object) -> bool {
    !matches!(object.text("returns"), Some("trigger" | "event_trigger"))
}
