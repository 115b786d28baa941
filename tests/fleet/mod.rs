//! Several databases in one run: the real binary on real servers.

mod published;
mod shards;
mod targets;
mod tenants;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::binary::{Ended, Run};

/// Runs in a folder that holds a configuration and a contract.
fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut run = Run::new(arguments).within(folder);
    for (name, value) in variables {
        run = run.env(name, value);
    }
    run.end()
}

fn project(config: &str, contract: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pgpact.toml"), config).unwrap();
    fs::write(folder.path().join("contract.sql"), contract).unwrap();
    folder
}

/// Targets and what came of them.
fn verdicts(report: &Value) -> Vec<(String, String)> {
    let targets = report["targets"].as_array().unwrap().iter();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    targets
        .map(|target| (word(&target["name"]), word(&target["verdict"])))
        .collect()
}

/// Findings as `code object on targets`.
fn found(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut found: Vec<String> = findings
        .map(|finding| {
            let targets: Vec<&str> = finding["targets"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect();
            format!(
                "{} {} on {}",
                finding["code"].as_str().unwrap(),
                finding["object"].as_str().unwrap(),
                targets.join(" ")
            )
        })
        .collect();
    found.sort();
    found
}
