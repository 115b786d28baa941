//! Generated types, held to the contract that they were made from.

use std::sync::Arc;

use super::walk::Walk;
use crate::classes::shape::{self, Named};
use crate::usage::code::Place;
use crate::usage::generated::{Column, Enum, Function, Kind, Relation, Schema};

/// How many differences a sentence names.
const TOLD: usize = 4;

/// A difference and where it shows.
type Difference = (Place, String);

impl Walk<'_, '_> {
    /// Says where types and contract differ: once a table, a function or an enum.
    pub(super) fn generated(&mut self, schemas: &[Schema]) {
        for schema in schemas {
            // What is not exposed needs no types, and the platform's own is not in the contract.
            let is_ours = self.shape.schemas.contains(&*schema.name)
                && !self.terms.platform_schemas.contains(&*schema.name);
            if is_ours {
                self.typed_schema(schema);
            }
        }
    }

    fn typed_schema(&mut self, schema: &Schema) {
        let shape = self.shape;
        let named = |name: &str| Named::new(&schema.name, name);
        for typed in &schema.relations {
            let about = named(&typed.name);
            match shape.relations.get(&about) {
                Some(relation) => self.stale(&about, of_relation(typed, relation)),
                None => self.gone(&about, "table or view", typed.place),
            }
        }
        for typed in &schema.functions {
            let about = named(&typed.name);
            match shape.routines.get(&about).map(Vec::as_slice) {
                Some([routine]) => self.stale(&about, of_function(typed, routine)),
                Some(_) => {}
                None => self.gone(&about, "function", typed.place),
            }
        }
        for typed in &schema.enums {
            let about = named(&typed.name);
            match shape.enums.get(&about) {
                Some(values) => self.stale(&about, of_enum(typed, values)),
                None => self.gone(&about, "enum type", typed.place),
            }
        }
        if schema.is_whole {
            self.lacking(schema);
        }
    }

    fn stale(&mut self, about: &Named, mut differences: Vec<Difference>) {
        differences.sort();
        let Some((first, _)) = differences.first() else {
            return;
        };
        let place = *first;
        let told: Vec<String> = differences.into_iter().map(|(_, told)| told).collect();
        let message = format!("the types of {about} are stale: {}", told_of(&told));
        self.problem("usage-types-stale", about.to_string(), message, None, place);
    }

    /// What types have and the contract does not: an extension may have brought it.
    fn gone(&mut self, about: &Named, what: &str, place: Place) {
        let is_of_extensions = self.shape.extension_schemas.contains(&about.schema)
            || self.shape.members.contains(about);
        if is_of_extensions {
            return self.open(
                place,
                &format!("{about} may come from an extension, which the contract does not say"),
            );
        }
        let message = format!("the types have {about}, and there is no such {what}");
        self.problem("usage-types-stale", about.to_string(), message, None, place);
    }

    /// What the contract has and types do not, in one finding: they are all generated again at once.
    fn lacking(&mut self, schema: &Schema) {
        let shape = self.shape;
        let is_typed = |name: &str| schema.relations.iter().any(|one| &*one.name == name);
        let relations = shape.relations.iter().filter(|(named, relation)| {
            *named.schema == *schema.name && !relation.is_partition && !is_typed(&named.name)
        });
        let called = |name: &str| {
            let one = schema.functions.iter().any(|one| &*one.name == name);
            one || schema.overloaded.iter().any(|one| &**one == name)
        };
        let routines = shape.routines.iter().filter(|(named, routines)| {
            *named.schema == *schema.name
                && !routines.iter().all(|routine| routine.is_trigger)
                && !called(&named.name)
        });
        let enums = shape.enums.keys().filter(|named| {
            *named.schema == *schema.name
                && !schema.enums.iter().any(|one| *one.name == *named.name)
        });
        let names = relations
            .map(|(named, _)| named.name.as_str())
            .chain(routines.map(|(named, _)| named.name.as_str()))
            .chain(enums.map(|named| named.name.as_str()));
        let told: Vec<String> = names.map(crate::sql::identifier).collect();
        if told.is_empty() {
            return;
        }
        let about = crate::sql::identifier(&schema.name);
        let message = format!(
            "the types of schema {about} are stale: they lack {}",
            told_of(&told)
        );
        self.problem("usage-types-stale", about, message, None, schema.place);
    }
}

