//! Advice on views: whose rights they read with, and whether they show the platform's users.

use std::collections::BTreeSet;

use super::CLASS;
use crate::classes::advice::expression::{Parsed, qualified_names};
use crate::classes::advice::{Advice, Needs, Outlook, Rule, in_words};
use crate::classes::foreign_table::advice::revoked;
use crate::classes::{CodeEntry, Severity, materialized_view, table};
use crate::contract::{Object, ObjectId};
use crate::sql;

pub(in crate::classes) const RULES: &[Rule] = &[Rule {
    codes: &[
        CodeEntry {
            code: "lint-view-security-definer",
            severity: Severity::Error,
            meaning: "A view of an API schema reads with its owner's rights, past the policies of its tables, and a role of requests may read it.",
            help: "Set `security_invoker`, so that policies hold for who asks; whoever asks then needs grants on the tables as well. Where the view is meant to show what policies hide, ignore this with that reason.",
        },
        CodeEntry {
            code: "lint-auth-users-exposed",
            severity: Severity::Critical,
            meaning: "A view of an API schema shows rows of auth.users to a role of requests: addresses, telephone numbers, metadata and more of everybody.",
            help: "Take the grant away; keep what is to be shown in a table of your own, such as profiles, with policies.",
        },
    ],
    needs: Needs::ApiRoles,
    about: "whose rights views of the API read with, and whether they show auth.users",
    look,
}];

/// The platform's table of users.
const USERS: &str = "auth.users";

/// The first major version with `security_invoker` (release notes of Postgres 15).
const INVOKER_SINCE: u32 = 15;

fn look(outlook: &Outlook<'_>) -> Vec<Advice> {
    let of_users = showing_users(outlook);
    let views = outlook.ours(&CLASS);
    let mut advice = Vec::new();
    for view in views.chain(outlook.ours(&materialized_view::CLASS)) {
        let roles = outlook.who_reaches(view, &["SELECT"]);
        if roles.is_empty() {
            continue;
        }
        let (path, who) = (&view.id.path, in_words(&roles));
        let is_plain = view.id.class.as_str() == CLASS.name;
        let is_definer = is_plain && !view.is("security_invoker");
        if is_definer && outlook.major() >= INVOKER_SINCE {
            let message =
                format!("view {path} reads with its owner's rights, and {who} may read it");
            let one = Advice::on(view, "lint-view-security-definer", message);
            let sql = format!("alter view {path} set (security_invoker = true);");
            advice.push(one.about("security_invoker").remedy(sql));
        }
        let shows = !is_plain || is_definer || users_are_open(outlook);
        if shows && of_users.contains(&view.id) {
            let message = format!("{path} shows rows of {USERS} to {who}");
            let sql = format!("revoke all on {path} from {};", revoked(&roles));
            let one = Advice::on(view, "lint-auth-users-exposed", message);
            advice.push(one.about("definition").remedy(sql));
        }
    }
    advice
}

/// Whether the platform's table of users is known to have no row-level security.
fn users_are_open(outlook: &Outlook<'_>) -> bool {
    let users = outlook.any(&table::CLASS, USERS);
    users.is_some_and(|users| users.facts.contains_key("row_security") && !users.is("row_security"))
}

/// Views that read the table of users, themselves or through other views.
fn showing_users(outlook: &Outlook<'_>) -> BTreeSet<ObjectId> {
    let all = outlook
        .all(&CLASS)
        .chain(outlook.all(&materialized_view::CLASS));
    let reads: Vec<(&Object, BTreeSet<String>)> = all.map(|view| (view, relations(view))).collect();
    let mut names: BTreeSet<String> = BTreeSet::from([USERS.to_owned()]);
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        for (view, relations) in &reads {
            if !names.is_disjoint(relations) && found.insert(view.id.clone()) {
                names.insert(view.id.path.to_string());
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

fn relations(view: &Object) -> BTreeSet<String> {
    let text = view.text("definition").unwrap_or_default();
    let named = match Parsed::statements(text) {
        Some(parsed) => parsed
            .relations()
            .into_iter()
            .map(|(schema, name)| (schema.to_owned(), name.to_owned()))
            .collect(),
        None => qualified_names(text),
    };
    named
        .into_iter()
        .map(|(schema, name)| sql::qualified(&[schema, name]))
        .collect()
}
