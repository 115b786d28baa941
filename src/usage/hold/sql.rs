//! Statements of SQL, held to what a contract offers.
//!
//! A statement may run with another search path or against another database than the contract's: only what cannot
//! be meant otherwise is a problem, and the rest is left open.

use super::rows::{Found, Rows, find, names};
use super::walk::Walk;
use super::{How, nearest};
use crate::classes::shape::{Named, Relation, RelationKind};
use crate::usage::code::{Place, Query};
use crate::usage::sql::{self, Column, Function, Name, Reading, Role, Statement};

/// What a statement's relation is to the contract.
enum Meant<'a> {
    /// One of its own.
    Known(&'a Named, &'a Relation),
    /// Nothing that it could say.
    Elsewhere,
    /// Nothing there is; the nearest name, if one is near.
    Missing(Option<String>),
}

impl<'a> Walk<'a, '_> {
    pub(super) fn queries(&mut self, queries: &[Query]) {
        if queries.is_empty() {
            return;
        }
        let readings = sql::statements(queries);
        // Where no statement of a file knows a relation of the contract, all of them may be another database's.
        let is_ours = readings
            .iter()
            .flat_map(|reading| &reading.statements)
            .any(|statement| {
                let mut relations = statement.relations.iter();
                relations.any(|one| matches!(self.meant(one), Meant::Known(..)))
            });
        for reading in &readings {
            self.reading(reading, is_ours);
        }
    }

    fn reading(&mut self, reading: &Reading, is_ours: bool) {
        for (place, why) in &reading.unread {
            self.open(*place, &format!("the statement was not read: {why}"));
        }
        for statement in &reading.statements {
            self.statement(statement, is_ours);
        }
    }

    fn statement(&mut self, statement: &Statement, is_ours: bool) {
        let mut all = Vec::new();
        for (at, relation) in statement.relations.iter().enumerate() {
            let meant = self.meant(relation);
            match &meant {
                Meant::Known(named, known) => {
                    self.judged();
                    self.role(named, known, relation);
                    if statement.whole.contains(&at) {
                        self.uses(&known.id, How::ReadsAll, relation.name.place);
                    }
                }
                Meant::Missing(near) => self.missing(relation, near.clone(), is_ours),
                Meant::Elsewhere => {}
            }
            all.push(meant);
        }
        for column in &statement.columns {
            self.stated_column(column, &all);
        }
        for function in &statement.functions {
            self.function(function);
        }
    }

    /// Finds what a statement means by a name.
    fn meant(&self, relation: &sql::Relation) -> Meant<'a> {
        let (shape, terms) = (self.shape, self.terms);
        let name = &relation.name.text;
        if let Some(schema) = &relation.schema {
            if let Some((named, known)) = shape.relations.get_key_value(&Named::new(schema, name)) {
                return Meant::Known(named, known);
            }
            let is_ours =
                shape.schemas.contains(schema) && !terms.platform_schemas.contains(schema);
            if !is_ours || shape.extension_schemas.contains(schema) {
                return Meant::Elsewhere;
            }
            return Meant::Missing(nearest::nearest(name, shape.relation_names(schema)));
        }
        for schema in [terms.schema.as_str(), "public"] {
            if let Some((named, known)) = shape.relations.get_key_value(&Named::new(schema, name)) {
                return Meant::Known(named, known);
            }
        }
        let elsewhere = shape.relations.keys().any(|named| named.name == *name);
        if elsewhere || name.starts_with("pg_") || shape.extension_schemas.contains(&terms.schema) {
            return Meant::Elsewhere;
        }
        Meant::Missing(nearest::nearest(name, shape.relation_names(&terms.schema)))
    }

    fn missing(&mut self, relation: &sql::Relation, near: Option<String>, is_ours: bool) {
        let schema = relation.schema.as_deref().unwrap_or(&self.terms.schema);
        let wanted = Named::new(schema, &relation.name.text);
        let place = relation.name.place;
        if !is_ours {
            let why = format!(
                "there is no {wanted}, and nothing shows that this asks the contract's database"
            );
            return self.open(place, &why);
        }
        self.judged();
        let message = format!("there is no table or view {wanted}");
        self.problem(
            "usage-table-missing",
            wanted.to_string(),
            message,
            near,
            place,
        );
    }

    /// What a statement does with a relation.
    fn role(&mut self, named: &'a Named, relation: &'a Relation, used: &sql::Relation) {
        let place = used.name.place;
        let how = match &used.role {
            Role::Read => How::Reads,
            Role::Insert(_) => How::Inserts,
            Role::Update(_) => How::Updates,
            Role::Delete => How::Deletes,
        };
        self.uses(&relation.id, how, place);
        match &used.role {
            Role::Insert(Some(columns)) => {
                for column in columns {
                    self.written(named, relation, column, how);
                }
                self.required(named, relation, columns, place);
            }
            Role::Update(columns) => {
                for column in columns {
                    self.written(named, relation, column, how);
                }
            }
            Role::Read | Role::Insert(None) | Role::Delete => {}
        }
    }

    fn written(&mut self, named: &'a Named, relation: &'a Relation, name: &Name, how: How) {
        match relation.column(&name.text) {
            Some(column) => self.uses_column(named, relation, column, how, name.place),
            None if relation.columns.is_some() => self.no_column(&[(named, relation)], name),
            None => {}
        }
    }

    fn required(&mut self, named: &Named, relation: &Relation, given: &[Name], place: Place) {
        if relation.kind != RelationKind::Table || relation.is_filled_by_triggers {
            return;
        }
        let columns = relation.columns.iter().flatten();
        let missing: Vec<&str> = columns
            .filter(|column| column.is_required && !column.has_default && !column.is_generated)
            .map(|column| column.name.as_str())
            .filter(|name| !given.iter().any(|given| given.text == *name))
            .collect();
        if missing.is_empty() {
            return;
        }
        let verb = if missing.len() == 1 { "is" } else { "are" };
        let message = format!(
            "a row of {named} needs {}, which {verb} not given",
            missing.join(", ")
        );
        self.problem(
            "usage-not-null-missing",
            named.to_string(),
            message,
            None,
            place,
        );
    }

    /// A column that an expression names; one of several relations may have it.
    fn stated_column(&mut self, column: &Column, all: &[Meant<'a>]) {
        let known: Option<Vec<(&'a Named, &'a Relation)>> = column
            .candidates
            .iter()
            .map(|at| match all.get(*at) {
                Some(Meant::Known(named, relation)) if relation.columns.is_some() => {
                    Some((*named, *relation))
                }
                _ => None,
            })
            .collect();
        let Some(known) = known.filter(|known| !known.is_empty()) else {
            return;
        };
        let mut is_found = false;
        for (named, relation) in &known {
            match find(
                self.shape,
                &Rows::Relation(named, relation),
                &column.name.text,
            ) {
                Found::Column(found) => {
                    self.uses_column(named, relation, found, How::Reads, column.name.place);
                    is_found = true;
                }
                Found::Missing => {}
                Found::Computed(_) | Found::Given | Found::Unknown => is_found = true,
            }
        }
        if !is_found {
            self.no_column(&known, &column.name);
        }
    }

    fn no_column(&mut self, relations: &[(&'a Named, &'a Relation)], name: &Name) {
        let mut candidates: Vec<&Named> = relations.iter().map(|(named, _)| *named).collect();
        candidates.sort();
        candidates.dedup();
        let columns = relations
            .iter()
            .flat_map(|(named, relation)| names(&Rows::Relation(named, relation)));
        let near = nearest::nearest(&name.text, columns);
        let list: Vec<String> = candidates.iter().map(ToString::to_string).collect();
        let message = match list.as_slice() {
            [only] => format!("{only} has no column {}", name.text),
            several => format!("none of {} has a column {}", several.join(", "), name.text),
        };
        let about = list.first().cloned().unwrap_or_default();
        self.problem("usage-column-missing", about, message, near, name.place);
    }

    /// A function by its schema; without one a built-in may be meant.
    fn function(&mut self, function: &Function) {
        let Some(schema) = function.schema.as_deref() else {
            return self.plain_function(function);
        };
        let shape = self.shape;
        let wanted = Named::new(schema, &function.name.text);
        let place = function.name.place;
        if let Some(routines) = shape.routines.get(&wanted) {
            self.judged();
            for routine in routines {
                self.uses(&routine.id, How::Calls, place);
            }
            return;
        }
        let is_ours =
            shape.schemas.contains(schema) && !self.terms.platform_schemas.contains(schema);
        if !is_ours || shape.extension_schemas.contains(schema) || shape.members.contains(&wanted) {
            return;
        }
        let near = nearest::nearest(&function.name.text, shape.routine_names(schema));
        let message = format!("there is no function {wanted}");
        self.problem(
            "usage-function-missing",
            wanted.to_string(),
            message,
            near,
            place,
        );
    }

    /// Notes the use of a function that may be the contract's.
    fn plain_function(&mut self, function: &Function) {
        let shape = self.shape;
        for schema in [self.terms.schema.as_str(), "public"] {
            for routine in shape.routines_of(schema, &function.name.text) {
                self.uses(&routine.id, How::Calls, function.name.place);
            }
        }
    }
}
