//! The rows that were made, and whose they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::draft::Holder;
use super::model::Relation;
use super::world::World;
use crate::sql;

/// A row that exists.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub holder: Holder,
    /// The oid of the table it lies in, and its `ctid`: nothing that is tried lasts, so it stays there.
    pub place: (i64, String),
    pub stored: Map<String, Value>,
    /// Whether it was made besides the usual ones: nothing refers to it, or little.
    pub is_extra: bool,
}

/// All of them, by relation.
#[derive(Debug, Default)]
pub(super) struct Rows(pub(super) BTreeMap<i64, Vec<Row>>);

impl Row {
    /// A column's value as text; none for null.
    pub(super) fn text(&self, column: &str) -> Option<String> {
        match self.stored.get(column)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// A condition that only this row meets, over columns that may be read; none where no column tells it apart.
    pub(super) fn condition(
        &self,
        relation: &Relation,
        may: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let key = relation.keys.iter().find(|key| {
            key.columns
                .iter()
                .all(|column| may(column) && self.text(column).is_some())
        });
        let columns: Vec<&str> = match key {
            Some(key) => key.columns.iter().map(String::as_str).collect(),
            None => {
                let comparable = relation.columns.iter().filter(|column| {
                    may(&column.name)
                        && !matches!(
                            column.base.as_str(),
                            "json" | "xml" | "point" | "float4" | "float8"
                        )
                        && matches!(column.category.as_str(), "S" | "N" | "U")
                        && self.text(&column.name).is_some()
                });
                comparable
                    .filter(|column| self.is_telling(&column.name))
                    .map(|column| column.name.as_str())
                    .collect()
            }
        };
        let parts = columns.iter().filter_map(|column| {
            let value = sql::literal(&self.text(column)?);
            Some(format!("{} = {value}", sql::identifier(column)))
        });
        let parts: Vec<String> = parts.collect();
        (!parts.is_empty()).then(|| parts.join(" and "))
    }

    /// Whether a column's value says whose row it is.
    fn is_telling(&self, column: &str) -> bool {
        self.text(column)
            .is_some_and(|text| owners(&text).contains(&self.holder.world))
    }

    /// A condition for where some rows lie; none for none.
    pub(super) fn places(rows: &[&Self]) -> Option<String> {
        let places = rows
            .iter()
            .map(|row| format!("({}, '{}'::tid)", row.place.0, row.place.1));
        let places: Vec<String> = places.collect();
        (!places.is_empty()).then(|| format!("(tableoid, ctid) in ({})", places.join(", ")))
    }

    /// A question that says how many of some rows are still there as they were.
    pub(super) fn presence(rows: &[&Self], relation: &Relation) -> String {
        let places = Self::places(rows).unwrap_or_else(|| "false".to_owned());
        format!(
            "select count(*)::text from {} where {places}",
            relation.path()
        )
    }
}

impl Rows {
    pub(super) fn of(&self, relation: i64) -> &[Row] {
        self.0.get(&relation).map_or(&[], Vec::as_slice)
    }

    /// What tells open rows from all others.
    pub(super) fn marks(&self) -> Marks {
        let texts = |is_open: bool| {
            let rows = self
                .0
                .values()
                .flatten()
                .filter(move |row| row.holder.is_open == is_open);
            let texts =
                rows.flat_map(|row| row.stored.keys().filter_map(|column| row.text(column)));
            texts
                .filter(|text| !owners(text).is_empty())
                .collect::<BTreeSet<String>>()
        };
        let (open, closed) = (texts(true), texts(false));
        let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
            one.difference(other).cloned().collect()
        };
        Marks(Arc::new((only(&open, &closed), only(&closed, &open))))
    }

    /// The row of a table that somebody's rows refer to: their own, else their tenant's, else any.
    pub(super) fn of_holder(&self, relation: i64, holder: Holder) -> Option<&Row> {
        let rows = self.of(relation);
        let open = rows
            .iter()
            .find(|row| row.holder.is_open && row.holder.world == holder.world)
            .filter(|_| holder.is_open);
        let own = rows
            .iter()
            .find(|row| row.holder.person == Some(holder.somebody()));
        let own = open.or(own);
        let shared = || rows.iter().find(|row| row.holder.world == holder.world);
        // What is nobody's serves everybody; a key over it may allow each only one.
        let any = || {
            rows.get(holder.somebody() % rows.len().max(1))
                .filter(|row| row.holder.world == World::Nobody)
        };
        own.or_else(shared).or_else(any)
    }
}

/// Values that only open rows have, and values that only the others have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Marks(Arc<(BTreeSet<String>, BTreeSet<String>)>);

impl Marks {
    /// The rows of a JSON array, as texts, but for those that tell of nothing but open rows.
    pub(super) fn closed(&self, given: &str) -> Vec<String> {
        let rows: Vec<Value> = serde_json::from_str(given).unwrap_or_default();
        let rows = rows.into_iter().map(|row| row.to_string());
        let (open, closed) = (&self.0.0, &self.0.1);
        let bears = |row: &str, marks: &BTreeSet<String>| {
            marks.iter().any(|mark| row.contains(mark.as_str()))
        };
        rows.filter(|row| !bears(row, open) || bears(row, closed))
            .collect()
    }
}

/// The worlds that a text tells of.
pub(super) fn owners(text: &str) -> Vec<World> {
    let tells = |world: &World| {
        let letter = world.letter();
        let id = format!(
            "{}-0000-4000-8000-",
            String::from_iter(std::iter::repeat_n(letter, 8))
        );
        let lower = text.to_ascii_lowercase();
        lower.contains(&id)
            || lower.contains(&format!("tenant-{letter}"))
            || lower.contains(&format!("tenant{letter}7"))
            || lower.contains(&format!("tenant_{letter}_"))
            || holds_number(&lower, world.number())
    };
    World::BOTH.into_iter().filter(tells).collect()
}

/// Whether a number of seven digits stands in a text that begins as a world's numbers do.
fn holds_number(text: &str, start: i64) -> bool {
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    // Telephone numbers have more before it.
    let numbers = numbers.map(|digits| digits.strip_prefix("1555").unwrap_or(digits));
    let mut numbers = numbers.filter(|digits| digits.len() == 7);
    numbers.any(|digits| digits.starts_with(&(start / 100_000).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_say_whose_they_are() {
        assert_eq!(owners("aaaaaaaa-0000-4000-8000-000000000001"), [World::A]);
        assert_eq!(owners("{\"n\": 7201001}"), [World::B]);
        assert_eq!(
            owners("u1@tenant-a.test and tenant-b-7200002"),
            [World::A, World::B]
        );
        assert!(owners("172010015 tenant").is_empty());
    }
}
