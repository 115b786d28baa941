//! Targets that are shared among runs, and reports of those as one.

use std::fs;
use std::path::Path;

use pgpact::scratch::Platform;
use serde_json::Value;

use super::{found, project, run, verdicts};
use crate::support::postgres::Server;
use crate::support::reports::assert_fits_schema;

const CONTRACT: &str = "create table public.papers (id bigint primary key, title text);\n";

const CONFIG: &str = r#"
expected = "contract.sql"

[[target]]
name = "all"
live = "env:CLUSTER_URL"
databases = "tenant_*"
"#;

const DATABASES: usize = 200;

#[tokio::test]
async fn two_hundred_databases_are_shared_among_shards_and_told_as_one() {
    let server = Server::start(Platform::Plain).await;
    server.create("model", "template1").await;
    server.run("postgres", "model", CONTRACT).await.unwrap();
    for number in 1..=DATABASES {
        server.create(&format!("tenant_{number}"), "model").await;
    }
    for drifted in ["tenant_7", "tenant_77", "tenant_177"] {
        server
            .run("postgres", drifted, "alter table papers drop column title")
            .await
            .unwrap();
    }
    let folder = project(CONFIG, CONTRACT);
    let cluster = server.url("postgres", "postgres");
    let variables = [("CLUSTER_URL", cluster.as_str())];

    let matrix = run(folder.path(), &["matrix"], &variables);
    assert_eq!(matrix.status, 0, "{}", matrix.stderr);
    let matrix = matrix.json();
    let jobs = matrix["include"].as_array().unwrap();
    assert_eq!(jobs.len(), DATABASES / 25);
    let reports = folder.path().join("reports");
    fs::create_dir(&reports).unwrap();
    for job in jobs {
        let (shard, name) = (
            job["shard"].as_str().unwrap(),
            job["name"].as_str().unwrap(),
        );
        let report = format!("json=reports/{name}.json");
        let ended = run(
            folder.path(),
            &["verify", "--shard", shard, "--report", &report, "-q"],
            &variables,
        );
        assert!(ended.status < 2, "{}{}", ended.stdout, ended.stderr);
    }
    let merged = run(
        folder.path(),
        &["merge", "reports", "--format", "json"],
        &[],
    );
    assert_eq!(merged.status, 1, "{}", merged.stderr);
    let report = merged.json();
    assert_fits_schema(&report);
    assert_eq!(verdicts(&report).len(), DATABASES);
    assert_eq!(
        found(&report),
        ["column-missing public.papers.title on all/tenant_177 all/tenant_7 all/tenant_77"]
    );

    // A shard whose job died is not forgotten.
    let lost = reports.join("2-of-8.json");
    fs::rename(&lost, folder.path().join("kept")).unwrap();
    let partly = run(
        folder.path(),
        &["merge", "reports", "--format", "json", "--fail-on", "never"],
        &[],
    );
    let report = partly.json();
    assert_eq!(report["verdict"], "broken");
    let unknown: Vec<String> = verdicts(&report)
        .into_iter()
        .filter(|(_, verdict)| verdict == "unknown")
        .map(|(name, _)| name)
        .collect();
    assert_eq!(unknown, ["shard 2/8"]);
    let text = run(folder.path(), &["merge", "reports"], &[]).stdout;
    assert!(text.contains("there is no report of shard 2/8"), "{text}");
}

#[tokio::test]
async fn a_shard_that_cannot_list_its_tenants_is_no_green_one() {
    let server = Server::start(Platform::Plain).await;
    server.create("tenant_1", "template1").await;
    server.run("postgres", "tenant_1", CONTRACT).await.unwrap();
    let cluster = server.url("postgres", "postgres");
    let lost = server.url("postgres", "nowhere");
    let schemas = CONFIG.replace("databases = \"tenant_*\"", "schemas = \"public\"");
    let tenant = server.url("postgres", "tenant_1");
    for (config, good) in [(CONFIG, &cluster), (schemas.as_str(), &tenant)] {
        // Which of the shards has the only tenant is the same whoever fails.
        for broken in ["1/2", "2/2"] {
            let folder = project(config, CONTRACT);
            let reports: Vec<String> = ["1/2", "2/2"]
                .iter()
                .map(|shard| {
                    let url = if *shard == broken { &lost } else { good };
                    let name = format!("{}.json", shard.replace('/', "-"));
                    let report = format!("json={name}");
                    let arguments = ["verify", "--shard", shard, "--report", &report, "-q"];
                    run(folder.path(), &arguments, &[("CLUSTER_URL", url.as_str())]);
                    name
                })
                .collect();
            let arguments = [
                &["merge", "--format", "json"],
                [reports[0].as_str(), &reports[1]].as_slice(),
            ]
            .concat();
            let merged = run(folder.path(), &arguments, &[]);
            assert_eq!(
                merged.status, 3,
                "{broken}: {}{}",
                merged.stdout, merged.stderr
            );
            let name = format!("all (shard {broken})");
            assert!(
                verdicts(&merged.json()).contains(&(name, "unknown".to_owned())),
                "{}",
                merged.stdout
            );
        }
    }
}

#[test]
fn what_is_merged_has_to_go_together() {
    let folder = tempfile::tempdir().unwrap();
    let contract = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    contract("contract.sql", CONTRACT);
    contract(
        "live.sql",
        "create table public.papers (id bigint primary key);\n",
    );
    let verified = |live: &str, report: &str| {
        let report = format!("json={report}");
        let arguments = [
            "verify",
            "--expected",
            "contract.sql",
            "--live",
            live,
            "--report",
            &report,
            "-q",
        ];
        run(folder.path(), &arguments, &[]).status
    };
    assert_eq!(verified("contract.sql", "holds.json"), 0);
    assert_eq!(verified("live.sql", "broken.json"), 1);
    fs::copy(
        folder.path().join("holds.json"),
        folder.path().join("again.json"),
    )
    .unwrap();
    fs::write(folder.path().join("none.json"), "{\"schema_version\": 1}").unwrap();

    let merge = |reports: &[&str]| {
        run(
            folder.path(),
            &[&["merge", "--format", "json"], reports].concat(),
            &[],
        )
    };
    let both = merge(&["holds.json", "broken.json"]);
    assert_eq!(both.status, 1, "{}", both.stderr);
    assert_eq!(
        both.json()["summary"]["error"],
        original(folder.path(), "broken.json")["summary"]["error"]
    );
    assert_eq!(merge(&["holds.json"]).status, 0);
    for (reports, why) in [
        (["holds.json", "again.json"], "both report on contract.sql"),
        (
            ["holds.json", "none.json"],
            "none.json is no report that can be read",
        ),
        (["holds.json", "absent.json"], "absent.json cannot be read"),
    ] {
        let ended = merge(&reports);
        assert_eq!(ended.status, 2, "{}", ended.stdout);
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    }
}

fn original(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}
