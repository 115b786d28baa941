//! The same migrations on every supported major say the same, in all pairs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pgpact::classes::{self, Class};
use pgpact::contract::{self, Change, Contract};
use pgpact::progress::Silent;
use pgpact::scratch::{Choice, Environment, Platform, Printer};
use pgpact::source::{Loaded, Loader, Place, Source, Sources};
use tempfile::TempDir;

use crate::convergence::Bench;
use crate::corpus::{ROLES, folders, folders_of, listing, run};
use crate::pages::Pages;
use crate::roles;
use crate::support::postgres::{Server, deltas, installation};
use crate::support::repository;

const MAJORS: [u32; 6] = [13, 14, 15, 16, 17, 18];

struct Replayed {
    major: u32,
    loaded: Loaded,
    printer: Printer,
}

/// The project, in words that every major understands.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let pattern = repository("fixtures/projects/keyring/supabase/migrations/*.sql");
    for file in glob::glob(pattern.to_str().unwrap()).unwrap() {
        let file = file.unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let text = text
            .replace(" nulls not distinct", "")
            .replace("with (security_invoker = true)", "");
        fs::write(folder.path().join(file.file_name().unwrap()), text).unwrap();
    }
    folder
}

/// The project and what versions are known to disagree about, up to what the major understands.
fn sources(project: &Path, major: u32) -> Sources {
    let mut sources = vec![Source::Migrations(Place::on_disk(project))];
    let pattern = repository("fixtures/majors/*.sql");
    let files = glob::glob(pattern.to_str().unwrap()).unwrap();
    for file in files.map(Result::unwrap) {
        let since = file.file_stem().unwrap().to_str().unwrap();
        let since = since
            .rsplit_once("_since_")
            .map_or(0, |(_, since)| since.parse().unwrap());
        if since <= major {
            sources.push(Source::SqlFile(Place::on_disk(&file)));
        }
    }
    Sources::new(sources).unwrap()
}

async fn replay(sources: Sources, major: u32, bin: PathBuf) -> Replayed {
    let environment = Environment {
        platform: Platform::Supabase,
        migration_role: "postgres".to_owned(),
        exposes_new_objects: true,
    };
    let choice = Choice {
        bin: Some(bin),
        ..Choice::default()
    };
    let loader = Loader {
        choice: &choice,
        environment: &environment,
        with_needs: false,
        progress: &Silent,
    };
    let mut loaded = loader.load(&sources).await.unwrap();
    let failures: Vec<String> = loaded
        .outcome
        .failures
        .iter()
        .map(|failure| format!("{}: {}", failure.statement.location, failure.message))
        .collect();
    assert_eq!(failures, Vec::<String>::new(), "on {major}");
    assert_eq!(loaded.contract.server.major, major);
    let scope = Platform::Supabase.scope(Vec::new());
    scope.limit_expected(&mut loaded.contract, &loaded.provenance);
    let scratch = loaded.scratch.as_ref().unwrap();
    let printer = scratch.printer("postgres").await.unwrap();
    Replayed {
        major,
        loaded,
        printer,
    }
}

