//! A real Postgres for tests, with databases made and dropped at will.

use std::path::PathBuf;
use std::time::Duration;

use pgpact::classes::role_of;
use pgpact::contract::{self, Contract, Delta};
use pgpact::findings::{self, Finding};
use pgpact::inspect::Session;
use pgpact::scratch::{Choice, Environment, Platform, Scratch};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};

/// A server of our own that goes with the test.
pub(crate) struct Server {
    pub(crate) scratch: Scratch,
    /// Whether readings tell of the server's roles: not where tests share a server.
    pub(crate) shows_roles: bool,
}

impl Server {
    pub(crate) async fn start(platform: Platform) -> Self {
        Self::start_with(
            platform,
            std::env::var_os("PGPACT_PG_BIN").map(PathBuf::from),
        )
        .await
    }

    /// Starts a server of the given programs.
    pub(crate) async fn start_with(platform: Platform, bin: Option<PathBuf>) -> Self {
        let environment = Environment {
            platform,
            migration_role: "postgres".to_owned(),
            exposes_new_objects: true,
        };
        let choice = Choice {
            bin,
            ..Choice::default()
        };
        let scratch = Scratch::start(&choice, environment).await.unwrap();
        Self {
            scratch,
            shows_roles: false,
        }
    }

    pub(crate) async fn connect(&self, role: &str, database: &str) -> PgConnection {
        let target = self.scratch.connection(role, database);
        target.connect(Duration::from_secs(10)).await.unwrap()
    }

    /// Runs a script as a role, the whole of it in one message.
    pub(crate) async fn run(
        &self,
        role: &str,
        database: &str,
        script: &str,
    ) -> Result<(), sqlx::Error> {
        let mut connection = self.connect(role, database).await;
        Self::execute(&mut connection, script).await
    }

    /// Runs a script on a connection, the whole of it in one message.
    pub(crate) async fn execute(
        connection: &mut PgConnection,
        script: &str,
    ) -> Result<(), sqlx::Error> {
        connection
            .execute(sqlx::raw_sql(AssertSqlSafe(script.to_owned())))
            .await?;
        Ok(())
    }

    /// Makes a database, owned by `postgres`, from a template.
    pub(crate) async fn create(&self, database: &str, template: &str) {
        let create = format!("create database {database} template {template} owner postgres");
        self.run(self.scratch.admin(), "postgres", &create)
            .await
            .unwrap();
    }

    pub(crate) async fn drop(&self, database: &str) {
        // One that subscribes to something is not dropped.
        let unsubscribe = format!(
            "delete from pg_subscription where subdbid = (select oid from pg_database where datname = '{database}')"
        );
        for script in [
            unsubscribe,
            format!("drop database if exists {database} with (force)"),
        ] {
            self.run(self.scratch.admin(), "postgres", &script)
                .await
                .unwrap();
        }
    }

    /// Reads a database as somebody without any right in it.
    pub(crate) async fn read(&self, database: &str) -> Contract {
        let target = self.scratch.connection(self.scratch.admin(), database);
        let mut session = Session::open(&target, Duration::from_secs(10))
            .await
            .unwrap();
        self.shown(session.read(None).await.unwrap().contract)
    }

    /// The fingerprint of a database.
    pub(crate) async fn fingerprint(&self, role: &str, database: &str) -> String {
        let target = self.scratch.connection(role, database);
        let deadline = Duration::from_secs(10);
        let mut session = Session::open(&target, deadline).await.unwrap();
        session.fingerprint().await.unwrap().unwrap()
    }

    /// Reads a database with what needs what.
    pub(crate) async fn read_with_needs(&self, database: &str) -> Contract {
        let target = self.scratch.connection(self.scratch.admin(), database);
        let mut session = Session::open(&target, Duration::from_secs(10))
            .await
            .unwrap();
        session.read_needs();
        let contract = session.read(None).await.unwrap().contract;
        session.close().await;
        self.shown(contract)
    }

    fn shown(&self, mut contract: Contract) -> Contract {
        let objects = &mut contract.objects;
        objects.retain(|_, object| self.shows_roles || role_of(object).is_none());
        contract
    }
}

/// Folded deltas between two contracts, judged with default severities.
pub(crate) fn compare(expected: &Contract, live: &Contract) -> Vec<Finding> {
    let (expected, live) = &aligned(expected, live);
    let deltas = contract::fold(contract::diff(expected, live));
    let mut judged = findings::judge(&deltas, expected, live, &[], &Default::default());
    findings::sort(&mut judged);
    judged
}

