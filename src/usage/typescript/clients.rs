//! What is a client of Supabase, by how it is made, typed and called.

use std::sync::Arc;

use super::eval::{Built, Known, Who};
use crate::usage::code::{At, Call, Certainty, Client};

/// What exists without being declared and asks no database.
const GLOBALS: &[&str] = &[
    "Array",
    "Buffer",
    "Object",
    "Observable",
    "Promise",
    "String",
    "Number",
    "Map",
    "Set",
    "Date",
    "Math",
    "JSON",
    "Iterator",
    "Readable",
    "Uint8Array",
    "Uint16Array",
    "Uint32Array",
    "Int8Array",
    "Float32Array",
    "Float64Array",
    "Temporal",
    "console",
    "window",
    "document",
];

/// Functions that make a client: their name, and whether it is one of users.
const MAKERS: &[(&str, bool)] = &[
    ("createClient", false),
    ("createBrowserClient", true),
    ("createServerClient", true),
    ("createServerComponentClient", true),
    ("createClientComponentClient", true),
    ("createRouteHandlerClient", true),
    ("createServerActionClient", true),
    ("createMiddlewareClient", true),
    ("createPagesBrowserClient", true),
    ("createPagesServerClient", true),
    ("createMiddlewareSupabaseClient", true),
    ("createBrowserSupabaseClient", true),
    ("createServerSupabaseClient", true),
    ("useSupabaseClient", true),
    ("serverSupabaseClient", true),
    ("serverSupabaseServiceRole", false),
    ("SupabaseClient", false),
    ("PostgrestClient", false),
];

/// A type of clients.
pub(super) fn is_type(name: &str) -> bool {
    name.ends_with("SupabaseClient") || name == "PostgrestClient" || name == "SupabaseBrowserClient"
}

/// A client that is one for sure.
pub(super) fn known(client: Client, name: &str) -> Known {
    let who = Who {
        client,
        certainty: Certainty::Known,
    };
    Known::Built(named(built(who), name))
}

fn built(who: Who) -> Built {
    Built {
        who,
        calls: Vec::new(),
        is_of_storage: false,
        continues: None,
    }
}

/// Adds what a name says of a client's rights.
pub(super) fn named(mut built: Built, name: &str) -> Built {
    if built.who.client == Client::Unknown {
        built.who.client = of_words(name).unwrap_or_default();
    }
    built
}

fn of_words(text: &str) -> Option<Client> {
    let lower = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["service", "admin", "secret"]) {
        return Some(Client::Service);
    }
    has(&["anon", "publishable", "public_key", "browser"]).then_some(Client::User)
}

/// What a name that nobody explains may be.
pub(super) fn by_name(name: &str) -> Known {
    let lower = name.to_ascii_lowercase();
    let is_known = lower.contains("supabase") || matches!(lower.as_str(), "sb" | "supa");
    // A module, a URL or a key of Supabase is no client.
    let is_other = [
        "url", "key", "user", "error", "config", "session", "schema", "response", "token",
    ]
    .iter()
    .any(|word| lower.ends_with(word));
    match (is_known && !is_other, is_likely(&lower)) {
        (true, _) => known(Client::Unknown, name),
        (false, true) => Known::Built(named(
            built(Who {
                client: Client::Unknown,
                certainty: Certainty::Likely,
            }),
            name,
        )),
        (false, false) => Known::Unknown,
    }
}

/// What a part of something that is known not to be a client may be: only a name that says so counts.
pub(super) fn by_name_alone(name: &str) -> Known {
    match by_name(name) {
        Known::Built(built) if built.who.certainty == Certainty::Known => Known::Built(built),
        _ => Known::Unknown,
    }
}

fn is_likely(lower: &str) -> bool {
    matches!(lower, "client" | "db" | "postgrest" | "database")
        || lower.ends_with("adminclient")
        || lower.ends_with("dbclient")
}

/// A name that nothing declares.
pub(super) fn global(name: &str) -> Known {
    match GLOBALS.contains(&name) {
        true => Known::Foreign,
        false => by_name(name),
    }
}

/// A name of a package that is not among the files.
pub(super) fn imported(source: &str, local: &str) -> Known {
    let is_supabase = source.contains("supabase");
    let is_own = source.starts_with(['.', '@', '~', '$', '#']);
    match (is_supabase, is_own) {
        (true, _) => by_name(local),
        // A package of the workspace may give a client.
        (false, true) => by_name_alone(local),
        (false, false) => match by_name_alone(local) {
            Known::Built(built) => Known::Built(built),
            _ => Known::Foreign,
        },
    }
}

/// What a function by that name makes, whose arguments are `text`.
pub(super) fn made(name: &str, text: &str, schema: Option<At>) -> Known {
    let maker = MAKERS.iter().find(|(maker, _)| *maker == name);
    let lower = name.to_ascii_lowercase();
    let is_named = ["get", "create", "use", "make", "build", "init", "new"]
        .iter()
        .any(|verb| lower.starts_with(verb))
        && lower.contains("supabase")
        && !["user", "session", "url", "key", "config", "error", "auth"]
            .iter()
            .any(|word| lower.ends_with(word));
    let is_of_users = match (maker, is_named) {
        (Some((_, is_of_users)), _) => *is_of_users,
        (None, true) => false,
        (None, false) => return Known::Unknown,
    };
    let client = of_words(text)
        .or_else(|| of_words(name))
        .unwrap_or(match is_of_users {
            true => Client::User,
            false => Client::Unknown,
        });
    let mut built = built(Who {
        client,
        certainty: Certainty::Known,
    });
    if let Some(schema) = schema {
        built.calls.push(Call {
            method: Arc::from("schema"),
            place: schema.place,
            is_told: false,
            arguments: vec![schema],
        });
    }
    Known::Built(built)
}
