//! Values of enums, told by the columns that have them.

use std::collections::BTreeMap;

use super::{Implying, plain};
use crate::classes::enum_type;
use crate::classes::shape::Named;
use crate::contract::{ClassName, ObjectId};

impl Implying<'_> {
    pub(super) fn enums(&mut self) {
        let mut told: BTreeMap<Named, &Vec<String>> = BTreeMap::new();
        for (named, columns) in &self.served.relations {
            let Some(relation) = self.shape.relations.get(named) else {
                continue;
            };
            for column in relation.columns.iter().flatten() {
                let served = columns.get(&column.name);
                let values = served.and_then(|served| served.values.as_ref());
                let is_of_its_type = served.is_some_and(|served| {
                    let type_name = served.type_name.as_deref();
                    type_name.is_none_or(|told| plain(told) == plain(&column.type_name))
                });
                let enums = &mut self.shape.enums.keys();
                let of = enums.find(|named| named.to_string() == column.type_name);
                if let (Some(of), Some(values), true) = (of, values, is_of_its_type) {
                    told.insert(of.clone(), values);
                }
            }
        }
        for (named, values) in told {
            if self.shape.enums.get(&named) != Some(values) {
                let id = ObjectId::new(ClassName::new(enum_type::CLASS.name), named.to_string());
                self.change(&id, "values", values.clone().into());
            }
        }
    }
}
