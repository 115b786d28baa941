//! Advice on foreign tables: row security does not hold for them.

use super::CLASS;
use crate::classes::advice::{Advice, Needs, Outlook, Rule, in_words};
use crate::classes::{CodeEntry, Severity};

pub(in crate::classes) const RULES: &[Rule] = &[Rule {
    codes: &[CodeEntry {
        code: "lint-foreign-table-exposed",
        severity: Severity::Warning,
        meaning: "A foreign table is in an API schema, and a role of requests may read it: row-level security does not hold for foreign tables, so it reads all of it.",
        help: "Take the grant away, or move the table into a schema that the API does not serve and read it through a function that says what may be seen.",
    }],
    needs: Needs::ApiRoles,
    about: "which foreign tables requests reach",
    look,
}];

fn look(outlook: &Outlook<'_>) -> Vec<Advice> {
    let tables = outlook.ours(&CLASS);
    tables
        .filter_map(|table| {
            let roles = outlook.who_reaches(table, &["SELECT"]);
            let message = format!(
                "{} may read all of the foreign table {}",
                in_words(&roles),
                table.id.path
            );
            let revoke = format!("revoke all on {} from {};", table.id.path, revoked(&roles));
            (!roles.is_empty())
                .then(|| Advice::on(table, "lint-foreign-table-exposed", message).remedy(revoke))
        })
        .collect()
}

/// Roles as `revoke` takes them; what they have through everybody goes too.
pub(in crate::classes) fn revoked(roles: &[&str]) -> String {
    let names = roles.iter().map(|role| crate::sql::identifier(role));
    let mut names: Vec<String> = names.collect();
    names.insert(0, "public".to_owned());
    names.join(", ")
}
