//! A row on paper: what each of its columns is to hold, and the statement that writes it.

use std::collections::BTreeMap;

use super::actors;
use super::model::{Column, Relation};
use super::rows::{Row, Rows};
use super::values::{self, Seat, Value};
use super::world::{Grain, Meaning, Meanings, PEOPLE, World, first_person, tenant_id, user_id};
use crate::sql;

/// Whose row it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holder {
    pub world: World,
    pub person: Option<usize>,
    /// Whether it is declared to be for everybody: published, public.
    pub is_open: bool,
    /// Whether a person puts a row of their own on what belongs to somebody of the other tenant.
    pub is_guest: bool,
}

impl Holder {
    /// The person that columns of users name.
    pub(super) fn somebody(self) -> usize {
        self.person.unwrap_or_else(|| first_person(self.world))
    }
}

/// What columns hold, as candidates with the one that is taken.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub columns: Vec<Drafted>,
}

#[derive(Debug, Clone)]
pub(super) struct Drafted {
    pub name: String,
    pub type_name: String,
    pub candidates: Vec<Value>,
    /// Where each stood before some were found to be no values.
    pub places: Vec<usize>,
    pub taken: usize,
    /// Whether another row decides it.
    pub is_bound: bool,
}

/// The choice of nothing: where null stands depends on how many candidates there are.
pub(super) const NOTHING: usize = usize::MAX;

impl Drafted {
    /// Takes what proved good before.
    fn choose(&mut self, choice: Option<&usize>) {
        let place = match choice {
            Some(&NOTHING) => self
                .candidates
                .iter()
                .position(|value| *value == Value::Null),
            Some(choice) => self.places.iter().position(|place| place == choice),
            None => None,
        };
        self.taken = place.unwrap_or(0);
    }

    /// What proved good.
    pub(super) fn choice(&self) -> usize {
        match self.candidates.get(self.taken) {
            Some(Value::Null) => NOTHING,
            _ => self.places.get(self.taken).copied().unwrap_or(0),
        }
    }
}

impl Draft {
    /// Works a row out. `choices` are candidates that proved good before.
    pub(super) fn new(
        relation: &Relation,
        number: (usize, i64),
        holder: Holder,
        meanings: &Meanings,
        rows: &Rows,
        choices: &BTreeMap<(i64, String), usize>,
    ) -> Self {
        let seat = Seat {
            world: holder.world,
            table: number.0,
            number: number.1,
        };
        let writable = relation
            .columns
            .iter()
            .filter(|column| column.generated.is_empty());
        let columns = writable.map(|column| {
            let bound = referenced(relation, column, holder, rows, meanings);
            let candidates = match &bound {
                Some(values) => values.clone(),
                None => candidates(relation, column, seat, holder, meanings),
            };
            Drafted {
                name: column.name.clone(),
                type_name: column.type_name.clone(),
                places: (0..candidates.len()).collect(),
                candidates,
                taken: 0,
                is_bound: bound.is_some(),
            }
        });
        let mut draft = Self {
            columns: columns.collect(),
        };
        for drafted in &mut draft.columns {
            drafted.choose(choices.get(&(relation.oid, drafted.name.clone())));
        }
        draft.refer_to_itself(relation);
        draft
    }

    /// Empties whatever may be empty, but for what alone says whose the row is; false where nothing changes.
    pub(super) fn empty(&mut self, relation: &Relation, meanings: &Meanings) -> bool {
        let is_user = |name: &str| {
            let column = relation.column(name);
            column.is_some_and(|column| meanings.meaning(relation, column) == Meaning::User)
        };
        let is_owner = |name: &str| {
            let mut keys = relation.references.iter();
            let refers = keys.any(|key| {
                key.columns.iter().any(|column| column == name)
                    && meanings.grain(key.target) != Grain::Global
            });
            let meaning = relation
                .column(name)
                .map(|column| meanings.meaning(relation, column));
            refers
                || matches!(
                    meaning,
                    Some(Meaning::User | Meaning::Users | Meaning::Tenant)
                )
        };
        let is_required = |name: &str| relation.column(name).is_some_and(|column| column.required);
        let names = || relation.columns.iter().map(|column| column.name.as_str());
        let stays = names().any(|name| is_owner(name) && (is_required(name) || is_user(name)));
        let mut is_changed = false;
        for drafted in &mut self.columns {
            let name = drafted.name.as_str();
            let is_kept = is_required(name)
                || is_user(name)
                || (is_owner(name) && !stays)
                || relation.unique.contains(name);
            let is_empty = drafted.candidates.get(drafted.taken) == Some(&Value::Null);
            if !is_kept && !is_empty {
                (drafted.candidates, drafted.places) = (vec![Value::Null], vec![0]);
                drafted.taken = 0;
                is_changed = true;
            }
        }
        is_changed
    }

