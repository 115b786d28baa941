//! Who tries: the token each of them brings, and what else their session says.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::clues::Asked;
use super::draft::Holder;
use super::model::Column;
use super::world::{ACTING, Meanings, PEOPLE, World, tenant_id, user_id};

/// Somebody the configuration adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Newcomer {
    /// What it is called.
    pub name: String,
    /// The role it acts as.
    pub role: String,
    /// Claims of its token, over those of an ordinary user.
    pub claims: Value,
    /// Whether it is signed in as the ordinary user of the first tenant.
    pub is_signed_in: bool,
}

/// Who tries.
#[derive(Debug, Clone)]
pub(super) struct Actor {
    pub name: String,
    pub role: String,
    pub person: Option<usize>,
    claims: Value,
    /// Tokens that are as easy to come by: with what people may write about themselves turned to the other tenant, with
    /// nothing of a tenant in it, and of somebody new who belongs nowhere.
    others: Vec<(Value, &'static str)>,
    settings: BTreeMap<String, String>,
}

/// Somebody with an account and nothing else.
const STRANGER: &str = "dddddddd-0000-4000-8000-000000000001";

/// The role of people who are signed in, on platforms that have one.
const SIGNED_IN: &str = "authenticated";

impl Actor {
    /// Whose rows are its own; none where it has none.
    pub(super) fn holder(&self) -> Option<Holder> {
        let person = self.person?;
        Some(Holder {
            world: PEOPLE[person].world,
            person: Some(person),
            is_open: false,
            is_guest: false,
        })
    }

    /// What its session says; for what is others' also with every token that is as easy to come by, and what that one is.
    pub(super) fn sessions(
        &self,
        is_for_others: bool,
    ) -> Vec<(BTreeMap<String, String>, Option<&'static str>)> {
        let others = self.others.iter().filter(|_| is_for_others);
        let is_bare = is_for_others && !self.settings.is_empty();
        let bare = is_bare.then(|| {
            (
                session(&self.claims, &BTreeMap::new()),
                Some("with nothing set in the session"),
            )
        });
        let own = [(session(&self.claims, &self.settings), None)];
        own.into_iter()
            .chain(others.map(|(claims, words)| (session(claims, &self.settings), Some(*words))))
            .chain(bare)
            .collect()
    }
}

/// Everybody who tries on this platform.
pub(super) fn everybody(
    roles: &[String],
    meanings: &Meanings,
    newcomers: &[Newcomer],
) -> Vec<Actor> {
    let has = |name: &str| roles.iter().any(|role| role == name);
    let mut actors = Vec::new();
    let nobody = |name: &str| Actor {
        name: name.to_owned(),
        role: name.to_owned(),
        person: None,
        claims: json!({"role": name, "iss": "supabase"}),
        others: Vec::new(),
        settings: BTreeMap::new(),
    };
    if has(SIGNED_IN) {
        actors.extend(has("anon").then(|| nobody("anon")));
        actors.extend(
            (0..ACTING).map(|person| signed_in(PEOPLE[person].name, SIGNED_IN, person, meanings)),
        );
        actors.extend(has("service_role").then(|| nobody("service_role")));
    } else {
        let is_one = roles.len() == 1;
        for role in roles {
            for person in [0, 1, 2, 3]
                .into_iter()
                .filter(|person| is_one || [0, 3].contains(person))
            {
                let name = match is_one {
                    true => PEOPLE[person].name.to_owned(),
                    false => format!("{role}/{}", PEOPLE[person].name),
                };
                actors.push(signed_in(&name, role, person, meanings));
            }
        }
    }
    for newcomer in newcomers {
        let mut actor = match newcomer.is_signed_in {
            true => signed_in(&newcomer.name, &newcomer.role, 0, meanings),
            false => nobody(&newcomer.name),
        };
        actor.role.clone_from(&newcomer.role);
        actor.claims["role"] = json!(newcomer.role);
        merge(&mut actor.claims, &newcomer.claims);
        actors.push(actor);
    }
    actors
}

fn signed_in(name: &str, role: &str, person: usize, meanings: &Meanings) -> Actor {
    let mut claims = claims_of(person, meanings, None);
    claims["role"] = json!(role);
    let mut forged = claims_of(person, meanings, Some(PEOPLE[person].world.other()));
    let mut bare = plain_claims(person);
    let mut others = Vec::new();
    let tokens = [
        (
            &mut forged,
            "with user_metadata, which people write themselves",
        ),
        (&mut bare, "with a token that names no tenant"),
    ];
    for (other, words) in tokens {
        other["role"] = json!(role);
        if *other != claims && !others.iter().any(|(known, _)| known == other) {
            others.push((other.clone(), words));
        }
    }
    if person == 0 {
        bare["sub"] = json!(STRANGER);
        bare["email"] = json!("stranger@nowhere.test");
        others.push((bare, "as somebody who belongs nowhere"));
    }
    Actor {
        name: name.to_owned(),
        role: role.to_owned(),
        person: Some(person),
        others,
        claims,
        settings: settings_of(person, meanings),
    }
}

/// A person's token. What people may write about themselves says what `forged` names, where it names anything.
pub(super) fn claims_of(person: usize, meanings: &Meanings, forged: Option<World>) -> Value {
    let world = PEOPLE[person].world;
    let mut claims = plain_claims(person);
    for (asked, columns) in &meanings.clues.asked {
        let Asked::Claim(path) = asked else { continue };
        let is_own_word = path.first().is_some_and(|key| key == "user_metadata");
        let world = forged.filter(|_| is_own_word).unwrap_or(world);
        let literals = meanings.clues.asked_literals.get(asked);
        let value = match literals.and_then(|literals| literals.first()) {
            // A word such as a role: nobody says it who does not say it of themselves.
            Some(word) if is_own_word && forged.is_some() => Some(json!(word)),
            Some(_) => None,
            None => Some(value_of(
                columns.iter().next(),
                person,
                world,
                path.last(),
                meanings,
            ))
            .flatten(),
        };
        if let Some(value) = value {
            put(&mut claims, path, value);
        }
    }
    claims
}

/// A token that says nothing of a tenant.
fn plain_claims(person: usize) -> Value {
    json!({
        "iss": "supabase",
        "aud": SIGNED_IN,
        "sub": user_id(person, &any_column()),
        "email": PEOPLE[person].email(),
        "role": SIGNED_IN,
        "aal": "aal2",
        "is_anonymous": false,
        "app_metadata": {"provider": "email"},
        "user_metadata": {},
    })
}

fn settings_of(person: usize, meanings: &Meanings) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    for (asked, columns) in &meanings.clues.asked {
        let Asked::Setting(name) = asked else {
            continue;
        };
        let world = PEOPLE[person].world;
        let value = value_of(columns.iter().next(), person, world, Some(name), meanings);
        if let Some(value) = value {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            settings.insert(name.clone(), text);
        }
    }
    settings
}

