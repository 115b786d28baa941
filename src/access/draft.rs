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
    pub taken: usize,
    /// Whether another row decides it.
    pub is_bound: bool,
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
            let bound = referenced(relation, column, holder, rows);
            let candidates = match &bound {
                Some(Value::Text(_)) if !column.required => {
                    bound.iter().cloned().chain([Value::Null]).collect()
                }
                Some(value) => vec![value.clone()],
                None => candidates(relation, column, seat, holder, meanings),
            };
            let choice = choices.get(&(relation.oid, column.name.clone())).copied();
            let taken = choice.unwrap_or(0).min(candidates.len() - 1);
            Drafted {
                name: column.name.clone(),
                type_name: column.type_name.clone(),
                candidates,
                taken,
                is_bound: bound.is_some(),
            }
        });
        let mut draft = Self {
            columns: columns.collect(),
        };
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
                (drafted.candidates, drafted.taken) = (vec![Value::Null], 0);
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
                    (drafted.candidates, drafted.taken, drafted.is_bound) = (vec![value], 0, true);
                }
            }
        }
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        let drafted = self.columns.iter().find(|drafted| drafted.name == name)?;
        drafted.candidates.get(drafted.taken)
    }

    /// Takes the next candidates of some columns, like an odometer; false when all were tried.
    pub(super) fn advance(&mut self, names: &[String]) -> bool {
        for drafted in self
            .columns
            .iter_mut()
            .filter(|drafted| names.contains(&drafted.name))
        {
            if drafted.taken + 1 < drafted.candidates.len() {
                drafted.taken += 1;
                return true;
            }
            drafted.taken = 0;
        }
        false
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

/// What a reference to another table makes of a column; none where it is free.
fn referenced(relation: &Relation, column: &Column, holder: Holder, rows: &Rows) -> Option<Value> {
    let mut keys = relation
        .references
        .iter()
        .filter(|key| key.target != relation.oid);
    let key = keys.find(|key| key.columns.contains(&column.name))?;
    let place = key.columns.iter().position(|name| *name == column.name)?;
    let target: Option<&Row> = rows.of_holder(key.target, holder);
    Some(
        match target.and_then(|row| row.text(&key.target_columns[place])) {
            Some(text) => Value::Text(text),
            None => Value::Null,
        },
    )
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
    let height = |value: &Value| {
        let Value::Text(word) = value else { return 2 };
        let word = word.to_ascii_lowercase();
        let is_high = ["admin", "owner", "manag", "super"]
            .iter()
            .any(|high| word.contains(high));
        let is_low = ["member", "user", "view", "staff", "read", "guest"]
            .iter()
            .any(|low| word.contains(low));
        match (is_high, is_low) {
            (true, _) => 3,
            (_, true) => 0,
            _ => 1,
        }
    };
    let is_free_text = column.labels.is_empty()
        && !relation
            .checks
            .iter()
            .any(|check| check.columns.contains(&column.name));
    if is_free_text && column.checks.is_empty() {
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
                3 - height(value)
            } else {
                height(value)
            },
        )
    });
    values
}
