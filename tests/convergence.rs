//! Reconcile on the corpus: each side is brought to the other and back, every plan applied twice.
//!
//! A plan is rendered and run by `psql` as a person would, then the database is read again. What is left must
//! be what the plan withheld, and `pg_dump` must say the same of both. `PGPACT_CASE=class/case` runs one case
//! (a glob) and prints its plans; `PGPACT_CASES=/folder` runs the cases `*/{before,after}.sql` of another folder.
//! `PGPACT_MAJOR=13` runs them on a server of that major; what an older one does not understand is left out, and counted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pgpact::contract::{Change, Contract, Delta};
use pgpact::plan::{self, Heading, Permissions, ReconcilePlan};
use pgpact::scratch::Platform;
use tokio::task::JoinSet;

use crate::corpus::{ROLE_CLASSES, ROLES, WORKERS, folders, furnish, run};
use crate::pages::Pages;
use crate::support::postgres::{Server, aligned, deltas, installation};
use crate::witness;

/// Cases whose difference no statement can make, each with the reason.
pub(crate) const OUT_OF_REACH: &[(&str, &str)] = &[
    ("security-label/added", "no provider is loaded"),
    ("security-label/changed", "no provider is loaded"),
    (
        "table/detaching",
        "nothing but an accident leaves a detach half-way",
    ),
];

pub(crate) fn plan_between(expected: &Contract, live: &Contract) -> ReconcilePlan {
    let defaults = |contract: &Contract| {
        let objects = contract.objects.values().cloned();
        objects
            .filter(|object| object.id.class.as_str() == "default-privilege")
            .collect::<Vec<_>>()
    };
    let mut default_grants = defaults(expected);
    default_grants.extend(defaults(live));
    let permissions = Permissions {
        allowed: BTreeSet::from(["all".to_owned()]),
        is_bundle: false,
        is_copy: false,
    };
    plan::plan(
        expected,
        live,
        &default_grants,
        &permissions,
        live.server.major,
    )
}

pub(crate) struct Trial<'a> {
    pub(crate) server: &'a Server,
    pub(crate) database: &'a str,
    pub(crate) role: &'a str,
    pub(crate) is_told: bool,
    pub(crate) pages: &'a Pages,
}

impl Trial<'_> {
    pub(crate) fn psql(&self, sql: &str) -> Result<(), String> {
        use std::io::Write as _;
        use std::process::Stdio;
        let mut command = std::process::Command::new("/usr/lib/postgresql/15/bin/psql");
        command
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h"])
            .arg(self.server.scratch.socket().unwrap())
            .args(["-U", self.role, "-d", self.database])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let output = tokio::task::block_in_place(|| {
            let mut child = command.spawn().unwrap();
            // It stops reading at the first error.
            child.stdin.take().unwrap().write_all(sql.as_bytes()).ok();
            child.wait_with_output().unwrap()
        });
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let errors: Vec<&str> = said
            .lines()
            .filter(|line| !line.contains("NOTICE"))
            .collect();
        output
            .status
            .success()
            .then_some(())
            .ok_or_else(|| errors.join("\n"))
    }

    /// Brings the database from what it is to the contract, twice; what is not right is said.
    pub(crate) async fn converge(
        &self,
        live: &Contract,
        expected: &Contract,
    ) -> Result<(), String> {
        let plan = plan_between(expected, live);
        self.pages.note(expected, live, &plan);
        // All was allowed: what waits for each other, or has no rule, is a failure of ours.
        let is_ours = |why: &str| why.contains("wait for each other") || why.starts_with("no rule");
        let withheld = plan.withheld.iter().filter(|one| is_ours(&one.why));
        let withheld: Vec<String> = withheld
            .map(|one| format!("{:?} {}: {}", one.verb, one.id, one.why))
            .collect();
        let sql = plan::render(&plan, &Heading::default());
        if self.is_told {
            #[expect(clippy::print_stderr, reason = "somebody asked for this one case")]
            {
                eprintln!("{sql}");
            }
        }
        if !withheld.is_empty() {
            return Err(format!("withheld: {}", withheld.join("; ")));
        }
        for time in ["once", "twice"] {
            self.psql(&sql)
                .map_err(|error| format!("applied {time}: {error}"))?;
            let mut after = self.server.read(self.database).await;
            if !deltas(expected, &after).is_empty() {
                self.agree(expected, &mut after).await;
            }
            let (expected, after) = &aligned(expected, &after);
            let mut left = deltas(expected, after);
            left.retain(|delta| {
                let is_invalid = delta
                    .expected
                    .is_some_and(|object| object.facts.get("valid") == Some(&false.into()));
                !is_invalid && !plan.unsettled().contains(delta.id)
            });
            if !left.is_empty() {
                let left: Vec<String> = left
                    .iter()
                    .map(|delta| format!("{} {:?}", delta.id, delta.change))
                    .collect();
                return Err(format!(
                    "applied {time}, {} left: {}",
                    left.len(),
                    left.join("; ")
                ));
            }
        }
        Ok(())
    }

    /// Asking changes the database, so a copy is asked.
    async fn agree(&self, expected: &Contract, after: &mut Contract) {
        let copy = format!("{}_copy", self.database);
        self.server.create(&copy, self.database).await;
        let mut printer = self.server.scratch.printer(&copy).await.unwrap();
        printer.agree(expected, after).await.unwrap();
        drop(printer);
        self.server.drop(&copy).await;
    }
}

