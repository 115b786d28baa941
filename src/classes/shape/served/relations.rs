//! Tables and views with their columns, held against what is told of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Implying, ServedColumn, plain};
use crate::classes::shape::{Column, Named, Relation, RelationKind, id_of_column};
use crate::classes::table;
use crate::contract::{ClassName, ObjectId};
use crate::sql;

impl Implying<'_> {
    pub(super) fn relations(&mut self) {
        let expected: Vec<(Named, Relation)> = self
            .shape
            .relations
            .iter()
            .filter(|(named, _)| self.served.schemas.contains(&named.schema))
            .map(|(named, relation)| (named.clone(), relation.clone()))
            .collect();
        let served = self.served;
        for (named, relation) in &expected {
            match served.relations.get(named) {
                Some(columns) => self.columns(named, relation, columns),
                None if relation.is_partition => {}
                None if !self.is_shown(&relation.id, &["SELECT", "INSERT", "UPDATE", "DELETE"]) => {
                    self.hidden(&relation.id);
                }
                None => self.remove(&relation.id),
            }
        }
        for (named, columns) in &served.relations {
            if self.shape.relations.contains_key(named) {
                continue;
            }
            let id = ObjectId::new(ClassName::new(table::CLASS.name), named.to_string());
            self.add(id.clone(), None, &named.schema);
            for name in columns.keys() {
                let path = sql::qualified(&[&named.schema, &named.name, name]);
                self.add(id_of_column(&path), Some(id.clone()), &named.schema);
            }
        }
    }

    /// Columns of views are no objects, and nothing says how a column of theirs came about.
    fn columns(
        &mut self,
        named: &Named,
        relation: &Relation,
        served: &BTreeMap<String, ServedColumn>,
    ) {
        let Some(columns) = &relation.columns else {
            return;
        };
        let has_objects = matches!(relation.kind, RelationKind::Table | RelationKind::Foreign);
        if !has_objects {
            let names: BTreeSet<&String> = columns.iter().map(|column| &column.name).collect();
            if names != served.keys().collect::<BTreeSet<_>>() {
                let list: Vec<&str> = served.keys().map(String::as_str).collect();
                let told = format!("a view of {}", list.join(", "));
                self.change(&relation.id, "definition", told.into());
            }
            return;
        }
        let path = |name: &str| sql::qualified(&[&named.schema, &named.name, name]);
        for column in columns {
            let id = id_of_column(&path(&column.name));
            match served.get(&column.name) {
                Some(told) => self.column(&id, column, told),
                None => self.remove(&id),
            }
        }
        for name in served.keys().filter(|name| relation.column(name).is_none()) {
            let id = id_of_column(&path(name));
            self.add(id, Some(relation.id.clone()), &named.schema);
        }
        self.primary_key(named, relation, served);
        self.foreign_keys(named, relation, served);
    }

    fn column(&mut self, id: &ObjectId, column: &Column, told: &ServedColumn) {
        if let Some(type_name) = &told.type_name {
            let has_other_length = || {
                let expected = length(&column.type_name);
                expected != told.length && plain(&column.type_name) == plain(type_name)
            };
            if !self.is_same_type(&column.type_name, type_name) || has_other_length() {
                let length = told.length.map(|length| format!("({length})"));
                let told = format!("{type_name}{}", length.unwrap_or_default());
                self.change(id, "type", told.into());
            }
        }
        // Some versions leave those with a default out of what is required.
        let has_default = column.has_default || told.default.is_some();
        let is_nullable = !told.is_required && !has_default;
        if told.is_required && !column.is_required {
            self.change(id, "not_null", true.into());
        } else if column.is_required && is_nullable {
            self.change(id, "not_null", false.into());
        }
        self.default(id, column, told);
    }
}

/// How many characters or bits a type takes, as `information_schema._pg_char_max_length` says; nothing for one without a
/// limit, and for lists, of which lengths are not told.
fn length(type_name: &str) -> Option<u64> {
    let (name, rest) = type_name.split_once('(')?;
    let has_length = matches!(
        name,
        "character varying" | "character" | "bit" | "bit varying"
    );
    rest.strip_suffix(')').filter(|_| has_length)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_types_of_characters_and_bits_have_a_length() {
        assert_eq!(length("character varying(20)"), Some(20));
        assert_eq!(length("character(1)"), Some(1));
        assert_eq!(length("character varying(20)[]"), None);
        assert_eq!(length("numeric(10,2)"), None);
        assert_eq!(length("bit varying(3)"), Some(3));
        assert_eq!(length("text"), None);
    }
}
