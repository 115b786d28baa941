//! Functions, held against what is told of them.

use std::collections::BTreeMap;

use super::{Implying, ServedRoutine};
use crate::classes::function;
use crate::classes::shape::{Argument, Named, Routine};
use crate::contract::{ClassName, ObjectId};

impl Implying<'_> {
    pub(super) fn routines(&mut self) {
        let expected: Vec<(Named, Vec<Routine>)> = self
            .shape
            .routines
            .iter()
            .filter(|(named, _)| self.served.schemas.contains(&named.schema))
            .map(|(named, routines)| (named.clone(), routines.clone()))
            .collect();
        let served = self.served;
        for (named, routines) in &expected {
            let is_called = |routine: &&Routine| {
                !routine.is_trigger && routine.id.class.as_str() == function::CLASS.name
            };
            let routines: Vec<&Routine> = routines.iter().filter(is_called).collect();
            match (served.routines.get(named), routines.as_slice()) {
                (Some(told), [routine]) => self.routine(routine, told),
                (Some(_), _) => {}
                (None, routines) => {
                    for routine in routines {
                        match self.is_shown(&routine.id, &["EXECUTE"]) {
                            true => self.remove(&routine.id),
                            false => self.hidden(&routine.id),
                        }
                    }
                }
            }
        }
        for (named, told) in &served.routines {
            let is_member = self.shape.members.contains(named);
            if self.shape.routines.contains_key(named) || is_member {
                continue;
            }
            let arguments = told.arguments.values();
            let types = arguments.map(|one| one.type_name.as_deref().unwrap_or("?"));
            let path = format!("{named}({})", types.collect::<Vec<_>>().join(", "));
            let id = ObjectId::new(ClassName::new(function::CLASS.name), path);
            self.add(id, None, &named.schema);
        }
    }

    fn routine(&mut self, routine: &Routine, told: &ServedRoutine) {
        if told.is_readable == routine.is_volatile {
            let told = match told.is_readable {
                true => "stable or immutable",
                false => "volatile",
            };
            self.change(&routine.id, "volatility", told.into());
        }
        let named = routine.arguments.iter();
        let named: Option<BTreeMap<&str, &Argument>> =
            named.map(|one| Some((one.name.as_deref()?, one))).collect();
        // Without names it is called in a way of its own.
        let Some(named) = named else {
            return;
        };
        let is_same = named.len() == told.arguments.len()
            && named.iter().all(|(name, expected)| {
                told.arguments.get(*name).is_some_and(|told| {
                    told.is_required != expected.has_default
                        && told
                            .type_name
                            .as_ref()
                            .is_none_or(|told| self.is_same_type(&expected.type_name, told))
                })
            });
        if !is_same {
            let list = told.arguments.iter().map(|(name, told)| {
                let type_name = told.type_name.as_deref().unwrap_or("?");
                let default = if told.is_required { "" } else { " DEFAULT ?" };
                format!("{name} {type_name}{default}")
            });
            let list: Vec<String> = list.collect();
            self.change(&routine.id, "arguments", list.join(", ").into());
        }
    }
}
