//! The corpus: two schemas a case, on real Postgres, compared in both directions.
//!
//! `fixtures/corpus/<class>/<case>/{before,after}.sql`; what was found is in `findings.snap` beside them.
//! `fixtures/corpus-equal/<case>/{one,other}.sql` are two ways to say the same, and nothing is found.
//! `PGPACT_CASE=class/case` builds the cases of that pattern alone.
//! Scripts run as the owner of the database; what only a superuser may do stands in `<script>.admin.sql`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pgpact::classes::Class;
use pgpact::classes::shape::{self, RelationKind, Shape};
use pgpact::contract::{Change, Contract};
use pgpact::plan::{self, Heading, Permissions};
use pgpact::scratch::Platform;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _};
use tokio::task::JoinSet;

use crate::support::postgres::{Server, compare, deltas, spelled};
use crate::support::repository;

/// Roles belong to the server: cases share them.
pub(crate) const ROLES: &str = r#"
    create role alice; create role bob; create role app_owner; grant alice, bob, app_owner to postgres;
    create role anon; create role authenticated; create role service_role bypassrls;
    create role "Odd ""Role"".x";"#;

/// Makes what belongs to the server and is shared by cases: roles, and a tablespace of that odd name.
pub(crate) async fn furnish(server: &Server) {
    let admin = server.scratch.admin();
    let in_place = format!("alter role {admin} set allow_in_place_tablespaces = on");
    // A tablespace is made outside of transactions, in a session that may.
    for script in [
        ROLES,
        &in_place,
        "create tablespace \"Other space\" location ''",
        "grant create on tablespace \"Other space\" to postgres",
    ] {
        server.run(admin, "postgres", script).await.unwrap();
    }
}

/// How many databases are worked on at once.
pub(crate) const WORKERS: usize = 3;

/// The folders of the files that a pattern names.
pub(crate) fn folders_of(pattern: &str) -> Vec<PathBuf> {
    let pattern = repository(pattern);
    let found = glob::glob(pattern.to_str().unwrap()).unwrap();
    let folders = found.map(|path| path.unwrap().parent().unwrap().to_owned());
    folders.collect()
}

/// The same without cases of the whole server: those have one of their own, see `roles.rs`.
pub(crate) fn folders(pattern: &str) -> Vec<PathBuf> {
    let is_of_server = |case: &PathBuf| {
        ROLE_CLASSES
            .iter()
            .any(|class| case.parent().unwrap().ends_with(class))
    };
    let cases = folders_of(pattern).into_iter();
    cases.filter(|case| !is_of_server(case)).collect()
}

/// Classes of what the whole server has.
pub(crate) const ROLE_CLASSES: [&str; 3] = ["role", "role-membership", "role-setting"];

type Built = Result<Contract, String>;

/// Builds one case after the other, each script in a new database.
struct Worker {
    server: Arc<Server>,
    number: usize,
    built: usize,
}

impl Worker {
    async fn build(&mut self, case: &Path, script: &str) -> Built {
        let database = self.database(self.built);
        self.server.create(&database, "template1").await;
        // The connection stays open meanwhile, and with it what is temporary.
        let mut owner = self.server.connect("postgres", &database).await;
        let ran = run(&self.server, &mut owner, &database, &case.join(script)).await;
        let contract = match ran {
            Ok(()) => {
                let contract = self.server.read(&database).await;
                let admin = self.server.scratch.admin();
                let mut admin = self.server.connect(admin, &database).await;
                let lost = left_out(&mut admin, &contract).await;
                assert_eq!(lost, "", "{}", case.display());
                Ok(seen_alike(contract))
            }
            Err(error) => Err(format!("{}/{script}.sql: {error}", case.display())),
        };
        // One that was just in use is dropped only after a wait, so the one before goes.
        if let Some(before) = self.built.checked_sub(1) {
            Server::drop(&self.server, &self.database(before)).await;
        }
        self.built += 1;
        contract
    }

    fn database(&self, index: usize) -> String {
        format!("corpus_{}_{index}", self.number)
    }
}

