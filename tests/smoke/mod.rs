//! `pgpact smoke` on a real Postgres: what it finds, what it refuses, and that nothing stays.

mod findings;
mod refusals;
mod rest;
mod traces;

use pgpact::scratch::Platform;
use serde_json::Value;

use crate::support::binary::{Ended, Run};
use crate::support::postgres::Server;

const MIGRATIONS: &str = "fixtures/projects/keyring/supabase/migrations";

/// Two people, each with a row of their own.
const PEOPLE: &str = "
insert into auth.users (id, email) values
  ('7d1c0c1e-58d4-4c57-9a43-2b8f5f0f1a01', 'ada@example.com'),
  ('7d1c0c1e-58d4-4c57-9a43-2b8f5f0f1a02', 'bea@example.com');
insert into public.vibe_configs (user_id, name)
  select id, 'plain' from auth.users;
insert into public.agent_runs (user_id) select id from auth.users;
insert into public.background_events (user_id, kind) select id, 'welcome' from auth.users;
insert into public.template_usage_analytics (user_id, action) select id, 'view' from auth.users;";

/// The fixture project with people in it, as the database `live`.
struct Peopled {
    server: Server,
    folder: tempfile::TempDir,
}

impl Peopled {
    async fn new() -> Self {
        let server = Server::start(Platform::Supabase).await;
        server.build_keyring("live").await;
        server.run("postgres", "live", PEOPLE).await.unwrap();
        Self {
            server,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    async fn sql(&self, script: &str) {
        self.server.run("postgres", "live", script).await.unwrap();
    }

    fn url(&self) -> String {
        self.server.url("postgres", "live")
    }

    fn configure(&self, text: &str) {
        std::fs::write(self.folder.path().join("pgpact.toml"), text).unwrap();
    }

    fn start(&self, more: &[&str]) -> Run {
        let mut arguments = vec!["smoke", "-q"];
        arguments.extend(more);
        Run::new(&arguments)
            .within(self.folder.path())
            .env("PGPACT_FORMAT", "json")
            .env("PGPACT_LIVE", self.url())
    }

    fn smoke(&self, more: &[&str]) -> Ended {
        self.start(more).end()
    }
}

/// Outcome and why of one probe.
fn probe(report: &Value, kind: &str, who: &str, what: &str) -> (String, String) {
    let probes = report["probes"].as_array().unwrap();
    let found: Vec<&Value> = probes
        .iter()
        .filter(|one| {
            one["probe"] == kind
                && one["who"].as_str().unwrap_or("") == who
                && one["object"] == what
        })
        .collect();
    let [found] = found.as_slice() else {
        panic!(
            "{} probes {kind} as {who} of {what}: {probes:#?}",
            found.len()
        )
    };
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    (text("outcome"), text("why"))
}

/// Codes with their objects, sorted.
fn findings(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut lines: Vec<String> = findings
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", text("severity"), text("code"), text("object"))
        })
        .collect();
    lines.sort();
    lines
}
