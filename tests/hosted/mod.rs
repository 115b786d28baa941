//! `supabase:REF`: the same contract through the Management API as over a connection, and what goes wrong on the way.

mod faults;

use std::time::Duration;

use pgpact::inspect::{Access, Hosted, Session};
use pgpact::scratch::Platform;
use sqlx::Executor as _;

use crate::support::binary::{Ended, Run};
use crate::support::management::{Management, REFERENCE, TOKEN};
use crate::support::postgres::Server;
use crate::support::repository;

const MIGRATIONS: &str = "fixtures/projects/keyring/supabase/migrations";
const READER: &str = "supabase_read_only_user";

/// Everything that decides how catalogs are printed, set to something else.
const ODD: &str = "
alter role supabase_read_only_user set default_transaction_read_only = on;
alter role supabase_read_only_user set search_path = public, extensions;
alter role supabase_read_only_user set timezone = 'Asia/Tokyo';
alter role supabase_read_only_user set datestyle = 'SQL, DMY';
alter role supabase_read_only_user set intervalstyle = 'sql_standard';
alter role supabase_read_only_user set extra_float_digits = -5;
alter role supabase_read_only_user set quote_all_identifiers = on;
alter role supabase_read_only_user set bytea_output = 'escape';
alter role supabase_read_only_user set xmloption = 'document';";

struct Project {
    server: Server,
    api: Management,
}

impl Project {
    async fn new() -> Self {
        let server = Server::start(Platform::Supabase).await;
        server.build_keyring("live").await;
        let admin = server.scratch.admin();
        server.run(admin, "live", ODD).await.unwrap();
        let api = Management::start(
            server.scratch.connection(READER, "live"),
            server.scratch.connection("postgres", "live"),
        )
        .await;
        Self { server, api }
    }

    async fn sql(&self, script: &str) {
        self.server.run("postgres", "live", script).await.unwrap();
    }

    async fn drift(&self, name: &str) {
        let path = repository(&format!("fixtures/projects/keyring/{name}"));
        self.sql(&std::fs::read_to_string(path).unwrap()).await;
    }

    fn start(&self, arguments: &[&str]) -> Run {
        Run::new(arguments)
            .env("PGPACT_SUPABASE_API", self.api.url())
            .env("SUPABASE_ACCESS_TOKEN", TOKEN)
    }

    /// Runs while the stand-in goes on answering.
    async fn run(&self, run: Run) -> Ended {
        tokio::task::spawn_blocking(move || run.end())
            .await
            .unwrap()
    }

    async fn verify(&self) -> Ended {
        let live = format!("supabase:{REFERENCE}");
        let arguments = ["verify", "-q", "--format", "json", "--expected", MIGRATIONS];
        self.run(self.start(&arguments).env("PGPACT_LIVE", live))
            .await
    }

    async fn session(&self) -> Session {
        let access = Access {
            token: Some(TOKEN.to_owned().into()),
            api: Some(self.api.url()),
        };
        let project = Hosted::new(REFERENCE).unwrap().with(&access);
        Session::through_api(&project).await.unwrap()
    }