/// Classes that would not be asked for, though their query finds something.
async fn left_out(admin: &mut PgConnection, contract: &Contract) -> String {
    let is_read = |line: &&str| match line.rsplit_once("-- since ") {
        Some((_, since)) => since.parse::<u32>().unwrap() <= contract.server.major,
        None => true,
    };
    let lost = Class::ALL.iter().filter_map(|class| {
        let mut lines = class.query.lines();
        let rows = lines.find_map(|line| line.strip_prefix("-- asked where there are: "))?;
        let query: Vec<&str> = class.query.lines().filter(is_read).collect();
        let (name, query) = (class.name, query.join("\n"));
        Some(format!(
            "case when not exists (select from {rows}) and exists (\n{query}\n) then '{name}' end"
        ))
    });
    let lost: Vec<String> = lost.collect();
    assert!(lost.len() > 20, "few classes say where they are asked for");
    let text = format!(
        "begin; set local search_path = pg_catalog, pg_temp; select concat_ws(' ', {}); commit",
        lost.join(", ")
    );
    let row = admin.fetch_one(sqlx::raw_sql(AssertSqlSafe(text))).await;
    row.unwrap().get(0)
}

/// A table on its own is what the shape of the whole contract has of it.
fn seen_alike(contract: Contract) -> Contract {
    for relation in Shape::of(&contract).relations.values() {
        let alone = shape::tables(&contract, &BTreeSet::from([&*relation.id.path]));
        let is_stored = matches!(relation.kind, RelationKind::Table | RelationKind::Foreign);
        let expected = is_stored.then(|| format!("{relation:?}"));
        let alone = alone.first().map(|alone| format!("{alone:?}"));
        assert_eq!(alone, expected, "{}", relation.id);
    }
    contract
}

pub(crate) async fn run(
    server: &Server,
    owner: &mut PgConnection,
    database: &str,
    script: &Path,
) -> Result<(), sqlx::Error> {
    let text = std::fs::read_to_string(script.with_extension("sql")).unwrap();
    Server::execute(owner, &text).await?;
    if let Ok(text) = std::fs::read_to_string(script.with_extension("admin.sql")) {
        server.run(server.scratch.admin(), database, &text).await?;
    }
    Ok(())
}

