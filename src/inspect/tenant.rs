//! One schema of many that are made alike, as if all had the same name.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::classes::Class;
use crate::contract::{Contract, Object, ObjectId};
use crate::sql;

/// A schema, and the name that it is told under.
#[derive(Debug, Clone)]
pub struct Tenant {
    name: String,
    alias: String,
}

impl Tenant {
    /// Takes both names unquoted.
    pub fn new(name: &str, alias: &str) -> Self {
        Self {
            name: name.to_owned(),
            alias: alias.to_owned(),
        }
    }

    /// What a contract says of this schema, and of what is in none, under the other name.
    pub fn slice(&self, whole: &Contract) -> Contract {
        let own = |object: &&Object| match &object.schema {
            Some(schema) => **schema == *self.name,
            None => true,
        };
        let objects = whole.objects.values().filter(own).map(|object| {
            let object = self.respelled(object);
            (object.id.clone(), object)
        });
        Contract {
            server: whole.server.clone(),
            objects: objects.collect(),
            coverage: whole.coverage.clone(),
            ..Contract::default()
        }
    }

    /// Spells the schema's name otherwise in texts that Postgres keeps as they were written, such as bodies: all
    /// others change with the schema's own name.
    pub fn respell_written(&self, contract: &mut Contract) {
        for object in contract.objects.values_mut() {
            let class = Class::named(object.id.class.as_str());
            let facts = class.map(|class| class.facts).unwrap_or_default();
            for (name, value) in object.facts.edit() {
                let is_written = facts
                    .iter()
                    .all(|fact| fact.name != name || fact.printed.is_none());
                if is_written {
                    *value = self.value(value);
                }
            }
        }
    }

    /// Takes the lines of migrations over from the same contract under the schema's own name.
    pub fn locate(&self, contract: &mut Contract, original: &Contract) {
        let located: BTreeMap<ObjectId, &Object> = original
            .objects
            .iter()
            .map(|(id, object)| (self.id(id), object))
            .collect();
        for (id, object) in &mut contract.objects {
            if let Some(known) = located.get(id) {
                object.location.clone_from(&known.location);
                object.fact_locations.clone_from(&known.fact_locations);
            }
        }
    }

    fn respelled(&self, object: &Object) -> Object {
        let facts = object.facts.iter();
        Object {
            id: self.id(&object.id),
            parent: object.parent.as_ref().map(|id| self.id(id)),
            schema: object
                .schema
                .as_ref()
                .map(|schema| match **schema == *self.name {
                    true => Arc::from(self.alias.as_str()),
                    false => schema.clone(),
                }),
            facts: facts
                .map(|(name, value)| (name.clone(), self.value(value)))
                .collect(),
            ..object.clone()
        }
    }

    fn id(&self, id: &ObjectId) -> ObjectId {
        let path = self.text(&id.path, false);
        ObjectId::new(id.class.clone(), path)
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let is_list = text.starts_with("search_path=");
                let is_whole = *text == sql::identifier(&self.name);
                Value::String(self.text(text, !is_list && !is_whole))
            }
            Value::Array(values) => values.iter().map(|value| self.value(value)).collect(),
            Value::Object(values) => {
                let values = values
                    .iter()
                    .map(|(key, value)| (key.clone(), self.value(value)));
                Value::Object(values.collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn text(&self, text: &str, only_qualifying: bool) -> String {
        let (name, alias) = (sql::identifier(&self.name), sql::identifier(&self.alias));
        sql::respelled(text, &name, &alias, only_qualifying)
    }
}