/// The tables and sequences of a database by name, as the server knows them.
async fn oids(server: &Server, database: &str) -> BTreeMap<String, String> {
    use sqlx::{Executor as _, Row as _};
    let query = "select oid::regclass::text, oid::text from pg_class where relkind in ('r', 'p') and oid >= 16384";
    let mut connection = server.connect(server.scratch.admin(), database).await;
    let rows = connection.fetch_all(sqlx::raw_sql(query)).await.unwrap();
    let pair = |row: &sqlx::postgres::PgRow| {
        let text = |column: usize| row.try_get_unchecked(column).unwrap();
        (text(0), text(1))
    };
    rows.iter().map(pair).collect()
}

/// Where a worker's cases begin: databases of its own, and what an empty one holds.
pub(crate) struct Bench {
    server: Arc<Server>,
    nothing: Arc<Contract>,
    number: usize,
    is_told: bool,
    pages: Arc<Pages>,
    /// Whether the cases are somebody else's, and tables made anew are told.
    is_elsewhere: bool,
    /// The server's, where cases are written for 15.
    major: u32,
}

/// What begins the line of a case that an older major does not understand.
const NOT_UNDERSTOOD: &str = "not understood: ";

impl Bench {
    /// For one who tries cases one after the other.
    pub(crate) async fn alone(server: Arc<Server>) -> Self {
        server.create("plan_nothing", "template1").await;
        let nothing = Arc::new(server.read_with_needs("plan_nothing").await);
        Self {
            server,
            nothing,
            number: 0,
            is_told: false,
            pages: Arc::default(),
            is_elsewhere: false,
            major: 15,
        }
    }