/// Builds all scripts of all cases, some at once; gives them by case, in order, once all of them run.
async fn build_all(cases: &[PathBuf], scripts: &'static [&'static str]) -> Vec<Vec<Contract>> {
    let server = Server::start(Platform::Plain).await;
    furnish(&server).await;
    let (server, cases) = (Arc::new(server), Arc::<[PathBuf]>::from(cases));
    let mut workers = JoinSet::new();
    for number in 0..WORKERS {
        let (server, cases) = (server.clone(), cases.clone());
        workers.spawn(async move {
            let mut worker = Worker {
                server,
                number,
                built: 0,
            };
            let mut built = Vec::new();
            for (index, case) in cases.iter().enumerate().skip(number).step_by(WORKERS) {
                let mut contracts = Vec::new();
                for script in scripts {
                    contracts.push(worker.build(case, script).await);
                }
                built.push((index, contracts));
            }
            built
        });
    }
    let mut built: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    built.sort_by_key(|(index, _)| *index);
    let (mut contracts, mut failed) = (Vec::new(), Vec::new());
    for (_, results) in built {
        match results.into_iter().collect::<Result<Vec<_>, _>>() {
            Ok(of_case) => contracts.push(of_case),
            Err(message) => failed.push(message),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    contracts
}

/// What was found, as it stands in the snapshot.
pub(crate) fn listing(expected: &Contract, live: &Contract) -> String {
    let mut text = String::new();
    for finding in compare(expected, live) {
        writeln!(text, "{}", spelled(&finding)).unwrap();
        if finding.fact.is_some() {
            writeln!(text, "  expected {}", finding.expected.unwrap()).unwrap();
            writeln!(text, "  live     {}", finding.live.unwrap()).unwrap();
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_is_seen_both_ways_and_equal_sides_are_silent() {
    let wanted = std::env::var("PGPACT_CASE").ok();
    let pattern = wanted.as_deref().unwrap_or("*/*");
    let cases = folders(&format!("fixtures/corpus/{pattern}/before.sql"));
    assert!(
        wanted.is_some() || cases.len() >= 110,
        "only {} cases were found",
        cases.len()
    );
    let built = build_all(&cases, &["before", "before", "after"]).await;
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    let mut silent = Vec::new();
    let mut loud = Vec::new();
    for (case, contracts) in cases.iter().zip(&built) {
        let [before, again, after] = &contracts[..] else {
            unreachable!("three were built");
        };
        if before != again {
            loud.push(case.display().to_string());
        }
        let (there, back) = (listing(before, after), listing(after, before));
        if there.is_empty() || back.is_empty() {
            silent.push(case.display().to_string());
        }
        for delta in deltas(before, after).iter().chain(&deltas(after, before)) {
            let what = match delta.change {
                Change::Missing => "missing",
                Change::Unexpected => "unexpected",
                Change::Changed { fact, .. } => fact,
            };
            seen.insert((delta.id.class.to_string(), what.to_owned()));
        }
        insta::with_settings!({
            snapshot_path => case,
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!("findings", format!("{there}--- the other way\n{back}"));
        });
    }
    assert_eq!(silent, Vec::<String>::new(), "a case nobody sees");
    assert_eq!(loud, Vec::<String>::new(), "equal sides are not silent");
    if wanted.is_none() {
        let major = built[0][0].server.major;
        assert_eq!(untried(&seen, major), [], "facts without a case");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_ways_to_say_the_same_are_equal() {
    let cases = folders("fixtures/corpus-equal/*/one.sql");
    assert!(cases.len() >= 20, "only {} cases were found", cases.len());
    let built = build_all(&cases, &["one", "other"]).await;
    let mut found = String::new();
    for (case, contracts) in cases.iter().zip(&built) {
        let listing = listing(&contracts[0], &contracts[1]);
        if !listing.is_empty() {
            writeln!(found, "{}\n{listing}", case.display()).unwrap();
        }
    }
    assert!(found.is_empty(), "{found}");
}

/// Parameters and tablespaces belong to the server: other cases would see the grants.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_on_what_is_the_servers_is_seen_and_taken_back() {
    let server = Server::start(Platform::Plain).await;
    let admin = server.scratch.admin();
    server.run(admin, "postgres", ROLES).await.unwrap();
    server.create("plain", "template1").await;
    let before = server.read_with_needs("plain").await;
    if before.server.major < 15 {
        return;
    }
    let grant = "grant set, alter system on parameter work_mem to alice with grant option;
        grant set on parameter my.own to public;
        grant create on tablespace pg_default to bob with grant option";
    server.run(admin, "plain", grant).await.unwrap();
    let after = server.read_with_needs("plain").await;
    assert_eq!(
        listing(&before, &after),
        "critical grant-widened grant:parameter my.own to PUBLIC -\n\
         critical grant-widened grant:parameter work_mem to alice -\n\
         warning grant-unexpected grant:tablespace pg_default to bob -\n"
    );
    for (expected, live) in [(&before, &after), (&after, &before)] {
        let plan = plan::plan(expected, live, &[], &Permissions::default(), 15);
        let sql = plan::render(&plan, &Heading::default());
        for _ in 0..2 {
            server.run(admin, "plain", &sql).await.unwrap();
            assert_eq!(listing(expected, &server.read("plain").await), "");
        }
    }
}

/// Facts, and ways to be there on one side only, that no case shows.
fn untried(seen: &BTreeSet<(String, String)>, major: u32) -> Vec<(&'static str, &'static str)> {
    let facts = Class::ALL.iter().flat_map(|class| {
        let known = class.facts.iter().filter(|fact| fact.since <= major);
        known.map(|fact| (class.name, fact.name))
    });
    let kinds = Class::ALL
        .iter()
        .flat_map(|class| [(class.name, "missing"), (class.name, "unexpected")]);
    facts
        .chain(kinds)
        .filter(|(class, _)| !ROLE_CLASSES.contains(class))
        .filter(|(class, what)| !seen.contains(&((*class).to_owned(), (*what).to_owned())))
        .collect()
}
