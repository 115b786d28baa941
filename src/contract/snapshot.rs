//! A contract as a JSON file: what `inventory` writes and a `.json` source reads.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Contract, Coverage, Facts, Location, Object, ObjectId, ServerVersion};

const VERSION: u32 = 1;

/// Why a file is no contract.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Not JSON, or JSON of another shape.
    #[error("not a contract file")]
    Json(#[from] serde_json::Error),
    /// Made by a tool that writes another version of the format.
    #[error("contract format {found}, this program reads {VERSION}")]
    Version {
        /// The version the file names.
        found: u32,
    },
    /// The same object twice.
    #[error("object {0} stands twice in it")]
    Duplicate(ObjectId),
    /// An object inside of itself.
    #[error("object {0} is inside of itself")]
    Cycle(ObjectId),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    contract_version: u32,
    server: ServerVersion,
    coverage: Coverage,
    #[serde(default)]
    knows_needs: bool,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    migrations: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    members: Vec<(ObjectId, String)>,
    objects: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: ObjectId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<ObjectId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    #[serde(default, skip_serializing_if = "has_none")]
    facts: Facts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    fact_locations: BTreeMap<String, Location>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    needs: BTreeSet<ObjectId>,
}

fn has_none(facts: &Facts) -> bool {
    facts.is_empty()
}

/// Writes a contract as JSON, sorted, one object after the other, with a final newline.
pub fn to_json(contract: &Contract) -> String {
    let file = File {
        contract_version: VERSION,
        server: contract.server.clone(),
        coverage: contract.coverage.clone(),
        knows_needs: contract.knows_needs,
        migrations: contract.migrations.clone(),
        members: contract.members.clone().into_iter().collect(),
        objects: contract
            .objects
            .values()
            .map(|object| entry(object, contract.needs.get(&object.id)))
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&file).expect("a contract is plain JSON data");
    text.push('\n');
    text
}

/// Reads a contract that [`to_json`] wrote; anything else is an error, never a part of a contract.
pub fn from_json(text: &str) -> Result<Contract, SnapshotError> {
    let file: File = serde_json::from_str(text)?;
    if file.contract_version != VERSION {
        return Err(SnapshotError::Version {
            found: file.contract_version,
        });
    }
    let mut objects = BTreeMap::new();
    let mut needs = BTreeMap::new();
    for entry in file.objects {
        if !entry.needs.is_empty() {
            needs.insert(entry.id.clone(), entry.needs);
        }
        let object = Object {
            id: entry.id,
            parent: entry.parent,
            schema: entry.schema.map(Into::into),
            facts: entry.facts.pooled(),
            location: entry.location,
            fact_locations: entry.fact_locations,
        };
        if let Some(twice) = objects.insert(object.id.clone(), object) {
            return Err(SnapshotError::Duplicate(twice.id));
        }
    }
    if let Some(id) = inside_itself(&objects) {
        return Err(SnapshotError::Cycle(id));
    }
    Ok(Contract {
        server: file.server,
        objects,
        needs,
        knows_needs: file.knows_needs,
        members: file.members.into_iter().collect(),
        migrations: file.migrations,
        coverage: file.coverage,
    })
}

/// An object that is found again among its own ancestors: no database can say so, a file can.
fn inside_itself(objects: &BTreeMap<ObjectId, Object>) -> Option<ObjectId> {
    let parent_of = |id: &ObjectId| objects.get(id).and_then(|object| object.parent.as_ref());
    let cycles = |start: &&ObjectId| {
        let mut steps = 0;
        let mut parent = parent_of(start);
        while let Some(id) = parent {
            steps += 1;
            if steps > objects.len() {
                return true;
            }
            parent = parent_of(id);
        }
        false
    };
    objects.keys().find(cycles).cloned()
}

fn entry(object: &Object, needs: Option<&BTreeSet<ObjectId>>) -> Entry {
    Entry {
        id: object.id.clone(),
        parent: object.parent.clone(),
        schema: object.schema.as_deref().map(str::to_owned),
        facts: object.facts.clone(),
        location: object.location.clone(),
        fact_locations: object.fact_locations.clone(),
        needs: needs.cloned().unwrap_or_default(),
    }
}
