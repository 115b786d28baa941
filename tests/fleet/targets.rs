//! Databases that are named, and those of a server.

use pgpact::scratch::Platform;

use super::{found, project, run, verdicts};
use crate::support::postgres::Server;
use crate::support::reports::assert_fits_schema;

const CONTRACT: &str = "create table public.papers (id bigint primary key, title text not null);\n";

const THREE: &str = r#"
expected = "contract.sql"

[[target]]
name = "first"
live = "env:FIRST"

[[target]]
name = "second"
live = "env:SECOND"

[[target]]
name = "lost"
live = "env:LOST"
"#;

async fn databases(names: &[&str]) -> Server {
    let server = Server::start(Platform::Plain).await;
    server.create("model", "template1").await;
    server.run("postgres", "model", CONTRACT).await.unwrap();
    for name in names {
        server.create(name, "model").await;
    }
    server
}

#[tokio::test]
async fn one_broken_or_lost_target_hides_no_other() {
    let server = databases(&["first", "second"]).await;
    server
        .run("postgres", "second", "alter table papers drop column title")
        .await
        .unwrap();
    let folder = project(THREE, CONTRACT);
    let (first, second) = (
        server.url("postgres", "first"),
        server.url("postgres", "second"),
    );
    let variables = [("FIRST", first.as_str()), ("SECOND", second.as_str())];

    let ended = run(folder.path(), &["verify", "--format", "json"], &variables);
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    let report = ended.json();
    assert_fits_schema(&report);
    let named = |name: &str, verdict: &str| (name.to_owned(), verdict.to_owned());
    assert_eq!(
        verdicts(&report),
        [
            named("first", "holds"),
            named("lost", "unknown"),
            named("second", "broken")
        ]
    );
    assert_eq!(
        found(&report),
        ["column-missing public.papers.title on second"]
    );
    assert_eq!(report["targets"][1]["error"]["code"], "config-invalid");
    assert!(ended.stderr.contains("second: broken"), "{}", ended.stderr);

    // That findings may be there does not mean that nobody has to look.
    let tolerant = run(folder.path(), &["verify", "--fail-on", "never"], &variables);
    assert_eq!(tolerant.status, 3, "{}", tolerant.stdout);
    let text = run(folder.path(), &["verify"], &variables).stdout;
    assert!(
        text.contains("1 error, no verdict on 1 of 3 targets"),
        "{text}"
    );
    assert!(
        text.contains("✘ second") && text.contains("? lost") && text.contains("✔ first"),
        "{text}"
    );

    let alone = run(folder.path(), &["verify", "--target", "f*"], &variables);
    assert_eq!(alone.status, 0, "{}{}", alone.stdout, alone.stderr);
    let lost = run(
        folder.path(),
        &["verify", "--target", "first,lost", "--format", "json"],
        &variables,
    );
    assert_eq!(lost.status, 3);
    assert_eq!(lost.json()["error"]["code"], "target-unknown");
    let half = run(
        folder.path(),
        &["verify", "--target", "first,secnd"],
        &variables,
    );
    assert_eq!(half.status, 2, "{}", half.stdout);
    let misspelt = run(folder.path(), &["verify", "--target", "frist"], &variables);
    assert_eq!(misspelt.status, 2);
    assert!(
        misspelt.stderr.contains("no target is called frist"),
        "{}",
        misspelt.stderr
    );
    let single = run(
        folder.path(),
        &["verify", "--target", "first", "--live", "contract.sql"],
        &variables,
    );
    assert_eq!(single.status, 2, "{}", single.stdout);
}

#[tokio::test]
async fn databases_of_a_server_are_found_by_their_names() {
    let server = databases(&["tenant_1", "tenant_2", "tenant_3", "other"]).await;
    for drifted in ["tenant_2", "tenant_3"] {
        server
            .run("postgres", drifted, "alter table papers drop column title")
            .await
            .unwrap();
    }
    let config = "expected = \"contract.sql\"\n[[target]]\nname = \"eu\"\nlive = \"env:CLUSTER_URL\"\ndatabases = \"tenant_*\"\n";
    let folder = project(config, CONTRACT);
    let cluster = server.url("postgres", "postgres");
    let variables = [("CLUSTER_URL", cluster.as_str())];
    let ended = run(folder.path(), &["verify", "--format", "json"], &variables);
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    let report = ended.json();
    let names: Vec<String> = verdicts(&report)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["eu/tenant_1", "eu/tenant_2", "eu/tenant_3"]);
    assert_eq!(
        found(&report),
        ["column-missing public.papers.title on eu/tenant_2 eu/tenant_3"]
    );

    let one = run(
        folder.path(),
        &["verify", "--target", "eu/tenant_1"],
        &variables,
    );
    assert_eq!(one.status, 0, "{}{}", one.stdout, one.stderr);
    let none = project(&config.replace("tenant_*", "tenants_*"), CONTRACT);
    let ended = run(none.path(), &["verify", "--format", "json"], &variables);
    assert_eq!(ended.status, 3, "{}", ended.stdout);
    let why = &ended.json()["targets"][0]["error"]["message"];
    assert!(
        why.as_str()
            .unwrap()
            .contains("no database whose name is like tenants_*"),
        "{why}"
    );
}
