//! Tables and views: the service role reaches them, a visitor sees no rows that belong to users.

use super::Expected;
use super::catalog::{Catalog, Relation};
use super::probe::{Kind, Probe, Seen, Way};
use super::session::{Actor, Answer, Session, Trouble};
use super::settings::Settings;
use crate::classes::ExposedRelation;
use crate::contract::ObjectId;
use crate::error::Result;
use crate::progress::Progress;
use crate::sql::identifier;

/// Tries every table and view.
pub(super) async fn probe(
    session: &mut Session,
    settings: &Settings,
    catalog: &Catalog,
    expected: Option<&Expected>,
    progress: &dyn Progress,
) -> Result<Vec<Probe>> {
    let mut probes = Vec::new();
    for relation in catalog.relations.values() {
        progress.phase(&format!("probing {}", relation.id.path));
        let query = format!("select 1 from {} limit 1", relation.id.path);
        let service = Actor::of(&settings.roles.service);
        let answer = session.try_as(&service, &relation.schema, &query).await?;
        probes.push(reached(&answer, relation, &settings.roles.service));
        if is_of_owners(relation, settings) {
            probes.push(hidden(session, settings, expected, relation).await?);
        }
    }
    Ok(probes)
}

/// Tables and views of the contract that are not there.
pub(super) fn missing(
    expected: &[ExposedRelation],
    settings: &Settings,
    catalog: &Catalog,
) -> Vec<Probe> {
    let absent = expected.iter().filter(|relation| {
        catalog.schemas.contains(&relation.schema) && !catalog.relations.contains_key(&relation.id)
    });
    absent
        .map(|relation| Probe {
            location: relation.location.clone(),
            ..Seen::failed(
                "smoke-table-missing",
                "the contract has it, the database has not",
            )
            .probe(
                Kind::Select,
                Way::Sql,
                &settings.roles.service,
                &relation.id,
                std::time::Duration::ZERO,
            )
        })
        .collect()
}

/// Whether a visitor must not see rows of it.
pub(super) fn is_of_owners(relation: &Relation, settings: &Settings) -> bool {
    relation.is_table && relation.is_of_users || is_named(&relation.id, settings)
}

pub(super) fn is_named(id: &ObjectId, settings: &Settings) -> bool {
    let mut patterns = settings.owner_only.iter();
    patterns.any(|pattern| pattern.matches_text(&id.path) || pattern.matches(id))
}

fn reached(answer: &Answer, relation: &Relation, role: &str) -> Probe {
    let seen = match &answer.rows {
        Ok(rows) if rows.is_empty() => Seen::passed("no row in it"),
        Ok(_) => Seen::passed(""),
        Err(trouble) if trouble.is_late() => late(trouble),
        Err(trouble) if trouble.is_denied() => Seen::failed(
            "smoke-table-unreachable",
            format!("{role} may not select: {}", trouble.message),
        ),
        Err(trouble) => broken(trouble),
    };
    seen.probe(Kind::Select, Way::Sql, role, &relation.id, answer.took)
}

/// Rows that a visitor must not see: all, but for those that policies show visitors by name.
struct Private {
    query: String,
    /// The names of those policies, in words.
    but: String,
}

async fn hidden(
    session: &mut Session,
    settings: &Settings,
    expected: Option<&Expected>,
    relation: &Relation,
) -> Result<Probe> {
    let role = &settings.roles.anon;
    let private = private(relation, settings, expected);
    let answer = session
        .try_as(&Actor::of(role), &relation.schema, &private.query)
        .await?;
    let seen = match &answer.rows {
        Ok(rows) if !rows.is_empty() => {
            Seen::failed("smoke-rows-exposed", exposed(relation, role, &private))
        }
        Ok(_) => is_filtered(session, settings, relation, &private).await?,
        // Perhaps only of the column that the policy looks at.
        Err(trouble) if trouble.is_denied() && !private.but.is_empty() => {
            let query = format!("select 1 from {} limit 1", relation.id.path);
            let any = session
                .try_as(&Actor::of(role), &relation.schema, &query)
                .await?;
            match any.rows {
                Ok(rows) if !rows.is_empty() => Seen::unproven(format!(
                    "rows are shown, and which ones {role} may not ask: {}",
                    trouble.message
                )),
                Ok(_) | Err(_) => Seen::passed(format!("denied: {}", trouble.message)),
            }
        }
        Err(trouble) if trouble.is_denied() => Seen::passed(format!("denied: {}", trouble.message)),
        Err(trouble) if trouble.is_late() => late(trouble),
        Err(trouble) => broken(trouble),
    };
    Ok(seen.probe(Kind::NoRows, Way::Sql, role, &relation.id, answer.took))
}