/// Both without what one of them cannot say, as the pipeline compares them.
pub(crate) fn aligned(expected: &Contract, live: &Contract) -> (Contract, Contract) {
    let (mut expected, mut live) = (expected.clone(), live.clone());
    pgpact::classes::align(&mut expected, &live);
    pgpact::classes::align(&mut live, &expected);
    (expected, live)
}

/// Deltas between two contracts, not folded.
pub(crate) fn deltas<'a>(expected: &'a Contract, live: &'a Contract) -> Vec<Delta<'a>> {
    contract::diff(expected, live)
}

/// A finding as `.findings` files spell it.
pub(crate) fn spelled(finding: &Finding) -> String {
    format!(
        "{} {} {} {}",
        finding.severity,
        finding.code,
        finding.id,
        finding.fact.as_deref().unwrap_or("-")
    )
}

impl Server {
    /// Builds the fixture project in a database of its own, file by file, as its owner.
    pub(crate) async fn build_keyring(&self, database: &str) {
        let admin = self.scratch.admin();
        self.create(database, "postgres").await;
        // A template does not hand its settings down.
        let path =
            format!("alter database {database} set search_path to \"$user\", public, extensions");
        self.run(admin, "postgres", &path).await.unwrap();
        for extension in ["register", "vector"] {
            let script = crate::support::repository(&format!(
                "src/scratch/platform/standins/{extension}.sql"
            ));
            let script = std::fs::read_to_string(script).unwrap();
            // The platform has registered stand-ins of its own already.
            if extension != "register" {
                self.run(admin, database, &script).await.unwrap();
            }
        }
        self.run(
            admin,
            database,
            "select _stub.create_extension('vector', 'extensions')",
        )
        .await
        .unwrap();
        let pattern =
            crate::support::repository("fixtures/projects/keyring/supabase/migrations/*.sql");
        for file in glob::glob(pattern.to_str().unwrap()).unwrap() {
            let file = file.unwrap();
            let script = std::fs::read_to_string(&file).unwrap();
            let run = self.run("postgres", database, &script).await;
            run.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
    }
}

impl Server {
    /// A connection string over the private socket.
    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        let socket = self
            .scratch
            .socket()
            .unwrap()
            .to_str()
            .unwrap()
            .replace('/', "%2F");
        format!("postgres://{user}@{socket}/{database}")
    }

    pub(crate) async fn set_password(&self, role: &str, password: &str) {
        let set = format!("alter role {role} password '{password}'");
        self.run(self.scratch.admin(), "postgres", &set)
            .await
            .unwrap();
    }

    /// From now on everybody but the superuser needs a password.
    pub(crate) async fn demand_passwords(&self) {
        self.set_password("postgres", "another").await;
        let folder = self.scratch.socket().unwrap().display().to_string();
        let admin = self.scratch.admin();
        let rule = format!(
            "copy (values ('local all {admin} trust'), ('local all all scram-sha-256')) to '{folder}/data/pg_hba.conf'"
        );
        self.run(admin, "postgres", &rule).await.unwrap();
        self.run(admin, "postgres", "select pg_reload_conf()")
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }

    pub(crate) async fn databases_and_roles(&self) -> Vec<String> {
        use sqlx::Row as _;
        let mut connection = self.connect(self.scratch.admin(), "postgres").await;
        let query =
            "select datname::text from pg_database union all select rolname::text from pg_roles";
        let rows = connection.fetch_all(sqlx::raw_sql(query)).await.unwrap();
        rows.iter()
            .map(|row| row.try_get_unchecked(0).unwrap())
            .collect()
    }
}

/// The programs of a major version: what `scripts/majors.sh` fetched, or what the machine has.
pub(crate) fn installation(major: u32) -> Option<PathBuf> {
    let fetched = std::env::var_os("PGPACT_MAJORS").map_or_else(
        || crate::support::repository("target/majors"),
        PathBuf::from,
    );
    let folders = [
        fetched.join(format!("{major}/native/bin")),
        PathBuf::from(format!("/usr/lib/postgresql/{major}/bin")),
    ];
    folders.into_iter().find(|bin| bin.join("initdb").exists())
}
