//! Which roles a contract speaks of.

use std::collections::BTreeSet;

use crate::classes::rules::{split_outside_quotes, texts};
use crate::contract::{ClassName, Object, ObjectId};
use crate::sql;

/// The role that an object is, or that it belongs to: a setting, a membership, a comment on it.
pub fn role_of(object: &Object) -> Option<&ObjectId> {
    std::iter::once(&object.id)
        .chain(object.parent.as_ref())
        .find(|id| id.class.as_str() == super::CLASS.name)
}

/// The roles that policies, grants and owners among these objects name.
pub fn named<'a>(objects: impl Iterator<Item = &'a Object>) -> BTreeSet<ObjectId> {
    let class = ClassName::new(super::CLASS.name);
    let mut paths = BTreeSet::new();
    for object in objects {
        paths.extend(object.text("owner").map(sql::identifier));
        match object.id.class.as_str() {
            "policy" => paths.extend(texts(object, "roles").into_iter().map(sql::identifier)),
            "grant" | "default-privilege" => {
                paths.extend(grantee(&object.id.path).map(str::to_owned));
            }
            _ => {}
        }
    }
    paths
        .into_iter()
        .map(|path| ObjectId::new(class.clone(), path))
        .collect()
}

/// Who is granted something: the name after the last ` to `.
fn grantee(path: &str) -> Option<&str> {
    let mut rest = path;
    while let Some((_, after)) = split_outside_quotes(rest, " to ") {
        rest = after;
    }
    (rest.len() < path.len()).then_some(rest)
}
