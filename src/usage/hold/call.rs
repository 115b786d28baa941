//! Calls of functions.

use std::collections::BTreeSet;

use super::rows::{Rows, Scope};
use super::spot::texts;
use super::walk::{Walk, sure};
use super::{How, nearest, values};
use crate::classes::shape::{Kind, Named, Routine};
use crate::usage::code::{At, Call, Certainty, Field, Place, Value};

impl<'a> Walk<'a, '_> {
    pub(super) fn call(&mut self, schema: &str, call: &Call, rest: &[Call]) {
        let (names, is_open) = call.arguments.first().map(texts).unwrap_or_default();
        if is_open || names.is_empty() {
            self.open(
                call.place,
                "which function is meant is only known when it runs",
            );
        }
        let is_one = names.len() == 1 && !is_open;
        let mut tried = Vec::new();
        for name in names {
            let place = name.place(0);
            let wanted = Named::new(schema, &name.text);
            let shape = self.shape;
            let Some((named, routines)) = shape.routines.get_key_value(&wanted) else {
                self.no_routine(schema, &wanted, place);
                continue;
            };
            self.judged();
            let callable: Vec<&Routine> = routines.iter().filter(|one| !one.is_trigger).collect();
            if callable.is_empty() {
                let message = format!("{named} is a trigger's function, which nobody calls");
                self.problem(
                    "usage-function-missing",
                    named.to_string(),
                    message,
                    None,
                    place,
                );
                continue;
            }
            match is_one {
                true => self.called(named, &callable, call, rest, place),
                false => tried.push(self.tried(|walk| {
                    let (call, rest) = (sure(std::slice::from_ref(call)), sure(rest));
                    walk.called(named, &callable, &call[0], &rest, place);
                })),
            }
        }
        self.tell_shared(&tried, is_open, call.place);
    }

    fn called(
        &mut self,
        named: &Named,
        callable: &[&'a Routine],
        call: &Call,
        rest: &[Call],
        place: Place,
    ) {
        let called = self.arguments(named, callable, call.arguments.get(1), place);
        for routine in called.iter().copied() {
            self.uses(&routine.id, How::Calls, place);
        }
        self.may_call(named, &called, place);
        let rows = match called.as_slice() {
            [routine] => self.rows_of(routine),
            _ => Rows::Unknown,
        };
        self.request(Scope::new(rows), rest, place);
    }

    fn no_routine(&mut self, schema: &str, wanted: &Named, place: Place) {
        let shape = self.shape;
        if self.terms.platform_schemas.contains(schema) {
            return self.open(
                place,
                &format!("{wanted} is the platform's, which the contract does not say"),
            );
        }
        if shape.members.contains(wanted) {
            return self.judged();
        }
        if shape.extension_schemas.contains(schema) {
            return self.open(
                place,
                &format!("{wanted} may be a function of an extension"),
            );
        }
        if self.certainty == Certainty::Likely {
            return self.open(
                place,
                &format!("there is no {wanted}, and nothing shows that this asks Supabase"),
            );
        }
        let near = nearest::nearest(&wanted.name, shape.routine_names(schema));
        let message = match shape.relation(schema, &wanted.name) {
            Some(_) => format!("{wanted} is no function but a relation"),
            None => format!("there is no function {wanted}"),
        };
        self.problem(
            "usage-function-missing",
            wanted.to_string(),
            message,
            near,
            place,
        );
    }

    fn rows_of(&self, routine: &'a Routine) -> Rows<'a> {
        if let Some(of) = &routine.rows_of
            && let Some((named, relation)) = self.shape.relations.get_key_value(of)
        {
            return Rows::Relation(named, relation);
        }
        match &routine.columns {
            Some(columns) => Rows::Columns(routine, columns),
            None => Rows::Unknown,
        }
    }

    /// The functions of a name that arguments fit; all of them where that cannot be told.
    fn arguments(
        &mut self,
        named: &Named,
        routines: &[&'a Routine],
        given: Option<&At>,
        place: Place,
    ) -> Vec<&'a Routine> {
        let none: &[Field] = &[];
        let (fields, is_whole, place) = match given.map(|given| (&given.value, given.place)) {
            None | Some((Value::Null, _)) => (none, true, place),
            Some((Value::Fields { fields, is_whole }, place)) => {
                (fields.as_slice(), *is_whole, place)
            }
            Some(_) => (none, false, place),
        };
        // One argument without a name takes the whole body.
        if let Some(whole) = routines.iter().find(|routine| takes_body(routine)) {
            return vec![whole];
        }
        let fitting: Vec<&Routine> = routines
            .iter()
            .copied()
            .filter(|routine| unknown(routine, fields).is_empty())
            .filter(|routine| !is_whole || missing(routine, fields).is_empty())
            .collect();
        match fitting.as_slice() {
            [] => {
                self.tell_unfit(named, routines, fields, is_whole, place);
                routines.to_vec()
            }
            [routine] => {
                self.hold_values(named, routine, fields);
                fitting
            }
            _ => fitting,
        }
    }

    /// Says what is wrong with the arguments for the function that they are nearest to.
    fn tell_unfit(
        &mut self,
        named: &Named,
        routines: &[&Routine],
        fields: &[Field],
        is_whole: bool,
        place: Place,
    ) {
        let wrongs = |routine: &&&Routine| {
            let open = if is_whole {
                missing(routine, fields).len()
            } else {
                0
            };
            unknown(routine, fields).len() + open
        };
        let Some(routine) = routines.iter().min_by_key(wrongs) else {
            return;
        };
        let missing = missing(routine, fields);
        for field in unknown(routine, fields) {
            let names = routine
                .arguments
                .iter()
                .filter_map(|one| one.name.as_deref());
            let near = nearest::nearest(&field.name, names);
            let message = format!("{} has no argument {}", routine.id.path, field.name);
            self.problem(
                "usage-argument-unknown",
                named.to_string(),
                message,
                near,
                field.place,
            );
        }
        if is_whole && !missing.is_empty() {
            let message = format!("{} needs {}", routine.id.path, missing.join(", "));
            self.problem(
                "usage-argument-missing",
                named.to_string(),
                message,
                None,
                place,
            );
        }
    }

    fn hold_values(&mut self, named: &Named, routine: &Routine, fields: &[Field]) {
        for field in fields {
            let argument = routine
                .arguments
                .iter()
                .find(|one| one.name.as_deref() == Some(&*field.name));
            let Some(argument) = argument.filter(|one| !one.is_variadic) else {
                continue;
            };
            let value = At {
                value: field.value.clone(),
                place: field.place,
            };
            if let Some(why) = values::mismatch(&argument.kind, &value, values::From::Json) {
                let message = format!(
                    "argument {} of {} is {}: {why}",
                    field.name, routine.id.path, argument.type_name
                );
                self.problem(
                    "usage-type-mismatch",
                    named.to_string(),
                    message,
                    None,
                    field.place,
                );
            }
        }
    }
}

/// One argument without a name of a type that a body can be.
fn takes_body(routine: &Routine) -> bool {
    match routine.arguments.as_slice() {
        [only] => {
            only.name.is_none()
                && (only.kind == Kind::Json
                    || matches!(only.type_name.as_str(), "text" | "xml" | "bytea"))
        }
        _ => false,
    }
}

fn unknown<'f>(routine: &Routine, fields: &'f [Field]) -> Vec<&'f Field> {
    let names: BTreeSet<&str> = routine
        .arguments
        .iter()
        .filter_map(|one| one.name.as_deref())
        .collect();
    fields
        .iter()
        .filter(|field| !names.contains(&*field.name))
        .collect()
}

fn missing<'r>(routine: &'r Routine, fields: &[Field]) -> Vec<&'r str> {
    let required = routine
        .arguments
        .iter()
        .filter(|one| !one.has_default && !one.is_variadic);
    required
        .map(|one| one.name.as_deref().unwrap_or("an argument without a name"))
        .filter(|name| !fields.iter().any(|field| &*field.name == *name))
        .collect()
}
