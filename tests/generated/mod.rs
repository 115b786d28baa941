//! Reconcile on schemas made by chance, and changed by chance: each is brought to the other and back.
//!
//! `PGPACT_SEED=1234` tries that pair alone and prints its scripts and plans; `PGPACT_PAIRS=5000` tries more than by
//! default; `PGPACT_FIRST=9000` begins elsewhere.

mod bodies;
mod mutation;
mod schema;
mod sql;

use std::sync::Arc;

use pgpact::scratch::Platform;
use tokio::task::JoinSet;

use crate::convergence::Trial;
use crate::corpus::{WORKERS, furnish};
use crate::pages::Pages;
use crate::support::postgres::{Server, aligned, deltas};

/// What two cores bear in a minute.
const PAIRS: u64 = 60;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

/// Builds a pair in databases of its own and brings each to the other.
async fn try_pair(server: &Server, seed: u64, is_told: bool) -> Result<(), String> {
    let mut dice = schema::Dice(seed);
    let before = mutation::grown(&mut dice);
    let after = mutation::mutated(&before, &mut dice);
    let (before, after) = (before.sql(), after.sql());
    if is_told {
        #[expect(clippy::print_stderr, reason = "somebody asked for this one pair")]
        {
            eprintln!("-- before\n{before}\n\n-- after\n{after}\n");
        }
    }
    let databases = ["a", "b"].map(|letter| format!("generated_{seed}_{letter}"));
    let [one, other] = &databases;
    let mut contracts = Vec::new();
    for (database, script) in [(one, &before), (other, &after)] {
        server.create(database, "template1").await;
        let built = server.run("postgres", database, script).await;
        built.map_err(|error| format!("the script is not valid: {error}"))?;
        contracts.push(server.read_with_needs(database).await);
    }
    // Every eighth is built a second time: nothing differs.
    if is_told || seed.is_multiple_of(8) {
        let again = format!("generated_{seed}_again");
        server.create(&again, "template1").await;
        server.run("postgres", &again, &before).await.unwrap();
        let (same, again_read) = aligned(&contracts[0], &server.read(&again).await);
        server.drop(&again).await;
        if let Some(delta) = deltas(&same, &again_read).first() {
            return Err(format!("built twice, {} differs", delta.id));
        }
    }
    if deltas(&contracts[0], &contracts[1]).is_empty() {
        return Err("no difference is seen".to_owned());
    }
    let pages = Pages::default();
    for (what, database, live, expected) in [
        ("forth", one, &contracts[0], &contracts[1]),
        ("back", other, &contracts[1], &contracts[0]),
    ] {
        let trial = Trial {
            server,
            database,
            role: "postgres",
            is_told,
            pages: &pages,
        };
        let converged = trial.converge(live, expected).await;
        converged.map_err(|error| format!("{what}: {error}"))?;
    }
    for database in &databases {
        server.drop(database).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemas_made_by_chance_converge_both_ways_and_twice() {
    let alone = number("PGPACT_SEED");
    let first = alone.or_else(|| number("PGPACT_FIRST")).unwrap_or(0);
    let count = alone.map_or_else(|| number("PGPACT_PAIRS").unwrap_or(PAIRS), |_| 1);
    let server = Server::start(Platform::Plain).await;
    furnish(&server).await;
    let server = Arc::new(server);
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let server = server.clone();
        workers.spawn(async move {
            let mut failures = Vec::new();
            for seed in (first..first + count).skip(worker).step_by(WORKERS) {
                if let Err(error) = try_pair(&server, seed, alone.is_some()).await {
                    failures.push(format!("PGPACT_SEED={seed} {error}"));
                }
            }
            failures
        });
    }
    let failures: Vec<String> = workers.join_all().await.into_iter().flatten().collect();
    assert!(
        failures.is_empty(),
        "{} of {count}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
