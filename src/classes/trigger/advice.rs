//! Advice on triggers: whether they fire.

use super::CLASS;
use crate::classes::advice::{Advice, Needs, Outlook, Rule};
use crate::classes::rules::head_and_name;
use crate::classes::{CodeEntry, Severity};

pub(in crate::classes) const RULES: &[Rule] = &[Rule {
    codes: &[CodeEntry {
        code: "lint-trigger-disabled",
        severity: Severity::Warning,
        meaning: "A trigger is switched off: what it keeps right is not kept right. As a rule somebody switched it off to load data and forgot it.",
        help: "Switch it on, after a look at what was written meanwhile; or drop it.",
    }],
    needs: Needs::Contract,
    about: "triggers that are switched off",
    look,
}];

fn look(outlook: &Outlook<'_>) -> Vec<Advice> {
    let triggers = outlook.ours(&CLASS);
    triggers
        .filter(|trigger| trigger.text("enabled") == Some("disabled"))
        .map(|trigger| {
            let (table, name) = head_and_name(&trigger.id.path);
            let message = format!("trigger {name} of {table} is switched off");
            Advice::on(trigger, "lint-trigger-disabled", message)
                .about("enabled")
                .remedy(format!("alter table {table} enable trigger {name};"))
        })
        .collect()
}
