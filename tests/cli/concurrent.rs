//! Somebody changes live while it is read: what is said is true all the same, or that it is unknown.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::support::drifted::Drifted;

const WANTED: &str = "
create table people (id int primary key, name text check (name <> ''));
alter table people enable row level security;
create policy own on people using (id > 0);
create view names as select name from people;
create table churn (id int primary key);";

/// What goes on and ends where it began: every statement is a commit of its own.
const CHURN: &[&str] = &[
    "alter table churn add column more text default 'x'",
    "create index churn_more on churn (more)",
    "create view churn_view as select id, more from churn",
    "alter table churn enable row level security",
    "create policy churn_policy on churn using (more is null)",
    "create function churn_function() returns int language sql as 'select 1'",
    "drop view churn_view",
    "drop policy churn_policy on churn",
    "alter table churn disable row level security, drop column more",
    "drop function churn_function()",
    "alter table churn rename to churn_away",
    "alter table churn_away rename to churn",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_meanwhile_makes_no_verdict_wrong() {
    let drifted = Arc::new(Drifted::new(WANTED, WANTED).await);
    let saved = drifted.run(&["inventory", "wanted.sql", "--output", "wanted.json"]);
    assert_eq!(saved.status, 0, "{}", saved.stderr);
    let drift = "alter table people disable row level security";
    let server = &drifted.server;
    server.run("postgres", "shop", drift).await.unwrap();

    let (is_over, rounds) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let churning = {
        let (drifted, is_over, rounds) = (drifted.clone(), is_over.clone(), rounds.clone());
        tokio::spawn(async move {
            let mut connection = drifted.server.connect("postgres", "shop").await;
            while !is_over.load(Ordering::Relaxed) {
                for statement in CHURN {
                    let ran = sqlx::Executor::execute(&mut connection, sqlx::raw_sql(*statement));
                    ran.await.unwrap();
                }
                rounds.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let mut said = Vec::new();
    for _ in 0..25 {
        let verify = ["verify", "--expected", "wanted.json", "--format", "json"];
        let ended = tokio::task::block_in_place(|| drifted.run(&verify));
        said.push((ended.status, ended.stdout, ended.stderr));
    }
    is_over.store(true, Ordering::Relaxed);
    churning.await.unwrap();
    assert!(rounds.load(Ordering::Relaxed) > 3, "nothing went on");

    for (status, stdout, stderr) in said {
        if status == 3 {
            continue;
        }
        assert_eq!(status, 1, "{stdout}{stderr}");
        let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(report["verdict"], "broken");
        let findings = report["findings"].as_array().unwrap();
        let (churned, rest): (Vec<_>, Vec<_>) = findings
            .iter()
            .partition(|finding| finding["object"].as_str().unwrap().contains("churn"));
        let codes: Vec<&str> = rest
            .iter()
            .map(|finding| finding["code"].as_str().unwrap())
            .collect();
        assert_eq!(codes, ["rls-disabled"], "{rest:#?} {churned:#?}");
    }
}
