//! Large objects: made empty; what one holds goes with it.

use crate::classes::grant::reconcile::without_defaults;
use crate::classes::rules::{Rules, Site, Statement, plain_address};

pub(super) const RULES: Rules = Rules {
    create: |site| {
        let is_missing = format!("not {}", exists(site));
        let make = format!("perform lo_create({})", site.path());
        let mut statements = vec![Statement::guarded(&is_missing, &make)];
        statements.extend(without_defaults(site, "large object"));
        statements
    },
    drop: |site| {
        let unlink = format!("perform lo_unlink({})", site.path());
        vec![Statement::guarded(&exists(site), &unlink)]
    },
    address: |object| plain_address("large object", object),
    granted_as: Some("large object"),
    data: |_| Some("drop-large-object"),
    ..Rules::NONE
};

fn exists(site: &Site<'_>) -> String {
    format!(
        "exists (select from pg_largeobject_metadata where oid = {})",
        site.path()
    )
}
