//! Advice on policies: what they trust, what they cost, and whether they hold anybody back.

use std::collections::{BTreeMap, BTreeSet};

use super::CLASS;
use crate::classes::advice::{
    Advice, Needs, Outlook, Rule, expression::Call, expression::Parsed, in_words,
};
use crate::classes::rules::{head_and_name, texts};
use crate::classes::{CodeEntry, Severity, function, role, table};
use crate::contract::{Object, ObjectId};
use crate::sql;

pub(in crate::classes) const RULES: &[Rule] = &[
    Rule {
        codes: &[CodeEntry {
            code: "lint-policy-user-metadata",
            severity: Severity::Error,
            meaning: "A policy goes by user metadata, which whoever signed in can write for themselves: they choose what they may see.",
            help: "Go by app_metadata, which only servers write, or by a table with policies of its own.",
        }],
        needs: Needs::Contract,
        about: "policies that go by what users write themselves",
        look: user_metadata,
    },
    Rule {
        codes: &[CodeEntry {
            code: "lint-policy-per-row-call",
            severity: Severity::Warning,
            meaning: "A policy calls auth.uid() or the like for every row, though it is the same for all of them.",
            help: "Call it in a subquery, `(select auth.uid())`: that is evaluated once.",
        }],
        needs: Needs::Contract,
        about: "policies that ask for every row who it is",
        look: per_row_calls,
    },
    Rule {
        codes: &[CodeEntry {
            code: "lint-policies-many-permissive",
            severity: Severity::Warning,
            meaning: "Several permissive policies of a table hold for the same role and command: each is evaluated for every row, and a row passes that one of them lets through.",
            help: "Make one policy of them, with `or`; or say `to` for whom each is, where these are different people.",
        }],
        needs: Needs::Contract,
        about: "permissive policies that do the same work twice",
        look: many_permissive,
    },
    Rule {
        codes: &[CodeEntry {
            code: "lint-policy-always-true",
            severity: Severity::Warning,
            meaning: "A policy lets everybody that it is for write or delete any row: its condition is true whatever the row.",
            help: "Say whose rows these are. Where everybody is meant, as for a contact form, ignore this with that reason.",
        }],
        needs: Needs::Contract,
        about: "policies that let any row be written",
        look: always_true,
    },
];

/// The conditions of a policy, parsed.
fn conditions(policy: &Object) -> Vec<(&'static str, Parsed)> {
    let facts = ["using", "check"].into_iter();
    facts
        .filter_map(|fact| Some((fact, Parsed::expression(policy.text(fact)?)?)))
        .collect()
}

/// Keys of tokens, and a column of auth.users, that users write themselves (Supabase documentation, "Row Level Security").
const WRITTEN_BY_USERS: (&str, &str) = ("user_metadata", "raw_user_meta_data");

fn user_metadata(outlook: &Outlook<'_>) -> Vec<Advice> {
    let functions: BTreeMap<String, &Object> = outlook
        .all(&function::CLASS)
        .filter(|function| body_reads_metadata(function))
        .map(|function| (called(&function.id), function))
        .collect();
    let mut advice = Vec::new();
    for policy in outlook.ours(&CLASS) {
        for (fact, parsed) in conditions(policy) {
            let calls = parsed.calls();
            let through = calls.iter().find_map(|call| functions.get(&call.name));
            let message = match (reads_metadata(&parsed), through) {
                (true, _) => format!(
                    "policy {} goes by user metadata, which users write themselves",
                    policy.id.path
                ),
                (false, Some(function)) => format!(
                    "policy {} goes by user metadata, which users write themselves, through {}",
                    policy.id.path, function.id.path
                ),
                (false, None) => continue,
            };
            advice.push(Advice::on(policy, "lint-policy-user-metadata", message).about(fact));
            break;
        }
    }
    advice
}

/// The names of functions that policies call.
pub(in crate::classes) fn helpers(outlook: &Outlook<'_>) -> BTreeSet<String> {
    let conditions = outlook.all(&CLASS).flat_map(conditions);
    let calls = conditions.flat_map(|(_, parsed)| parsed.calls());
    calls.map(|call| call.name).collect()
}

/// A function's name as a call has it.
pub(in crate::classes) fn called(id: &ObjectId) -> String {
    let name = id.path.split('(').next().unwrap_or_default();
    sql::parts(name).join(".")
}

