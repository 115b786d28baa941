//! Which code uses which object: what is safe to drop.

use std::collections::{BTreeMap, BTreeSet};

use super::hold::{Held, How, Reference};
use crate::classes::shape::{Shape, id_of_column};
use crate::contract::ObjectId;

/// Uses by object, and objects without any.
#[derive(Debug, Clone, Default)]
pub struct Map {
    /// Uses of each object, by file and place.
    pub uses: BTreeMap<ObjectId, Vec<Reference>>,
    /// Relations, functions and columns of the API's schemas that no code was seen to use.
    pub unused: BTreeSet<ObjectId>,
    /// Uses that nobody could judge: each of them may be one of what is unused.
    pub open: usize,
}

impl Map {
    /// Puts together what code was seen to use of a shape, in one schema and all others that it uses.
    pub fn of(held: &Held, shape: &Shape, schema: &str) -> Self {
        let mut uses: BTreeMap<ObjectId, Vec<Reference>> = BTreeMap::new();
        for reference in &held.references {
            let of_object = uses.entry(reference.object.clone()).or_default();
            of_object.push(reference.clone());
        }
        let mut unused = BTreeSet::new();
        for (named, relation) in &shape.relations {
            if named.schema != schema || relation.is_partition {
                continue;
            }
            let Some(of_relation) = uses.get(&relation.id) else {
                unused.insert(relation.id.clone());
                continue;
            };
            if of_relation.iter().any(|one| one.how == How::ReadsAll) {
                continue;
            }
            let columns = relation.columns.iter().flatten().map(|column| {
                id_of_column(&crate::sql::qualified(&[
                    &named.schema,
                    &named.name,
                    &column.name,
                ]))
            });
            unused.extend(columns.filter(|id| !uses.contains_key(id)));
        }
        let routines = shape
            .routines
            .iter()
            .filter(|(named, _)| named.schema == schema)
            .flat_map(|(_, routines)| routines);
        // A trigger's function is used by its trigger.
        let called = routines.filter(|routine| !routine.is_trigger);
        unused.extend(
            called
                .map(|routine| routine.id.clone())
                .filter(|id| !uses.contains_key(id)),
        );
        Self {
            uses,
            unused,
            open: held.open.len(),
        }
    }
}
