//! Cron jobs: scheduled, changed and unscheduled by the functions of `pg_cron`, which check rights.

use std::collections::BTreeSet;

use crate::classes::rules::{Alteration, Rules, Site, Statement};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    data: |_| Some("drop-cron-job"),
    ..Rules::NONE
};

/// The condition that finds the row in `cron.job`; a job without a name is known by schedule and command.
fn found(site: &Site<'_>, object: &Object) -> String {
    let literal = |fact: &str| sql::literal(object.text(fact).unwrap_or_default());
    match site.path().starts_with("(unnamed ") {
        true => format!(
            "jobname is null and schedule = {} and command = {}",
            literal("schedule"),
            literal("command")
        ),
        false => {
            let name = crate::classes::rules::split_outside_quotes(site.path(), " of ")
                .map_or(site.path(), |(name, _)| name);
            format!(
                "jobname = {} and username = {}",
                sql::literal(&sql::parts(name).concat()),
                literal("role")
            )
        }
    }
}

fn text(site: &Site<'_>, fact: &str) -> String {
    sql::literal(site.text(fact)).trim_start().to_owned()
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let is_unnamed = site.path().starts_with("(unnamed ");
    let found = found(site, site.object);
    let (schedule, command) = (text(site, "schedule"), text(site, "command"));
    let schedule = if is_unnamed {
        format!("perform cron.schedule({schedule}, {command})")
    } else {
        let name = crate::classes::rules::split_outside_quotes(site.path(), " of ")
            .map_or(site.path(), |(name, _)| name);
        let database = site.object.text("database").map(sql::literal);
        format!(
            "perform cron.schedule_in_database({}, {schedule}, {command}, {}, {}, {})",
            sql::literal(&sql::parts(name).concat()).trim_start(),
            database
                .unwrap_or_else(|| "current_database()".to_owned())
                .trim_start(),
            text(site, "role"),
            site.object.is("active")
        )
    };
    let missing = format!("not exists (select from cron.job where {found})");
    let mut statements = vec![Statement::guarded(&missing, &schedule)];
    if is_unnamed && !site.object.is("active") {
        statements.push(changed(&found, "active := false"));
    }
    statements
}

fn changed(found: &str, arguments: &str) -> Statement {
    Statement::guarded(
        "true",
        &format!("perform cron.alter_job(jobid, {arguments}) from cron.job where {found}"),
    )
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let found = found(site, site.object);
    vec![Statement::guarded(
        "true",
        &format!("perform cron.unschedule(jobid) from cron.job where {found}"),
    )]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let mut arguments = Vec::new();
    for (fact, argument) in [
        ("schedule", "schedule"),
        ("command", "command"),
        ("role", "username"),
    ] {
        if facts.contains(fact) {
            arguments.push(format!("{argument} := {}", text(site, fact)));
        }
    }
    if facts.contains("database") {
        let database = site.object.text("database").map(sql::literal);
        let database = database.unwrap_or_else(|| "current_database()".to_owned());
        arguments.push(format!("database := {}", database.trim_start()));
    }
    if facts.contains("active") {
        arguments.push(format!("active := {}", site.object.is("active")));
    }
    Alteration::Steps(vec![changed(&found(site, there), &arguments.join(", "))])
}