fn reads_metadata(parsed: &Parsed) -> bool {
    let (key, column) = WRITTEN_BY_USERS;
    let reads_token = || {
        let calls = parsed.calls();
        calls
            .iter()
            .any(|call| call.name == "auth.jwt" || call.name.ends_with("current_setting"))
    };
    let is_key = |text: &&str| {
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| word == key)
    };
    let mut columns = parsed.columns().into_iter();
    columns.any(|names| names.last() == Some(&column))
        || parsed.strings().iter().any(is_key) && reads_token()
}

/// Whether the text of a function reads what users write themselves; of a language that cannot be parsed, its words.
fn body_reads_metadata(function: &Object) -> bool {
    let body = function
        .text("sql_body")
        .or(function.text("body"))
        .unwrap_or_default();
    let (key, column) = WRITTEN_BY_USERS;
    if !body.contains(key) && !body.contains(column) {
        return false;
    }
    // A trigger reads it to copy it, and no policy calls one.
    if matches!(function.text("returns"), Some("trigger")) {
        return false;
    }
    let Ok(scanned) = pg_query::scan(body) else {
        return false;
    };
    // Comments are no words.
    let mut words = scanned.tokens.iter().filter_map(|token| {
        use pg_query::protobuf::Token::{CComment, SqlComment};
        let is_comment = [SqlComment as i32, CComment as i32].contains(&token.token);
        let (start, end) = (usize::try_from(token.start), usize::try_from(token.end));
        let text = body.get(start.ok()?..end.ok()?)?;
        (!is_comment).then_some(text)
    });
    words.any(|word| word.contains(key) || word.contains(column))
}

fn per_row_calls(outlook: &Outlook<'_>) -> Vec<Advice> {
    outlook
        .ours(&CLASS)
        .filter(|policy| {
            let table = outlook.parent(policy);
            // Without row-level security nothing is evaluated.
            table.is_some_and(|table| table.is("row_security"))
        })
        .filter_map(per_row_call)
        .collect()
}

fn per_row_call(policy: &Object) -> Option<Advice> {
    let (table, name) = head_and_name(&policy.id.path);
    let mut names = BTreeSet::new();
    let mut clauses = Vec::new();
    let mut first = None;
    for (fact, parsed) in conditions(policy) {
        let calls = parsed.calls();
        let bare: Vec<&Call> = calls.iter().filter(|call| is_bare(call)).collect();
        if bare.is_empty() {
            continue;
        }
        first = first.or(Some(fact));
        names.extend(bare.iter().map(|call| format!("{}()", call.name)));
        let word = if fact == "check" {
            "with check"
        } else {
            "using"
        };
        clauses.push(
            parsed
                .with_subqueries(&bare)
                .map(|text| format!("\n  {word} ({text})")),
        );
    }
    let names: Vec<String> = names.into_iter().collect();
    let message = format!(
        "policy {name} of {table} calls {} for every row",
        in_words(&names)
    );
    let advice = Advice::on(policy, "lint-policy-per-row-call", message).about(first?);
    let clauses: Option<String> = clauses.into_iter().collect();
    Some(match clauses {
        Some(clauses) => advice.remedy(format!("alter policy {name} on {table}{clauses};")),
        None => advice,
    })
}

/// A call that gives the same for every row, and is made for each.
fn is_bare(call: &Call) -> bool {
    let is_of_request = call.name.starts_with("auth.")
        || ["current_setting", "pg_catalog.current_setting"].contains(&call.name.as_str());
    is_of_request && !call.is_once && !call.takes_row
}

const COMMANDS: [&str; 4] = ["select", "insert", "update", "delete"];

fn many_permissive(outlook: &Outlook<'_>) -> Vec<Advice> {
    let mut by_table: BTreeMap<&ObjectId, Vec<&Object>> = BTreeMap::new();
    let policies = outlook.ours(&CLASS);
    for policy in policies.filter(|policy| policy.is("permissive")) {
        if let Some(parent) = &policy.parent {
            by_table.entry(parent).or_default().push(policy);
        }
    }
    let mut advice = Vec::new();
    for policies in by_table.values() {
        for command in COMMANDS {
            advice.extend(of_command(outlook, policies, command));
        }
    }
    advice
}

