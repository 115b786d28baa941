//! Columns that are made anew: the second time they stay in their place.

use crate::classes::rules::{Site, head_and_name};
use crate::contract::Object;
use crate::sql;

/// The condition that a column which is made anew is still the old one.
pub(super) fn is_still_otherwise(site: &Site<'_>) -> Option<String> {
    let wanted = site.other.get(&site.object.id)?;
    let of = |column: &Object| {
        column
            .text("generated")
            .map(|text| expression(text).to_owned())
    };
    let row = of_column(site.path());
    match (of(site.object), of(wanted)) {
        (None, None) => None,
        (None, Some(_)) => Some(format!("exists ({row} and a.attgenerated = '')")),
        (Some(_), None) => Some(format!("exists ({row} and a.attgenerated <> '')")),
        (Some(live), Some(wanted)) if live != wanted => Some(format!(
            "not exists (select from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where a.attrelid = to_regclass({}) and a.attname = {} and pg_get_expr(d.adbin, d.adrelid) = {})",
            sql::literal(site.parent_path()),
            site.name_literal(),
            sql::literal(&wanted)
        )),
        _ => retyped(site, wanted),
    }
}

/// The condition that it, or a column that it is made of, has another type than it shall have.
fn retyped(site: &Site<'_>, wanted: &Object) -> Option<String> {
    let needs = site.whole.contract.needs.get(&site.object.id);
    let beside = needs.into_iter().flatten().filter_map(|id| {
        let (live, wanted) = (site.whole.get(id)?, site.other.get(id)?);
        (live.parent == site.object.parent).then_some((live, wanted))
    });
    let changed = beside
        .chain([(site.object, wanted)])
        .filter(|(live, wanted)| live.text("type") != wanted.text("type"));
    let conditions: Vec<String> = changed
        .map(|(_, wanted)| {
            format!(
                "exists ({} and format_type(a.atttypid, a.atttypmod) <> {})",
                of_column(&wanted.id.path),
                sql::literal(wanted.text("type").unwrap_or_default())
            )
        })
        .collect();
    (!conditions.is_empty()).then(|| conditions.join(" or "))
}

fn of_column(path: &str) -> String {
    let (table, name) = head_and_name(path);
    format!(
        "select from pg_attribute a where a.attrelid = to_regclass({}) and a.attname = {} and not a.attisdropped",
        sql::literal(table),
        sql::literal(&sql::parts(name).concat())
    )
}

/// The condition that a column is there which was not, or was another one.
pub(super) fn arrived(site: &Site<'_>) -> Option<String> {
    let Some(live) = site.other.get(&site.object.id) else {
        // What had the name of its table may have been something else.
        let kinds = match site.object.parent.as_ref()?.class.as_str() {
            "table" => "'r', 'p'",
            _ => "'f'",
        };
        return Some(format!(
            "exists ({} and (select relkind in ({kinds}) from pg_class where oid = a.attrelid))",
            of_column(site.path())
        ));
    };
    let turned = Site {
        object: live,
        whole: site.other,
        other: site.whole,
        ..*site
    };
    // While it is being made anew it is not there at all.
    Some(format!(
        "(exists ({}) and not ({}))",
        of_column(site.path()),
        is_still_otherwise(&turned)?
    ))
}

/// Whether what was computed shall stay as it is: it goes with the column that is made anew.
pub(super) fn keeps_values(site: &Site<'_>) -> bool {
    let wanted = site.other.get(&site.object.id);
    site.object.text("generated").is_some()
        && wanted.is_some_and(|wanted| wanted.text("generated").is_none())
}

/// Without the word for how it is kept.
fn expression(generated: &str) -> &str {
    generated
        .rsplit_once(' ')
        .map_or(generated, |(expression, _)| expression)
}
