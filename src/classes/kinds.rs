//! Questions about classes that the rooms to the right ask, answered where names of classes stand.

use super::{
    column, constraint, function, grant, index, materialized_view, policy, procedure, role,
};
use super::{role_membership, role_setting, rule, table, trigger, view};
use crate::contract::{ClassName, ObjectId};
use crate::sql;

fn is_one_of(id: &ObjectId, classes: &[&super::Class]) -> bool {
    classes.iter().any(|class| class.name == id.class.as_str())
}

/// Whether a server has to open most relations to print what is read of it (`deparse_context_for` in ruleutils.c).
pub fn opens_relations(class: &super::Class) -> bool {
    let such: [&super::Class; 7] = [
        &table::CLASS,
        &view::CLASS,
        &materialized_view::CLASS,
        &constraint::CLASS,
        &index::CLASS,
        &rule::CLASS,
        &policy::CLASS,
    ];
    such.iter().any(|opening| opening.name == class.name)
}

/// The id of the role of that name.
pub fn id_of_role(name: &str) -> ObjectId {
    ObjectId::new(ClassName::new(role::CLASS.name), sql::identifier(name))
}

/// Whether it is an extension.
pub(super) fn is_extension(id: &ObjectId) -> bool {
    is_one_of(id, &[&super::extension::CLASS])
}

/// Whether it is a role.
pub fn is_role(id: &ObjectId) -> bool {
    is_one_of(id, &[&role::CLASS])
}

/// Whether it is a setting that comes with a role.
pub fn is_role_setting(id: &ObjectId) -> bool {
    is_one_of(id, &[&role_setting::CLASS])
}

/// Whether it is a membership.
pub fn is_membership(id: &ObjectId) -> bool {
    is_one_of(id, &[&role_membership::CLASS])
}

/// Whether it is a table.
pub fn is_table(id: &ObjectId) -> bool {
    is_one_of(id, &[&table::CLASS])
}

/// Whether it is a trigger.
pub fn is_trigger(id: &ObjectId) -> bool {
    is_one_of(id, &[&trigger::CLASS])
}

/// Whether it is a grant on a relation or one of its columns, given the id of what it is on.
pub fn is_grant_on_relation(id: &ObjectId, on: &ObjectId) -> bool {
    let relations: [&super::Class; 4] = [
        &table::CLASS,
        &view::CLASS,
        &materialized_view::CLASS,
        &column::CLASS,
    ];
    is_one_of(id, &[&grant::CLASS]) && is_one_of(on, &relations)
}

/// Whether people put such things into a platform's schemas, to be run or read there.
pub fn is_put_in_schemas(id: &ObjectId) -> bool {
    let classes: [&super::Class; 5] = [
        &function::CLASS,
        &procedure::CLASS,
        &table::CLASS,
        &view::CLASS,
        &materialized_view::CLASS,
    ];
    is_one_of(id, &classes)
}