/// One piece of advice a command: the policies that meet, and for whom.
fn of_command(outlook: &Outlook<'_>, policies: &[&Object], command: &str) -> Option<Advice> {
    let meant: Vec<&&Object> = policies
        .iter()
        .filter(
            |policy| matches!(policy.text("command"), Some(one) if one == command || one == "all"),
        )
        .collect();
    let roles: BTreeSet<&str> = meant
        .iter()
        .flat_map(|policy| texts(policy, "roles"))
        .filter(|role| !is_past_policies(outlook, role))
        .collect();
    let mut meeting: BTreeSet<&str> = BTreeSet::new();
    let mut whom = Vec::new();
    for role in roles {
        let holding: Vec<&str> = meant
            .iter()
            .filter(|policy| {
                let roles = texts(policy, "roles");
                roles.contains(&role) || roles.contains(&"PUBLIC")
            })
            .map(|policy| head_and_name(&policy.id.path).1)
            .collect();
        if holding.len() > 1 {
            meeting.extend(holding);
            whom.push(if role == "PUBLIC" { "everybody" } else { role });
        }
    }
    // What holds for everybody holds for each of them.
    if whom.contains(&"everybody") {
        whom = vec!["everybody"];
    }
    let table = outlook.parent(meant.first()?)?;
    let meeting: Vec<&str> = meeting.into_iter().collect();
    let message = format!(
        "{command} on {} goes through {} permissive policies for {}: {}",
        table.id.path,
        meeting.len(),
        in_words(&whom),
        in_words(&meeting)
    );
    (meeting.len() > 1).then(|| Advice::on(table, "lint-policies-many-permissive", message))
}

/// Whether policies do not hold for a role.
fn is_past_policies(outlook: &Outlook<'_>, name: &str) -> bool {
    let known = outlook.any(&role::CLASS, &sql::identifier(name));
    known.map_or(name == "service_role", |role| {
        role.is("bypassrls") || role.is("superuser")
    })
}

fn always_true(outlook: &Outlook<'_>) -> Vec<Advice> {
    outlook
        .ours(&CLASS)
        .filter(|policy| {
            let table = outlook.parent(policy);
            table.is_some_and(|table| table.is("row_security"))
        })
        .filter(|policy| lets_requests(outlook, policy, &["insert", "update", "delete"]))
        .filter_map(|policy| {
            let command = policy.text("command")?;
            let open: Vec<&'static str> = conditions(policy)
                .into_iter()
                // Which rows an insert shows is no question, and what a select shows is often everybody's.
                .filter(|(_, parsed)| parsed.is_always_true())
                .map(|(fact, _)| fact)
                .collect();
            let (table, name) = head_and_name(&policy.id.path);
            let may = match command {
                "all" => "write and delete",
                other => other,
            };
            let roles = texts(policy, "roles");
            let whom = match roles.contains(&"PUBLIC") {
                true => "everybody".to_owned(),
                false => in_words(&roles),
            };
            let message = format!("policy {name} lets {whom} {may} any row of {table}");
            open.first()
                .map(|fact| Advice::on(policy, "lint-policy-always-true", message).about(fact))
        })
        .collect()
}

/// Whether a permissive policy is for a role of requests, or for everybody, and for one of these commands.
pub(in crate::classes) fn lets_requests(
    outlook: &Outlook<'_>,
    policy: &Object,
    commands: &[&str],
) -> bool {
    let command = policy.text("command").unwrap_or_default();
    policy.is("permissive")
        && (command == "all" || commands.contains(&command))
        && texts(policy, "roles")
            .iter()
            .any(|role| *role == "PUBLIC" || outlook.api().roles.iter().any(|one| one == role))
}

/// Whether a table is one that a role sees all rows of, although row-level security is on.
pub(in crate::classes) fn shows_all_to(outlook: &Outlook<'_>, on: &Object, role: &str) -> bool {
    debug_assert!(
        on.id.class.as_str() == table::CLASS.name,
        "only tables have policies"
    );
    let policies = outlook.inside(&on.id, &CLASS);
    let is_restricted = policies.iter().any(|policy| !policy.is("permissive"));
    !is_restricted
        && policies.iter().any(|policy| {
            let roles = texts(policy, "roles");
            let is_for = roles.contains(&"PUBLIC") || roles.contains(&role);
            let parsed = policy.text("using").and_then(Parsed::expression);
            is_for
                && matches!(policy.text("command"), Some("select" | "all"))
                && parsed.is_some_and(|parsed| parsed.is_always_true())
        })
}
