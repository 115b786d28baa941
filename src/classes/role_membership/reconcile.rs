//! Memberships: granted and revoked. From 16 on each option is said, so that what a role has by default does not count.

use std::collections::BTreeSet;

use crate::classes::rules::{
    Alteration, Rules, Site, Statement, dollar_quoted, split_outside_quotes,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create: |site| vec![grant(site)],
    drop,
    alter,
    is_harmless: true,
    ..Rules::NONE
};

fn parts<'a>(site: &Site<'a>) -> (&'a str, &'a str) {
    split_outside_quotes(site.path(), " to ").unwrap_or_default()
}

fn grant(site: &Site<'_>) -> Statement {
    let (group, member) = parts(site);
    let told = |fact: &str| {
        let value = site.object.facts.get(fact)?.as_bool()?;
        Some(format!("{fact} {value}"))
    };
    let options = match site.major {
        16.. => ["admin", "inherit", "set"]
            .into_iter()
            .filter_map(told)
            .collect::<Vec<_>>()
            .join(", "),
        _ if site.object.is("admin") => "admin option".to_owned(),
        _ => String::new(),
    };
    let with = match options.as_str() {
        "" => String::new(),
        options => format!(" with {options}"),
    };
    rehearsed(
        group,
        Statement::new(format!("grant {group} to {member}{with}")),
    )
}

/// What reaches the host is given to nobody in a scratch.
fn rehearsed(group: &str, statement: Statement) -> Statement {
    match group.starts_with("pg_") {
        true => statement.unrehearsed(),
        false => statement,
    }
}

/// Either role may be gone by then, the second time. From 16 on each grantor's grant is one of its own, and who asks for
/// no one in particular takes back its own alone.
fn drop(site: &Site<'_>) -> Vec<Statement> {
    let (group, member) = parts(site);
    let rows = format!(
        "from pg_auth_members m where m.roleid = to_regrole({}) and m.member = to_regrole({})",
        sql::literal(group),
        sql::literal(member)
    );
    let revoke = format!("revoke {group} from {member}");
    let statement = match site.major {
        16.. => Statement::new(format!(
            "do {}",
            dollar_quoted(&format!(
                "declare\n  by_whom regrole;\nbegin\n  for by_whom in select m.grantor::regrole {rows} loop\n    execute {} || by_whom;\n  end loop;\nend",
                sql::literal(&format!("{revoke} granted by "))
            ))
        )),
        _ => Statement::guarded(&format!("exists (select {rows})"), &revoke),
    };
    vec![rehearsed(group, statement)]
}

fn alter(site: &Site<'_>, _: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let (group, member) = parts(site);
    let is_less = site.major < 16 && facts.contains("admin") && !site.object.is("admin");
    let statement = match is_less {
        true => rehearsed(
            group,
            Statement::new(format!("revoke admin option for {group} from {member}")),
        ),
        false => grant(site),
    };
    Alteration::Steps(vec![statement])
}
