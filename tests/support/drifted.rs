//! A live database that is not what a schema file says.

use pgpact::scratch::Platform;

use super::binary::{Ended, Run};
use super::postgres::Server;

/// A server with the database `shop` and a folder with `wanted.sql`.
pub(crate) struct Drifted {
    pub(crate) server: Server,
    pub(crate) folder: tempfile::TempDir,
}

impl Drifted {
    pub(crate) async fn new(wanted: &str, live: &str) -> Self {
        let server = Server::start(Platform::Plain).await;
        server.create("shop", "template1").await;
        server.run("postgres", "shop", live).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("wanted.sql"), wanted).unwrap();
        Self { server, folder }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url("postgres", "shop")
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Run {
        Run::new(arguments)
            .within(self.folder.path())
            .env("PGPACT_LIVE", self.url())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).end()
    }

    pub(crate) fn reconcile(&self, more: &[&str]) -> Ended {
        let mut arguments = vec!["reconcile", "-q", "--expected", "wanted.sql"];
        arguments.extend(more);
        self.run(&arguments)
    }

    /// Whether a query of one yes or no says yes.
    pub(crate) async fn says(&self, query: &str) -> bool {
        let check = format!("do $$ begin assert ({query}); end $$");
        self.server.run("postgres", "shop", &check).await.is_ok()
    }
}
