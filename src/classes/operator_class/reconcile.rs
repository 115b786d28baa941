//! Operator classes: made anew when anything differs, and with them the indexes that use them.

use crate::classes::operator_family::reconcile::{
    item, members, name_and_method, of_method, take_out,
};
use crate::classes::rules::{Alteration, Rules, Site, Statement, make_once, plain_address};

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter: |_, _, _| Alteration::Replace,
    address: |object| plain_address("operator class", object),
    ..Rules::NONE
};

fn family(site: &Site<'_>) -> String {
    let (_, method) = name_and_method(site.path());
    format!("{} using {method}", site.text("family"))
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let (name, method) = name_and_method(site.path());
    let mut items: Vec<String> = members(site.object)
        .into_iter()
        .map(|(word, place, value)| item(word, place, value))
        .collect();
    let kind = site.text("type");
    match site.object.text("storage") {
        Some(storage) => items.push(format!("storage {storage}")),
        // The list cannot be empty; storing the type itself says nothing.
        None if items.is_empty() => items.push(format!("storage {kind}")),
        None => {}
    }
    let default = if site.object.is("default") {
        " default"
    } else {
        ""
    };
    let make = format!(
        "create operator class {name}{default} for type {kind} using {method} family {} as\n  {}",
        site.text("family"),
        items.join(",\n  ")
    );
    let and = of_method("opcmethod", method);
    vec![make_once(name, "pg_opclass", "opc", &and, &make)]
}

/// Since Postgres 14 some members stay behind in the family, and would be in the way of new ones: the second time those
/// of the family that the class is to be in.
fn drop(site: &Site<'_>) -> Vec<Statement> {
    let drop = format!("drop operator class if exists {}", site.path());
    let mut statements = vec![Statement::new(drop)];
    statements.extend(left_behind(site));
    let wanted = site
        .other
        .get(&site.object.id)
        .map(|object| site.at(object));
    if let Some(wanted) = wanted.filter(|wanted| family(wanted) != family(site)) {
        statements.extend(left_behind(&wanted));
    }
    statements
}

fn left_behind(site: &Site<'_>) -> Vec<Statement> {
    let (family, listed) = (family(site), members(site.object));
    listed
        .iter()
        .filter_map(|(word, place, _)| take_out(&family, word, place))
        .collect()
}
