//! What a contract offers to who uses it: relations with columns and keys, functions with arguments, and who may do what.
//!
//! A shape is made once from a contract and only looked things up in: it is what a request meets, not what is compared.

mod build;
mod origins;
mod reach;
mod routine;
mod served;
mod types;
mod views;

use std::collections::{BTreeMap, BTreeSet};

use crate::contract::{ClassName, Contract, ObjectId};

pub use build::{foreign_keys, tables};
pub use reach::Reach;
pub use routine::{Argument, Routine};
pub use served::{ALLOWED_VALUES, Served, ServedArgument, ServedColumn, ServedRoutine};
pub use types::Kind;

/// A schema and a name in it, neither quoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named {
    /// The schema.
    pub schema: String,
    /// The name.
    pub name: String,
}

impl Named {
    /// Puts the two together.
    pub fn new(schema: &str, name: &str) -> Self {
        Self {
            schema: schema.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Reads a quoted, qualified name; `None` where it is another number of names than two.
    pub fn read(path: &str) -> Option<Self> {
        match crate::sql::parts(path).as_slice() {
            [schema, name] => Some(Self::new(schema, name)),
            _ => None,
        }
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::sql::qualified(&[&self.schema, &self.name]))
    }
}

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// A table, partitioned or not.
    Table,
    /// A view.
    View,
    /// A materialized view: nobody writes it.
    Materialized,
    /// A foreign table.
    Foreign,
}

/// A table or view.
#[derive(Debug, Clone)]
pub struct Relation {
    /// Which object of the contract it is.
    pub id: ObjectId,
    /// What it is.
    pub kind: RelationKind,
    /// Its columns in order; `None` where the contract does not say them, such as of a platform's tables.
    pub columns: Option<Vec<Column>>,
    /// Columns of its primary key, of a view of the one that it shows whole; empty without one.
    pub primary_key: Vec<String>,
    /// Columns of keys and unique indexes that hold for all rows, the primary key's included.
    pub uniques: Vec<BTreeSet<String>>,
    /// Columns that an index begins with.
    pub leading: BTreeSet<String>,
    /// Columns that a trigger or rule may fill before a row is written: it has a trigger before insert.
    pub is_filled_by_triggers: bool,
    /// Whether a partition: its parent stands for it in requests.
    pub is_partition: bool,
    /// Of a view: whether each of its columns is known to come from one of a table, or from none.
    pub is_traced: bool,
}

impl Relation {
    /// A column by name; `None` too where columns are not known.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns
            .as_ref()?
            .iter()
            .find(|column| column.name == name)
    }
}

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as Postgres prints it.
    pub type_name: String,
    /// What values it takes.
    pub kind: Kind,
    /// Whether it refuses null.
    pub is_required: bool,
    /// Whether a row gets a value for it when none is given.
    pub has_default: bool,
    /// Whether nobody may write it: generated, or an identity that is always given.
    pub is_generated: bool,
    /// The column of a table that a view shows under this name.
    pub origin: Option<(Named, String)>,
}

/// A foreign key, or what one becomes where views show its columns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The name of the foreign key.
    pub name: String,
    /// The relation that refers.
    pub from: Named,
    /// Its columns.
    pub columns: Vec<String>,
    /// The relation that is referred to.
    pub to: Named,
    /// The columns it is referred to by.
    pub to_columns: Vec<String>,
    /// Whether views stand on one of its sides or both.
    pub is_of_views: bool,
}

/// The id of a column by its qualified name.
pub fn id_of_column(path: &str) -> ObjectId {
    ObjectId::new(ClassName::new(super::column::CLASS.name), path)
}

/// The id of a storage bucket.
pub fn id_of_bucket(name: &str) -> ObjectId {
    ObjectId::new(
        ClassName::new(super::bucket::CLASS.name),
        crate::sql::identifier(name),
    )
}

/// What a contract offers.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// Tables and views.
    pub relations: BTreeMap<Named, Relation>,
    /// Foreign keys, those that views show included.
    pub links: Vec<Link>,
    /// Functions by name; several with other arguments.
    pub routines: BTreeMap<Named, Vec<Routine>>,
    /// Storage buckets by id; `None` where the contract does not say them.
    pub buckets: Option<BTreeSet<String>>,
    /// Enum types with their values.
    pub enums: BTreeMap<Named, Vec<String>>,
    /// Functions of extensions, where the contract says them.
    pub members: BTreeSet<Named>,
    /// Schemas that extensions put functions into that the contract does not say.
    pub extension_schemas: BTreeSet<String>,
    /// Tables whose changes are sent to listeners; `None` where no publication is known or one has all tables.
    pub published: Option<BTreeSet<Named>>,
    /// Schemas of the contract.
    pub schemas: BTreeSet<String>,
    reach: Reach,
}

impl Shape {
    /// The shape of a contract.
    pub fn of(contract: &Contract) -> Self {
        build::shape(contract)
    }

    /// What roles may do.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// A relation by schema and name.
    pub fn relation(&self, schema: &str, name: &str) -> Option<&Relation> {
        self.relations.get(&Named::new(schema, name))
    }

    /// The functions of a schema by name.
    pub fn routines_of(&self, schema: &str, name: &str) -> &[Routine] {
        self.routines
            .get(&Named::new(schema, name))
            .map_or(&[], Vec::as_slice)
    }

    /// Names of the relations of a schema.
    pub fn relation_names<'a>(&'a self, schema: &'a str) -> impl Iterator<Item = &'a str> {
        self.relations
            .keys()
            .filter(move |named| named.schema == schema)
            .map(|named| named.name.as_str())
    }

    /// Names of the functions of a schema.
    pub fn routine_names<'a>(&'a self, schema: &'a str) -> impl Iterator<Item = &'a str> {
        self.routines
            .keys()
            .filter(move |named| named.schema == schema)
            .map(|named| named.name.as_str())
    }
}