    /// A table that must refer to itself begins with a row that is its own parent.
    fn refer_to_itself(&mut self, relation: &Relation) {
        for key in relation
            .references
            .iter()
            .filter(|key| key.target == relation.oid)
        {
            for (column, target) in key.columns.iter().zip(&key.target_columns) {
                let is_required = relation
                    .column(column)
                    .is_some_and(|column| column.required);
                let value = match is_required && column != target {
                    true => self.value(target).cloned().unwrap_or(Value::Null),
                    false if is_required => continue,
                    false => Value::Null,
                };
                if let Some(drafted) = self
                    .columns
                    .iter_mut()
                    .find(|drafted| drafted.name == *column)
                    && (is_required || key.columns.len() == 1)
                {
                    (drafted.candidates, drafted.places) = (vec![value], vec![0]);
                    (drafted.taken, drafted.is_bound) = (0, true);
                }
            }
        }
    }

    /// What is asked of Postgres: `[type, text]` for each candidate of columns that have a choice.
    pub(super) fn questions(&self) -> Vec<serde_json::Value> {
        let open = self
            .columns
            .iter()
            .filter(|drafted| drafted.candidates.len() > 1);
        let asked = open.flat_map(|drafted| {
            drafted.candidates.iter().map(|value| match value {
                Value::Text(text) => serde_json::json!([drafted.type_name, text]),
                Value::Default | Value::Null => serde_json::Value::Null,
            })
        });
        asked.collect()
    }

    /// Leaves the candidates that Postgres took, in the order they were asked, and takes what proved good before.
    pub(super) fn keep_valid(
        &mut self,
        relation: &Relation,
        valid: &[bool],
        choices: &BTreeMap<(i64, String), usize>,
    ) {
        let mut valid = valid.iter().copied();
        let open = self
            .columns
            .iter_mut()
            .filter(|drafted| drafted.candidates.len() > 1);
        for drafted in open {
            let count = drafted.candidates.len();
            let answers: Vec<bool> = valid.by_ref().take(count).collect();
            if answers.contains(&true) {
                drafted
                    .places
                    .retain(|place| answers.get(*place).copied().unwrap_or(true));
                let kept = drafted
                    .places
                    .iter()
                    .map(|place| drafted.candidates[*place].clone());
                drafted.candidates = kept.collect();
            }
            drafted.choose(choices.get(&(relation.oid, drafted.name.clone())));
        }
    }

    /// Fixes a column.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        for drafted in self
            .columns
            .iter_mut()
            .filter(|drafted| drafted.name == name)
        {
            (drafted.candidates, drafted.places) = (vec![Value::Text(value.to_owned())], vec![0]);
            drafted.taken = 0;
        }
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        let drafted = self.columns.iter().find(|drafted| drafted.name == name)?;
        drafted.candidates.get(drafted.taken)
    }

    /// Takes the next candidates of some columns, like an odometer; false when all were tried.
    pub(super) fn advance(&mut self, names: &[String]) -> bool {
        // The first columns say whose a row is; the last change first.
        let columns = self.columns.iter_mut().rev();
        for drafted in columns.filter(|drafted| names.contains(&drafted.name)) {
            if drafted.taken + 1 < drafted.candidates.len() {
                drafted.taken += 1;
                return true;
            }
            drafted.taken = 0;
        }
        false
    }

    /// Declares the row to be for everybody; false where no column says such a thing.
    pub(super) fn open(&mut self) -> bool {
        let mut is_changed = false;
        for drafted in self.columns.iter_mut().filter(|drafted| !drafted.is_bound) {
            let is_said = |value: &Value| match value {
                Value::Text(text) if text == "true" => values::is_open(&drafted.name),
                Value::Text(text) => values::opens(text),
                Value::Default | Value::Null => false,
            };
            if let Some(place) = drafted.candidates.iter().position(is_said) {
                drafted.candidates.swap(0, place);
                drafted.places.swap(0, place);
                drafted.taken = 0;
                is_changed = true;
            }
        }
        is_changed
    }

    /// The statement, over the columns that `may` be named.
    pub(super) fn insert(&self, relation: &Relation, may: impl Fn(&str) -> bool) -> String {
        let given = self.columns.iter().filter_map(|drafted| {
            let value = drafted.candidates.get(drafted.taken)?;
            let text = match value {
                Value::Default => return None,
                Value::Null => "null".to_owned(),
                Value::Text(text) => sql::literal(text),
            };
            may(&drafted.name).then(|| (sql::identifier(&drafted.name), text))
        });
        let (names, values): (Vec<String>, Vec<String>) = given.unzip();
        let path = relation.path();
        match names.is_empty() {
            true => format!("insert into {path} default values"),
            false => format!(
                "insert into {path} ({}) overriding system value values ({})",
                names.join(", "),
                values.join(", ")
            ),
        }
    }
}

