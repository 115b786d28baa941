//! Reports of a matrix's jobs, published as one by the job after it.

use std::fs;

use super::{project, run};
use crate::support::binary::{Ended, Run};
use crate::support::github::GitHub;
use crate::support::repository;

const CONTRACT: &str = "create table public.papers (id bigint primary key, title text);\n";

/// Targets need no database: any source will do.
const CONFIG: &str = r#"
expected = "contract.sql"

[[target]]
name = "first"
live = "contract.sql"

[[target]]
name = "second"
live = "drifted.sql"

[[target]]
name = "third"
live = "drifted.sql"
"#;

async fn merged(github: &GitHub, folder: &std::path::Path) -> Ended {
    let mut variables = github.variables("pull_request");
    let payload = repository("fixtures/github/events/pull_request.json");
    variables.insert(
        "GITHUB_EVENT_PATH".to_owned(),
        payload.display().to_string(),
    );
    variables.insert("GITHUB_WORKSPACE".to_owned(), folder.display().to_string());
    for (input, value) in [
        ("merge", "reports\n"),
        ("token", "ghs_invented"),
        ("check-run", "auto"),
        ("comment", "changes"),
    ] {
        variables.insert(format!("INPUT_{}", input.to_uppercase()), value.to_owned());
    }
    let folder = folder.to_owned();
    let run = tokio::task::spawn_blocking(move || {
        let run = Run::new(&["action"]).within(&folder);
        variables
            .iter()
            .fold(run, |run, (name, value)| run.env(name, value))
            .end()
    });
    run.await.unwrap()
}

#[tokio::test]
async fn one_check_run_and_one_comment_tell_of_all_shards() {
    let folder = project(CONFIG, CONTRACT);
    let drifted = CONTRACT.replace(", title text", "");
    fs::write(folder.path().join("drifted.sql"), drifted).unwrap();
    fs::create_dir(folder.path().join("reports")).unwrap();
    for shard in ["1/2", "2/2"] {
        let report = format!("json=reports/{}.json", shard.replace('/', "-of-"));
        let ended = run(
            folder.path(),
            &["verify", "--shard", shard, "--report", &report],
            &[],
        );
        assert!(ended.status < 2, "{}{}", ended.stdout, ended.stderr);
    }
    let github = GitHub::start().await;
    let ended = merged(&github, folder.path()).await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    {
        let state = github.state();
        assert_eq!(state.check_runs.len(), 1);
        assert_eq!(state.check_runs[0]["conclusion"], "failure");
        let annotations = &state.check_runs[0]["output"]["annotations"];
        assert_eq!(annotations[0]["path"], "contract.sql", "{annotations}");
        let comment = state.comments[0]["body"].as_str().unwrap();
        for said in [
            "`first` | ✅ holds",
            "`second` | ❌ broken | 1 error",
            "on second, third",
        ] {
            assert!(comment.contains(said), "{said} is not in {comment}");
        }
    }
    assert_eq!(github.outputs()["verdict"], "broken");

    // Nothing to read is nothing that anybody looked at.
    fs::remove_dir_all(folder.path().join("reports")).unwrap();
    let ended = merged(&github, folder.path()).await;
    assert_eq!(ended.status, 2, "{}", ended.stdout);
    assert_eq!(github.outputs()["verdict"], "unknown");
}