fn told_of(told: &[String]) -> String {
    let named = told.iter().take(TOLD).cloned().collect::<Vec<_>>();
    match told.len().saturating_sub(TOLD) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn of_relation(typed: &Relation, relation: &shape::Relation) -> Vec<Difference> {
    let Some(columns) = &relation.columns else {
        return Vec::new();
    };
    let mut differences = Vec::new();
    for column in &typed.columns {
        let found = columns.iter().find(|one| one.name == *column.name);
        let told = match found {
            None => Some(format!("there is no column {}", column.name)),
            Some(found) => of_column(column, found, typed),
        };
        differences.extend(told.map(|told| (column.place, told)));
    }
    let is_typed = |name: &str| typed.columns.iter().any(|one| &*one.name == name);
    let lacking = columns.iter().filter(|column| !is_typed(&column.name));
    differences.extend(lacking.map(|column| {
        let told = format!("column {} is not in them", column.name);
        (typed.row, told)
    }));
    differences
}

fn of_column(typed: &Column, column: &shape::Column, of: &Relation) -> Option<String> {
    let name = &column.name;
    if !is_of(&typed.kind, column) {
        return Some(format!("column {name} is {}", column.type_name));
    }
    if of.is_view {
        return None;
    }
    if typed.may_be_null == column.is_required {
        return Some(match column.is_required {
            true => format!("column {name} refuses null"),
            false => format!("column {name} may be null"),
        });
    }
    let is_needed = column.is_required && !column.has_default && !column.is_generated;
    (is_needed && of.optional.contains(&Arc::from(name.as_str())))
        .then(|| format!("column {name} has no default"))
}

/// Whether values of a type are what the generator makes of a column, as far as both are known.
///
/// Source: `typescript.ts` of postgres-meta's templates. Large numbers are often typed as texts by hand.
fn is_of(typed: &Kind, column: &shape::Column) -> bool {
    if let Kind::Enum(schema, name) = typed {
        let parts = crate::sql::parts(&column.type_name);
        let is_same = matches!(parts.as_slice(), [a, b] if **a == **schema && **b == **name);
        return is_same || column.kind == shape::Kind::Other;
    }
    fits(typed, &column.kind)
}

fn fits(typed: &Kind, kind: &shape::Kind) -> bool {
    use shape::Kind as Of;
    match (typed, kind) {
        (Kind::Other, _) | (_, Of::Other) => true,
        (Kind::Text, Of::Text(_) | Of::Uuid | Of::Moment | Of::Number) => true,
        (Kind::Text, Of::Integer(least, _)) => *least == i64::MIN,
        (Kind::Number, Of::Integer(..) | Of::Number) => true,
        (Kind::Boolean, Of::Boolean) | (Kind::Json, Of::Json) => true,
        (Kind::Enum(..), Of::Enum(_)) => true,
        (Kind::List(typed), Of::List(kind)) => fits(typed, kind),
        _ => false,
    }
}

fn of_function(typed: &Function, routine: &shape::Routine) -> Vec<Difference> {
    let Some(arguments) = &typed.arguments else {
        return Vec::new();
    };
    let names: Option<Vec<&str>> = routine
        .arguments
        .iter()
        .map(|argument| argument.name.as_deref())
        .collect();
    // Arguments without names are typed under no name.
    let Some(names) = names else {
        return Vec::new();
    };
    let extra = arguments
        .iter()
        .filter(|name| !names.contains(&&***name))
        .map(|name| (typed.place, format!("it has no argument {name}")));
    let lacking = names
        .iter()
        .filter(|name| !arguments.iter().any(|one| **one == ***name))
        .map(|name| (typed.place, format!("argument {name} is not in them")));
    extra.chain(lacking).collect()
}

fn of_enum(typed: &Enum, values: &[String]) -> Vec<Difference> {
    let extra = typed
        .values
        .iter()
        .filter(|value| !values.iter().any(|one| **one == ***value))
        .map(|value| (typed.place, format!("there is no value {value:?}")));
    let lacking = values
        .iter()
        .filter(|value| !typed.values.iter().any(|one| **one == ***value))
        .map(|value| (typed.place, format!("value {value:?} is not in them")));
    extra.chain(lacking).collect()
}