    /// Both ways to read the same database, with what needs what.
    async fn both(&self) -> (pgpact::contract::Contract, pgpact::contract::Contract) {
        let target = self.server.scratch.connection(READER, "live");
        let mut wire = Session::open(&target, Duration::from_secs(10))
            .await
            .unwrap();
        wire.read_needs();
        let mut api = self.session().await;
        api.read_needs();
        let wire = wire.read(None).await.unwrap();
        let api = api.read(None).await.unwrap();
        assert!(api.is_still);
        (wire.contract, api.contract)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_gives_the_same_contract_as_a_connection_to_the_letter() {
    let project = Project::new().await;
    project.drift("live-thirty.sql").await;
    let (wire, api) = project.both().await;
    assert!(api.objects.len() > 500, "{}", api.objects.len());
    for (id, object) in &wire.objects {
        assert_eq!(api.objects.get(id), Some(object));
    }
    assert_eq!(api, wire);
    let requests = project.api.count();
    assert!(requests <= 10, "{requests} requests");
    assert_eq!(
        project
            .api
            .paths()
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_gives_out_little_is_asked_more_often() {
    let project = Project::new().await;
    let (wire, _) = project.both().await;
    project.api.count();
    project.api.refuse_above(200_000);
    let mut session = project.session().await;
    session.read_needs();
    let api = session.read(None).await.unwrap();
    assert!(api.is_still);
    assert_eq!(api.contract, wire);
    let requests = project.api.count();
    assert!((10..60).contains(&requests), "{requests} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_while_it_is_read_is_read_until_it_stands() {
    let project = Project::new().await;
    // Somebody commits after each of the first queries, and every second time changes a table.
    let scripts =
        (0..6).map(|at| format!("create table public.passing_{at} (id int8 primary key)"));
    project.api.run_meanwhile(scripts.collect());
    let mut session = project.session().await;
    let reading = session.read(None).await.unwrap();
    assert!(reading.is_still);
    let target = project.server.scratch.connection(READER, "live");
    let mut wire = Session::open(&target, Duration::from_secs(10))
        .await
        .unwrap();
    assert_eq!(reading.contract, wire.read(None).await.unwrap().contract);

    let busy = (0..40).map(|_| "select pg_current_xact_id()".to_owned());
    project.api.run_meanwhile(busy.collect());
    let reading = session.read(None).await.unwrap();
    assert!(
        reading.is_still,
        "commits that change no catalog are no matter"
    );

    let restless = (10..60).map(|at| format!("create table public.passing_{at} ()"));
    project.api.run_meanwhile(restless.collect());
    let error = session.read(None).await.unwrap_err();
    assert_eq!(error.code().as_str(), "inspect-failed");
    assert!(
        error.chain().contains("changed each time"),
        "{}",
        error.chain()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_verified_and_its_drift_is_found() {
    let project = Project::new().await;
    let held = project.verify().await;
    assert_eq!(held.status, 0, "{}{}", held.stdout, held.stderr);
    let report = held.json();
    assert_eq!(report["verdict"], "holds");
    assert_eq!(report["live"]["source"], format!("supabase:{REFERENCE}"));
    project.drift("live-thirty.sql").await;
    let broken = project.verify().await;
    let over_wire = Run::new(&["verify", "-q", "--format", "json", "--expected", MIGRATIONS])
        .env("PGPACT_LIVE", project.server.url(READER, "live"))
        .end();
    assert_eq!(broken.status, 1, "{}{}", broken.stdout, broken.stderr);
    assert_eq!(broken.findings(), over_wire.findings());
    assert_eq!(broken.findings().len(), 30);
    let gaps = |ended: &Ended| ended.json()["coverage"]["not_compared"].clone();
    assert_eq!(gaps(&broken), gaps(&over_wire));
    assert!(!broken.stdout.contains(TOKEN) && !broken.stderr.contains(TOKEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn history_statistics_and_sizes_come_through_the_api_too() {
    let project = Project::new().await;
    let admin = project.server.scratch.admin();
    let rows = r#"insert into supabase_migrations.schema_migrations (version, statements, name) values
        ('20250101000000', array[E'select ''a\\b\nc'' ', null, '"q"'], 'one'), ('20250102000000', '{}', null)"#;
    project.server.run(admin, "live", rows).await.unwrap();
    let target = project.server.scratch.connection(READER, "live");
    let mut wire = Session::open(&target, Duration::from_secs(10))
        .await
        .unwrap();
    let mut api = project.session().await;
    let histories = api.histories().await.unwrap();
    assert_eq!(histories, wire.histories().await.unwrap());
    let entries = histories.recorded.iter().map(|table| table.entries.len());
    assert_eq!(entries.sum::<usize>(), 2);
    assert_eq!(api.deploy(&histories).await.unwrap(), None);
    let names = ["public.invitations", "public.nowhere"];
    assert_eq!(
        api.sizes(&names).await.unwrap(),
        wire.sizes(&names).await.unwrap()
    );
    assert_eq!(
        api.count("select 1 from generate_series(1, 7)")
            .await
            .unwrap(),
        7
    );
    assert_eq!(
        format!("{:?}", api.statistics().await.unwrap()),
        format!("{:?}", wire.statistics().await.unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_are_written_and_what_writes_needs_a_connection() {
    let project = Project::new().await;
    project.drift("live-rls-disabled.sql").await;
    let live = format!("supabase:{REFERENCE}");
    let run = |arguments: &[&str]| {
        let run = project.start(arguments).env("PGPACT_LIVE", &live);
        project.run(run)
    };
    let plan = run(&["reconcile", "-q", "--expected", MIGRATIONS]).await;
    assert_eq!(plan.status, 0, "{}{}", plan.stdout, plan.stderr);
    assert!(
        plan.stdout.contains("enable row level security"),
        "{}",
        plan.stdout
    );
    project.api.count();
    for arguments in [
        [
            "reconcile",
            "-q",
            "--apply",
            "--yes",
            "--expected",
            MIGRATIONS,
        ],
        ["smoke", "-q", "--format", "text", "--expected", MIGRATIONS],
    ] {
        let refused = run(&arguments).await;
        assert_eq!(refused.status, 2, "{}{}", refused.stdout, refused.stderr);
        let said = format!("{}{}", refused.stdout, refused.stderr);
        assert!(
            said.contains("over a connection") && said.contains("DATABASE_URL"),
            "{said}"
        );
    }
    assert_eq!(project.api.count(), 0);
    let inventory = project
        .run(project.start(&["inventory", "-q", &live]))
        .await;
    assert_eq!(
        inventory.status, 0,
        "{}{}",
        inventory.stdout, inventory.stderr
    );
    let lint = project
        .run(project.start(&["lint", "-q", "--fail-on", "never", &live]))
        .await;
    assert_eq!(lint.status, 0, "{}{}", lint.stdout, lint.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reader_may_not_write() {
    let project = Project::new().await;
    let mut reader = project.server.connect(READER, "live").await;
    let write = sqlx::raw_sql("create table public.never ()");
    assert!(reader.execute(write).await.is_err());
}
