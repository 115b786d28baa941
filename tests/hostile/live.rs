//! Databases that attack whoever reads them.

use std::fs;

use pgpact::scratch::Platform;

use super::{Case, KEPT};
use crate::support::binary::Run;
use crate::support::postgres::Server;

/// Each shadow says aloud that it was called: reading must not even notice that it is there.
#[tokio::test]
async fn shadows_on_every_path_of_live_are_not_called() {
    let server = Server::start(Platform::Plain).await;
    server.create("shadowed", "template1").await;
    let case = Case::new("shadows", "pgpact_admin");
    let loud = case.text.replace(
        "execute 'copy (select 1) to program ''touch",
        "raise exception '% was called', 'it'; execute 'copy (select 1) to program ''touch",
    );
    let loud = loud
        .replace("database postgres", "database shadowed")
        .replace("create extension nowhere_to_be_found;", "")
        .replace("exception when insufficient_privilege then\n  null;\n", "");
    assert!(loud.contains("% was called"));
    // The path of the session shadows what the script itself says.
    let script = format!("{KEPT}{loud}");
    server.run("postgres", "shadowed", &script).await.unwrap();
    let admin = server.scratch.admin();
    let reader =
        "create role reader login; alter role reader set search_path = shadow, pg_catalog, public";
    server.run(admin, "postgres", reader).await.unwrap();
    server
        .run(admin, "shadowed", "grant usage on schema shadow to public")
        .await
        .unwrap();
    case.write("migrations/2_hostile.sql", &case.text);
    fs::remove_file(case.folder.path().join("migrations/3_last.sql")).unwrap();

    case.write("src/code.ts", "await supabase.from('kept').select('id')\n");
    let live = server.url("reader", "shadowed");
    for command in [
        &["verify", "--expected=migrations", "--format=json"][..],
        &["inventory", &live],
        &["lint", &live, "--format=json"],
        &["reconcile", "--expected=migrations"],
        &["usage", "src", "--expected", &live],
    ] {
        let ended = Run::new(command)
            .within(case.folder.path())
            .env("PGPACT_LIVE", &live)
            .arg("--platform=plain")
            .end();
        assert!(
            !ended.stdout.contains("it was called") && !ended.stderr.contains("it was called"),
            "{command:?}: {}{}",
            ended.stdout,
            ended.stderr
        );
        assert!(
            ended.status <= 1,
            "{command:?}: {}{}",
            ended.stdout,
            ended.stderr
        );
        if command[0] == "verify" {
            // Nothing but what this test made otherwise: everything else was read right.
            let report = ended.json();
            let found = report["findings"].as_array().unwrap().iter();
            let found: Vec<String> = found
                .map(|finding| format!("{} {}", finding["code"], finding["object"]))
                .map(|text| text.replace('"', ""))
                .collect();
            assert_eq!(
                found,
                [
                    "grant-widened schema shadow to PUBLIC",
                    "extension-missing nowhere_to_be_found",
                    "function-changed shadow.evil()",
                ],
                "{report:#}"
            );
        }
        case.contained(&ended);
    }
}