/// What a reference to another table makes of a column: the row of the holder first, then of their peers; none where it
/// is free.
fn referenced(
    relation: &Relation,
    column: &Column,
    mut holder: Holder,
    rows: &Rows,
    meanings: &Meanings,
) -> Option<Vec<Value>> {
    let mut keys = relation
        .references
        .iter()
        .filter(|key| key.target != relation.oid);
    let key = keys.find(|key| key.columns.contains(&column.name))?;
    let place = key.columns.iter().position(|name| *name == column.name)?;
    let target = &key.target_columns[place];
    if holder.is_guest && meanings.meaning(relation, column) != Meaning::User {
        holder.person = PEOPLE
            .iter()
            .position(|person| person.world == holder.world);
    }
    let own = rows.of_holder(key.target, holder);
    let is_peer = |row: &&Row| row.holder.world == holder.world && key.columns.len() == 1;
    let all = own
        .into_iter()
        .chain(rows.of(key.target).iter().filter(is_peer));
    let mut values: Vec<Value> = Vec::new();
    for value in all.filter_map(|row| row.text(target)).map(Value::Text) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    if !column.required || values.is_empty() {
        values.push(Value::Null);
    }
    Some(values)
}

fn candidates(
    relation: &Relation,
    column: &Column,
    seat: Seat,
    holder: Holder,
    meanings: &Meanings,
) -> Vec<Value> {
    let text = |text: String| Value::Text(text);
    let person = holder.somebody();
    if relation.schema == "auth" && relation.name == "users" {
        let metadata = match column.name.as_str() {
            "raw_app_meta_data" => Some("app_metadata"),
            "raw_user_meta_data" => Some("user_metadata"),
            _ => None,
        };
        if let Some(part) = metadata {
            let claims = actors::claims_of(person, meanings, None);
            return vec![text(claims[part].to_string())];
        }
    }
    let mut values = match meanings.meaning(relation, column) {
        Meaning::User => {
            let peers = (0..PEOPLE.len())
                .filter(|other| *other != person && PEOPLE[*other].world == holder.world);
            let all = std::iter::once(person).chain(peers);
            all.map(|person| text(user_id(person, column))).collect()
        }
        Meaning::Users => vec![text(format!("{{{}}}", user_id(person, column)))],
        Meaning::Email => {
            let salted = format!("u{}@tenant-{}.test", seat.number, seat.world.letter());
            vec![text(PEOPLE[person].email()), text(salted)]
        }
        Meaning::Tenant => vec![text(tenant_id(holder.world, column))],
        Meaning::Rank => ranks(relation, column, PEOPLE[person].is_admin, seat, meanings),
        Meaning::Plain => {
            let literals = meanings.clues.literals.get(&column.name);
            let in_force = meanings.is_membership(relation);
            let literals = literals.filter(|_| in_force || column.required).cloned();
            let mut literals = literals.unwrap_or_default();
            literals.retain(|literal| in_force || !values::opens(literal));
            let mut values = values::plain(relation, column, seat, &literals);
            if in_force && let Some(literal) = literals.first() {
                values.insert(0, text(literal.clone()));
            }
            values
        }
    };
    let is_free = !column.required && meanings.grain(relation.oid) != Grain::Global;
    if is_free && !values.contains(&Value::Null) {
        values.push(Value::Null);
    }
    values
}

/// Words for what somebody is in a tenant: high ones for its admin.
fn ranks(
    relation: &Relation,
    column: &Column,
    is_admin: bool,
    seat: Seat,
    meanings: &Meanings,
) -> Vec<Value> {
    let known = meanings
        .clues
        .literals
        .get(&column.name)
        .cloned()
        .unwrap_or_default();
    let mut values = values::plain(relation, column, seat, &known);
    let is_free_text = column.labels.is_empty()
        && !relation
            .checks
            .iter()
            .any(|check| check.columns.contains(&column.name));
    if is_free_text && column.checks.is_empty() && column.category == "S" {
        values.insert(
            0,
            Value::Text(if is_admin { "admin" } else { "member" }.to_owned()),
        );
    }
    let words = |value: &Value| match value {
        Value::Text(word) => {
            column.labels.contains(word) || known.contains(word) || !word.contains("tenant")
        }
        Value::Default | Value::Null => false,
    };
    values.sort_by_key(|value| {
        (
            !words(value),
            if is_admin {
                -height(column, value)
            } else {
                height(column, value)
            },
        )
    });
    values
}

/// How high an office a value stands for.
fn height(column: &Column, value: &Value) -> i64 {
    let Value::Text(word) = value else { return 2 };
    let word = word.to_ascii_lowercase();
    let holds = |words: &[&str]| words.iter().any(|known| word.contains(known));
    match (column.category.as_str(), word.parse::<i64>()) {
        ("B", _) if word == "true" => 3,
        ("B", _) => 0,
        ("N", Ok(number)) => number.clamp(0, 1000),
        _ if holds(&["admin", "owner", "manag", "super"]) => 3,
        _ if holds(&["member", "user", "view", "staff", "read", "guest"]) => 0,
        _ => 1,
    }
}