    pub(crate) async fn try_case(&self, case: &Path) -> Vec<String> {
        let Self { server, number, .. } = self;
        let databases = ["a", "b", "c"].map(|letter| format!("plan_{number}_{letter}"));
        let [one, other, third] = &databases;
        let mut failures = Vec::new();
        let mut contracts = Vec::new();
        for (database, script) in [(one, "before"), (other, "after")] {
            server.create(database, "template1").await;
            let mut owner = server.connect("postgres", database).await;
            if let Err(error) = run(server, &mut owner, database, &case.join(script)).await {
                sqlx::Connection::close(owner).await.unwrap();
                if self.major < 15 {
                    Server::drop(server, one).await;
                    if script == "after" {
                        Server::drop(server, other).await;
                    }
                    return vec![format!("{NOT_UNDERSTOOD}{}: {error}", case.display())];
                }
                failures.push(format!("{}: {script}: {error}", case.display()));
            } else {
                sqlx::Connection::close(owner).await.unwrap();
            }
            contracts.push(server.read_with_needs(database).await);
        }
        let [before, after] = &contracts[..] else {
            unreachable!("two were read");
        };
        let is_admins = ["before.admin.sql", "after.admin.sql"]
            .iter()
            .any(|name| case.join(name).exists())
            // What a superuser's extension brought is a superuser's to move.
            || case.parent().unwrap().ends_with("extension");
        let trial = |database| Trial {
            server,
            database,
            role: if is_admins {
                server.scratch.admin()
            } else {
                "postgres"
            },
            is_told: self.is_told,
            pages: &self.pages,
        };
        server.create(third, "template1").await;
        if deltas(before, after).is_empty() {
            failures.push(format!("{}: no difference is seen", case.display()));
        }
        let tables = oids(server, one).await;
        for (what, database, live, expected) in [
            ("forth", one, before, after),
            ("back", other, after, before),
            ("from nothing", third, &*self.nothing, after),
        ] {
            if what == "back" && self.is_elsewhere && failures.is_empty() {
                let kept = oids(server, one).await;
                let anew = tables
                    .iter()
                    .filter(|(name, oid)| kept.get(*name).is_some_and(|other| other != *oid));
                let anew: Vec<&String> = anew.map(|(name, _)| name).collect();
                if !anew.is_empty() {
                    failures.push(format!("{} makes tables anew: {anew:?}", case.display()));
                }
            }
            // What stays as it was made is told: dumps show it as well.
            let stays = |delta: &Delta<'_>| {
                matches!(delta.change, Change::Changed { fact, .. } if fact != "column_order")
                    && plan::reason_to_stay(delta).is_some()
            };
            if what == "back"
                && failures.is_empty()
                && !deltas(before, after).iter().any(stays)
                && plan_between(after, before).withheld.is_empty()
                && before.server.major == 15 // the witness' own
                && witness::can_tell(case)
                && let Err(error) = witness::said_alike(server, one, other).await
            {
                failures.push(format!("{} dumped: {error}", case.display()));
            }
            if let Err(error) = trial(database).converge(live, expected).await {
                failures.push(format!("{} {what}: {error}", case.display()));
            }
        }
        for database in &databases {
            Server::drop(server, database).await;
        }
        failures
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_converges_both_ways_and_twice() {
    let wanted = std::env::var("PGPACT_CASE").ok();
    let pattern = wanted.clone().unwrap_or_else(|| "*/*".to_owned());
    let elsewhere = std::env::var("PGPACT_CASES").ok();
    let is_elsewhere = elsewhere.is_some();
    let mut cases = match elsewhere {
        Some(folder) => folders(&format!(
            "{folder}/{}/before.sql",
            wanted.as_deref().unwrap_or("*")
        )),
        None => folders(&format!("fixtures/corpus/{pattern}/before.sql")),
    };
    cases.retain(|case| !OUT_OF_REACH.iter().any(|(name, _)| case.ends_with(name)));
    assert!(
        wanted.is_some() || is_elsewhere || cases.len() > 150,
        "only {} cases",
        cases.len()
    );
    let asked = std::env::var("PGPACT_MAJOR").ok();
    let major = asked.map_or(15, |major| major.parse().expect("a major"));
    let bin = installation(major).expect("a server of that major; scripts/majors.sh fetches it");
    let server = Server::start_with(Platform::Plain, Some(bin)).await;
    match major {
        // Tablespaces in place came with 15.
        ..15 => server
            .run(server.scratch.admin(), "postgres", ROLES)
            .await
            .unwrap(),
        _ => furnish(&server).await,
    }
    let (server, cases) = (Arc::new(server), Arc::<[PathBuf]>::from(cases));
    server.create("plan_nothing", "template1").await;
    let nothing = Arc::new(server.read_with_needs("plan_nothing").await);
    let mut workers = JoinSet::new();
    let pages = Arc::new(Pages::default());
    for number in 0..WORKERS {
        let (cases, bench) = (
            cases.clone(),
            Bench {
                server: server.clone(),
                nothing: nothing.clone(),
                number,
                is_told: wanted.is_some(),
                pages: pages.clone(),
                is_elsewhere,
                major,
            },
        );
        workers.spawn(async move {
            let mut failures = Vec::new();
            for case in cases.iter().skip(number).step_by(WORKERS) {
                failures.extend(bench.try_case(case).await);
            }
            failures
        });
    }
    let failures = workers.join_all().await.into_iter().flatten();
    let (left_out, failures): (Vec<String>, Vec<String>) =
        failures.partition(|failure| failure.starts_with(NOT_UNDERSTOOD));
    if !left_out.is_empty() {
        eprintln!("{} left out:\n{}", left_out.len(), left_out.join("\n"));
    }
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
    if wanted.is_none() && !is_elsewhere && major == 15 {
        pages.check(|class| !ROLE_CLASSES.contains(&class));
    }
}
