//! The corpus of what belongs to the whole server: roles, memberships, settings. One case at a time on a server of its
//! own, seen both ways and converging both ways and from nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use pgpact::contract::{Change, Contract};
use pgpact::scratch::Platform;

use crate::convergence::Trial;
use crate::corpus::{ROLE_CLASSES, ROLES, folders_of, listing, run};
use crate::pages::Pages;
use crate::support::postgres::{Server, deltas, installation};

const RESET: &str = "do $$ declare r record; begin
    for r in select rolname from pg_roles where oid >= 16384 and rolname <> 'postgres' loop
      execute format('drop role %I', r.rolname);
    end loop;
    alter role all reset all;
  end $$;";

const DATABASE: &str = "roles";

/// Classes and facts that cases changed.
type Tried = BTreeSet<(String, String)>;

/// Takes the last case away and makes an empty database.
async fn reset(server: &Server) {
    let admin = server.scratch.admin();
    let drop = format!("drop database if exists {DATABASE} with (force)");
    server.run(admin, "postgres", &drop).await.unwrap();
    server.run(admin, "postgres", RESET).await.unwrap();
    server.run(admin, "postgres", ROLES).await.unwrap();
    server.create(DATABASE, "template1").await;
}

async fn build(server: &Server, script: &Path) -> Result<Contract, String> {
    reset(server).await;
    let mut owner = server.connect("postgres", DATABASE).await;
    let ran = run(server, &mut owner, DATABASE, script).await;
    sqlx::Connection::close(owner).await.unwrap();
    ran.map_err(|error| format!("{}: {error}", script.display()))?;
    Ok(server.read_with_needs(DATABASE).await)
}

async fn try_case(
    server: &Server,
    nothing: &Contract,
    case: &Path,
    tried: &mut Tried,
    pages: &Pages,
) -> Result<(), String> {
    let before = build(server, &case.join("before")).await?;
    let after = build(server, &case.join("after")).await?;
    for delta in deltas(&before, &after) {
        if let Change::Changed { fact, .. } = delta.change {
            tried.insert((delta.id.class.as_str().to_owned(), fact.to_owned()));
        }
    }
    let (there, back) = (listing(&before, &after), listing(&after, &before));
    let mut text = String::new();
    write!(text, "{there}--- the other way\n{back}").unwrap();
    insta::with_settings!({
        snapshot_path => case,
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("findings", text);
    });
    if there.is_empty() || back.is_empty() {
        return Err(format!("{}: nobody sees it", case.display()));
    }
    let trial = Trial {
        server,
        database: DATABASE,
        role: server.scratch.admin(),
        is_told: std::env::var_os("PGPACT_CASE").is_some(),
        pages,
    };
    for (what, live, expected) in [
        ("back", &after, &before),
        ("forth", &before, &after),
        ("from nothing", nothing, &after),
    ] {
        if what == "from nothing" {
            reset(server).await;
        }
        let converged = trial.converge(live, expected).await;
        converged.map_err(|error| format!("{} {what}: {error}", case.display()))?;
    }
    Ok(())
}

/// Tries cases on a server of their own; says what failed and which facts changed.
pub(crate) async fn try_cases(
    bin: Option<PathBuf>,
    cases: &[PathBuf],
    pages: &Pages,
) -> (Vec<String>, Tried) {
    let mut server = Server::start_with(Platform::Plain, bin).await;
    server.shows_roles = true;
    reset(&server).await;
    let nothing = server.read_with_needs(DATABASE).await;
    let (mut failures, mut tried) = (Vec::new(), Tried::new());
    for case in cases {
        let ended = try_case(&server, &nothing, case, &mut tried, pages).await;
        failures.extend(ended.err());
    }
    (failures, tried)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_to_the_server_is_seen_and_converges() {
    let cases: Vec<PathBuf> = ROLE_CLASSES
        .iter()
        .flat_map(|class| folders_of(&format!("fixtures/corpus/{class}/*/before.sql")))
        .collect();
    assert!(cases.len() > 10, "only {} cases", cases.len());
    let pages = Pages::default();
    let (failures, _) = try_cases(installation(15), &cases, &pages).await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    pages.check(|class| ROLE_CLASSES.contains(&class));
}
