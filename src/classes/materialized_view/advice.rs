//! Advice on materialized views: row security does not hold for them.

use super::CLASS;
use crate::classes::advice::{Advice, Needs, Outlook, Rule, in_words};
use crate::classes::foreign_table::advice::revoked;
use crate::classes::{CodeEntry, Severity};

pub(in crate::classes) const RULES: &[Rule] = &[Rule {
    codes: &[CodeEntry {
        code: "lint-materialized-view-exposed",
        severity: Severity::Warning,
        meaning: "A materialized view is in an API schema, and a role of requests may read it: it keeps rows as its owner saw them, and row-level security does not hold for it.",
        help: "Take the grant away, or move it into a schema that the API does not serve; where everybody may see it, ignore this with that reason.",
    }],
    needs: Needs::ApiRoles,
    about: "which materialized views requests reach",
    look,
}];

fn look(outlook: &Outlook<'_>) -> Vec<Advice> {
    let views = outlook.ours(&CLASS);
    views
        .filter_map(|view| {
            let roles = outlook.who_reaches(view, &["SELECT"]);
            let message = format!(
                "{} may read all of the materialized view {}",
                in_words(&roles),
                view.id.path
            );
            let revoke = format!("revoke all on {} from {};", view.id.path, revoked(&roles));
            (!roles.is_empty())
                .then(|| Advice::on(view, "lint-materialized-view-exposed", message).remedy(revoke))
        })
        .collect()
}
