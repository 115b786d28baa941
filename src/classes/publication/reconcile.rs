//! Publications: altered in place, but for whether they publish all tables.

use std::collections::BTreeSet;

use crate::classes::rules::{
    Alteration, Rules, Site, Statement, plain_address, split_outside_quotes,
};
use crate::contract::Object;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("publication", object),
    is_harmless: true,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let missing = format!(
        "not exists (select from pg_publication where pubname = {})",
        site.name_literal()
    );
    let all = if site.object.is("all_tables") {
        " for all tables"
    } else {
        ""
    };
    let settings = settings(site, |_| true);
    let text = format!("create publication {}{all} with ({settings})", site.path());
    vec![Statement::guarded(&missing, &text)]
}

/// Every setting, so that what is not in the contract goes back to what is usual.
fn settings(site: &Site<'_>, is_due: impl Fn(&str) -> bool) -> String {
    let mut settings = Vec::new();
    if is_due("operations") {
        settings.push(format!(
            "publish = '{}'",
            site.list("operations").join(", ")
        ));
    }
    if is_due("options") {
        let options = site.list("options");
        let via_root = options.contains(&"publish_via_partition_root=true");
        settings.push(format!("publish_via_partition_root = {via_root}"));
        if site.major >= 18 {
            let stored = options.contains(&"publish_generated_columns=stored");
            let which = if stored { "stored" } else { "none" };
            settings.push(format!("publish_generated_columns = {which}"));
        }
    }
    settings.join(", ")
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![Statement::new(format!(
        "drop publication if exists {}",
        site.path()
    ))]
}

fn alter(site: &Site<'_>, _: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if facts.contains("all_tables") {
        return Alteration::Replace;
    }
    let settings = settings(site, |fact| facts.contains(fact));
    Alteration::Steps(vec![Statement::new(format!(
        "alter publication {} set ({settings})",
        site.path()
    ))])
}

/// What is published and where, quoted: `public.t in p`.
pub(in crate::classes) fn member_and_publication(object: &Object) -> (&str, &str) {
    split_outside_quotes(&object.id.path, " in ").unwrap_or_default()
}
