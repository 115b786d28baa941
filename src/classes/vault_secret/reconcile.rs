//! Vault secrets: a name can be made, what is behind it has to be given by hand.

use std::collections::BTreeSet;

use crate::classes::foreign_options::REDACTED;
use crate::classes::rules::{Alteration, Rules, Site, Statement};
use crate::contract::Object;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter: |_, _: &Object, _: &BTreeSet<&str>| Alteration::Impossible("nothing of it is compared"),
    data: |_| Some("drop-secret"),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let name = site.name_literal();
    let missing = format!("not exists (select from vault.secrets where name = {name})");
    let make = format!(
        "perform vault.create_secret('{REDACTED}', {})",
        name.trim_start()
    );
    let mut statement = Statement::guarded(&missing, &make);
    statement.risk.can_fail = Some(format!(
        "whoever looks it up until it is put in place of {REDACTED}"
    ));
    vec![statement]
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let text = format!(
        "delete from vault.secrets where name = {}",
        site.name_literal().trim_start()
    );
    vec![Statement::new(text)]
}