/// What both majors can say.
fn common(contract: &Contract, major: u32) -> Contract {
    let mut contract = contract.clone();
    contract.objects.retain(|id, object| {
        let since = object
            .schema
            .as_deref()
            .and_then(|name| name.strip_prefix("since_"));
        let is_schema_of_newer = || {
            id.path.split(' ').any(|word| {
                word.strip_prefix("since_")
                    .is_some_and(|since| since.parse::<u32>().is_ok_and(|since| since > major))
            })
        };
        since.is_none_or(|since| since.parse::<u32>().unwrap() <= major) && !is_schema_of_newer()
    });
    classes::reduce_to_major(&mut contract, major);
    contract
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_migrations_say_the_same_on_all_majors() {
    let project = project();
    let mut replayed = Vec::new();
    for pair in MAJORS.chunks(2) {
        let mut running = tokio::task::JoinSet::new();
        for major in pair {
            match installation(*major) {
                Some(bin) => {
                    running.spawn(replay(sources(project.path(), *major), *major, bin));
                }
                None => {
                    eprintln!(
                        "SKIPPED: Postgres {major} is not here; scripts/majors.sh fetches it"
                    );
                }
            }
        }
        replayed.extend(running.join_all().await);
    }
    replayed.sort_by_key(|replayed| replayed.major);
    let contracts: Vec<(u32, Contract)> = replayed
        .iter()
        .map(|replayed| (replayed.major, replayed.loaded.contract.clone()))
        .collect();
    let mut found = String::new();
    for (one, expected) in &contracts {
        for (other, live) in &contracts {
            let older = *one.min(other);
            let (expected, mut live) = (common(expected, older), common(live, older));
            let printer = replayed.iter_mut().find(|replayed| replayed.major == older);
            let printer = &mut printer.unwrap().printer;
            printer.agree(&expected, &mut live).await.unwrap();
            let (mut expected, mut live) = (expected, live);
            classes::align(&mut expected, &live);
            classes::align(&mut live, &expected);
            let deltas = contract::diff(&expected, &live);
            for delta in &deltas {
                writeln!(found, "{one} and {other}: {} {:?}", delta.id, delta.change).unwrap();
            }
        }
    }
    assert!(found.is_empty(), "{found}");
}

/// What newer majors brought: `fixtures/corpus-since/<major>/<case>/{before,after}.sql`, each on a server of that major.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_newer_majors_brought_is_seen_both_ways_and_converges() {
    let mut untried: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut failures = Vec::new();
    for major in [16, 17, 18] {
        let Some(bin) = installation(major) else {
            eprintln!("SKIPPED: Postgres {major} is not here; scripts/majors.sh fetches it");
            continue;
        };
        let newer = Class::ALL.iter().flat_map(|class| {
            let facts = class.facts.iter().filter(|fact| fact.since == major);
            facts.map(|fact| (class.name, fact.name))
        });
        untried.extend(newer);
        let of_roles = folders_of(&format!("fixtures/corpus-since/{major}/roles/*/before.sql"));
        if !of_roles.is_empty() {
            let (failed, tried) =
                roles::try_cases(Some(bin.clone()), &of_roles, &Pages::default()).await;
            failures.extend(failed);
            untried.retain(|(class, fact)| !tried.contains(&((*class).into(), (*fact).into())));
        }
        let server = Server::start_with(Platform::Plain, Some(bin)).await;
        server
            .run(server.scratch.admin(), "postgres", ROLES)
            .await
            .unwrap();
        let server = Arc::new(server);
        let bench = Bench::alone(server.clone()).await;
        for case in folders(&format!("fixtures/corpus-since/{major}/*/before.sql")) {
            for script in ["before", "after"] {
                server.create(script, "template1").await;
                let mut owner = server.connect("postgres", script).await;
                run(&server, &mut owner, script, &case.join(script))
                    .await
                    .unwrap();
            }
            let (before, after) = (server.read("before").await, server.read("after").await);
            for delta in deltas(&before, &after) {
                if let Change::Changed { fact, .. } = delta.change {
                    untried.retain(|tried| *tried != (delta.id.class.as_str(), fact));
                }
            }
            let (there, back) = (listing(&before, &after), listing(&after, &before));
            assert!(!there.is_empty() && !back.is_empty(), "{}", case.display());
            insta::with_settings!({
                snapshot_path => &case,
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_snapshot!("findings", format!("{there}--- the other way\n{back}"));
            });
            Server::drop(&server, "before").await;
            Server::drop(&server, "after").await;
            failures.extend(bench.try_case(&case).await);
        }
    }
    assert_eq!(failures, Vec::<String>::new());
    assert_eq!(untried, BTreeSet::new(), "facts without a case");
}
