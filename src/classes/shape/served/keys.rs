//! Keys, of which the description's remarks tell columns and targets, and no names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{Implying, ServedColumn};
use crate::classes::constraint;
use crate::classes::shape::{Link, Named, Relation, RelationKind};
use crate::contract::{ClassName, ObjectId};
use crate::sql;

impl Implying<'_> {
    /// Which columns are the primary key's.
    pub(super) fn primary_key(
        &mut self,
        named: &Named,
        relation: &Relation,
        served: &BTreeMap<String, ServedColumn>,
    ) {
        let expected: BTreeSet<&String> = relation.primary_key.iter().collect();
        let told = served.iter().filter(|(_, told)| told.is_key);
        let told: BTreeSet<&String> = told.map(|(name, _)| name).collect();
        if told == expected {
            return;
        }
        let mut all = self.contract.objects.values();
        let known = all
            .find(|object| {
                object.id.class.as_str() == constraint::CLASS.name
                    && object.parent.as_ref() == Some(&relation.id)
                    && object.text("kind") == Some("primary key")
            })
            .map(|object| object.id.clone());
        match (known, told.is_empty()) {
            (Some(id), true) => self.remove(&id),
            (Some(id), false) => self.change(&id, "columns", json!(told)),
            (None, _) => {
                let id = id_of_key(named, &format!("{}_pkey", named.name));
                self.add(id.clone(), Some(relation.id.clone()), &named.schema);
                self.change(&id, "kind", "primary key".into());
                self.change(&id, "columns", json!(told));
            }
        }
    }

    /// What single columns refer to. Of several foreign keys of a column one is told; one into another schema never is.
    pub(super) fn foreign_keys(
        &mut self,
        named: &Named,
        relation: &Relation,
        served: &BTreeMap<String, ServedColumn>,
    ) {
        for (name, told) in served {
            // What a new column refers to is not told apart from the column.
            if relation.column(name).is_none() {
                continue;
            }
            let is_of_column = |link: &&Link| {
                !link.is_of_views && link.from == *named && link.columns == [name.as_str()]
            };
            let links = self.shape.links.iter().filter(is_of_column);
            let links: Vec<Link> = links.cloned().collect();
            match &told.refers_to {
                None => self.gone(named, relation, name, &links),
                Some((table, column)) if !self.is_view(&named.schema, table) => {
                    self.referring(named, relation, name, (table, column), &links);
                }
                // Older versions name a view of what is referred to, where there is one.
                Some(_) => {}
            }
        }
    }

    fn gone(&mut self, named: &Named, relation: &Relation, column: &str, links: &[Link]) {
        // Older versions do not tell what refers to one row from one row.
        let is_unique = |unique: &BTreeSet<String>| unique.len() == 1 && unique.contains(column);
        if relation.uniques.iter().any(is_unique) {
            return;
        }
        for link in links.iter().filter(|link| link.to.schema == named.schema) {
            self.remove(&id_of_key(named, &link.name));
        }
    }

    fn referring(
        &mut self,
        named: &Named,
        relation: &Relation,
        column: &str,
        (table, key): (&str, &str),
        links: &[Link],
    ) {
        let is_meant = |link: &Link| {
            link.to.schema == named.schema && link.to.name == table && link.to_columns == [key]
        };
        if links.iter().any(is_meant) {
            return;
        }
        let target = sql::qualified(&[&named.schema, table]);
        let mut here = links.iter().filter(|link| link.to.schema == named.schema);
        match (here.next(), here.next()) {
            (Some(link), None) => {
                let id = id_of_key(named, &link.name);
                self.change(&id, "references", target.into());
                self.change(&id, "referenced_columns", json!([key]));
            }
            _ => {
                let id = id_of_key(named, &format!("{}_{column}_fkey", named.name));
                self.add(id.clone(), Some(relation.id.clone()), &named.schema);
                self.change(&id, "kind", "foreign key".into());
                self.change(&id, "columns", json!([column]));
                self.change(&id, "references", target.into());
                self.change(&id, "referenced_columns", json!([key]));
            }
        }
    }

    fn is_view(&self, schema: &str, name: &str) -> bool {
        let relation = self.shape.relations.get(&Named::new(schema, name));
        relation.is_some_and(|relation| {
            matches!(
                relation.kind,
                RelationKind::View | RelationKind::Materialized
            )
        })
    }
}

/// A key by its name, which of one that nobody declared is the one Postgres would give.
fn id_of_key(named: &Named, name: &str) -> ObjectId {
    let path = sql::qualified(&[&named.schema, &named.name, name]);
    ObjectId::new(ClassName::new(constraint::CLASS.name), path)
}