/// What a claim or setting holds: what the column holds that it is compared with, else what its name says.
fn value_of(
    column: Option<&(i64, String)>,
    person: usize,
    world: World,
    name: Option<&String>,
    meanings: &Meanings,
) -> Option<Value> {
    let name = name
        .map(|name| name.to_ascii_lowercase())
        .unwrap_or_default();
    if name.contains("role") {
        return None;
    }
    let described = column.and_then(|(oid, column)| meanings.described(*oid, column));
    let shape = described
        .as_ref()
        .map_or_else(any_column, |(column, _)| column.clone());
    let is_user = match &described {
        Some((_, is_user)) => *is_user,
        None => name.contains("user") || name.ends_with("uid"),
    };
    let text = match is_user {
        true => user_id(person, &shape),
        false => tenant_id(world, &shape),
    };
    let number = text.parse::<i64>().ok().filter(|_| shape.category == "N");
    Some(number.map_or_else(|| json!(text), |number| json!(number)))
}

fn any_column() -> Column {
    Column {
        name: String::new(),
        type_name: "uuid".to_owned(),
        base: "uuid".to_owned(),
        length: None,
        kind: "b".to_owned(),
        category: "U".to_owned(),
        required: true,
        default: None,
        identity: String::new(),
        generated: String::new(),
        labels: Vec::new(),
        checks: Vec::new(),
    }
}

fn put(claims: &mut Value, path: &[String], value: Value) {
    let mut at = claims;
    for key in path {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[key.as_str()];
    }
    *at = value;
}

fn merge(into: &mut Value, from: &Value) {
    match (into.as_object_mut(), from.as_object()) {
        (Some(into), Some(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        _ => *into = from.clone(),
    }
}

/// Settings as `PostgREST` makes them of a token: <https://docs.postgrest.org/en/stable/references/transactions.html>.
fn session(claims: &Value, settings: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut session = settings.clone();
    session.insert("request.jwt.claims".to_owned(), claims.to_string());
    for key in ["sub", "role", "email"] {
        let value = claims[key].as_str().unwrap_or_default();
        session.insert(format!("request.jwt.claim.{key}"), value.to_owned());
    }
    session
}