/// A visitor sees none: that shows something where there are some. Where the service role is held by policies as
/// well, the login may still see.
async fn is_filtered(
    session: &mut Session,
    settings: &Settings,
    relation: &Relation,
    private: &Private,
) -> Result<Seen> {
    let service = Actor::of(&settings.roles.service);
    let (schema, query) = (&relation.schema, &private.query);
    let mut trouble = None;
    for answer in [
        session.try_as(&service, schema, query).await?,
        session.try_as_login(schema, query).await?,
    ] {
        match answer.rows {
            Ok(rows) if !rows.is_empty() => {
                let but = &private.but;
                return Ok(Seen::passed(format!(
                    "filtered: there are rows, and none is shown{but}"
                )));
            }
            Ok(_) => {}
            Err(found) => trouble = Some(found),
        }
    }
    Ok(Seen::unproven(match (trouble, private.but.as_str()) {
        (Some(trouble), _) => format!(
            "nobody who could be asked sees whether there are rows: {}",
            trouble.message
        ),
        (None, "") => "no row in it: an empty table shows nothing about row security".to_owned(),
        (None, but) => format!("no row in it{but}"),
    }))
}

/// What the configuration names is private as a whole. Elsewhere a policy for visitors by name counts as meant, where
/// the contract has it as well if there is one: it is the other rows that must not show.
fn private(relation: &Relation, settings: &Settings, expected: Option<&Expected>) -> Private {
    let path = &relation.id.path;
    let is_meant = |name: &str| {
        let policy = format!("{path}.{}", identifier(name));
        expected.is_none_or(|expected| expected.has_policy(&policy, &settings.roles.anon))
    };
    let meant: Vec<&(String, Option<String>)> = match is_named(&relation.id, settings) {
        true => Vec::new(),
        false => relation
            .meant
            .iter()
            .filter(|(name, _)| is_meant(name))
            .collect(),
    };
    if meant.is_empty() {
        return Private {
            query: format!("select 1 from {path} limit 1"),
            but: String::new(),
        };
    }
    let conditions = meant
        .iter()
        .map(|(_, condition)| format!("({})", condition.as_deref().unwrap_or("true")));
    let conditions: Vec<String> = conditions.collect();
    let names: Vec<String> = meant.iter().map(|(name, _)| identifier(name)).collect();
    Private {
        query: format!(
            "select 1 from {path} where ({}) is not true limit 1",
            conditions.join(" or ")
        ),
        but: format!(
            " but what policy {} shows visitors by name",
            names.join(", ")
        ),
    }
}

fn exposed(relation: &Relation, role: &str, private: &Private) -> String {
    let because = match (relation.is_table, relation.has_row_security) {
        (true, false) => "row security is off",
        (true, true) => "a policy lets it",
        (false, _) => "the view shows them",
    };
    let other = if private.but.is_empty() { "" } else { "other " };
    format!(
        "{role} sees {other}rows{}: {because}",
        private.but.replacen(" but", " than", 1)
    )
}

/// Out of time is no answer, neither way.
pub(super) fn late(trouble: &Trouble) -> Seen {
    Seen::unproven(format!("not finished: {}", trouble.message))
}

/// What fails for a reason of its own fails for whoever asks, as a policy that looks itself up does.
pub(super) fn broken(trouble: &Trouble) -> Seen {
    Seen::failed(
        "smoke-query-failed",
        format!("{} ({})", trouble.message, trouble.state),
    )
}
