//! Casts: made anew when anything differs; expressions hold on to the function, not to the cast.

use crate::classes::rules::{
    Alteration, Disturbance, Rules, Site, Statement, plain_address, split_outside_quotes,
};
use crate::contract::{ClassName, ObjectId};
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| {
        vec![Statement::new(format!(
            "drop cast if exists {}",
            site.path()
        ))]
    },
    alter: |_, _, _| Alteration::Replace,
    address: |object| plain_address("cast", object),
    disturbance: |_| Disturbance::Recreate,
    stands_for: |site| {
        let function = site.object.text("function")?;
        Some(ObjectId::new(ClassName::new("function"), function))
    },
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let inside = site.path().trim_start_matches('(');
    let inside = inside.strip_suffix(')').unwrap_or(inside);
    let Some((source, target)) = split_outside_quotes(inside, " as ") else {
        return Vec::new();
    };
    let how = match site.text("method") {
        "binary" => "without function".to_owned(),
        "inout" => "with inout".to_owned(),
        _ => format!("with function {}", site.text("function")),
    };
    let context = match site.text("context") {
        "explicit" => String::new(),
        context => format!(" as {context}"),
    };
    let is_missing = format!(
        "not exists (select from pg_cast where castsource = to_regtype({}) and casttarget = to_regtype({}))",
        sql::literal(source),
        sql::literal(target)
    );
    let make = format!("create cast {} {how}{context}", site.path());
    vec![Statement::guarded(&is_missing, &make)]
}
