//! Rules that a team states, the committed matrix, and contracts of every source.

use std::fs;
use std::path::Path;

use crate::support::binary::Run;
use crate::support::repository;

const KEYRING: &str = "fixtures/projects/keyring/supabase/migrations";

fn base() -> String {
    repository("fixtures/access/workspaces/base.sql")
        .display()
        .to_string()
}

/// Runs `access` in a folder with a configuration.
fn configured(folder: &Path, config: &str, more: &[&str]) -> (i32, Vec<String>) {
    fs::write(folder.join("pgpact.toml"), config).unwrap();
    let base = base();
    let mut arguments = vec![
        "access",
        "--platform",
        "supabase",
        "--format",
        "json",
        "-q",
        base.as_str(),
    ];
    arguments.extend(more);
    let ended = Run::new(&arguments).within(folder).end();
    if ended.stdout.is_empty() {
        return (ended.status, vec![ended.stderr]);
    }
    let report = ended.json();
    let findings = report["findings"].as_array().unwrap().iter();
    // What keys tell has a test of its own.
    let findings = findings.filter(|finding| finding["code"] != "access-reveals");
    let lines = findings.map(|finding| {
        let text = |key: &str| finding[key].as_str().unwrap_or("-").to_owned();
        format!(
            "{} {} {} {}",
            text("code"),
            text("object"),
            text("actor"),
            text("operation")
        )
    });
    (ended.status, lines.collect())
}

#[test]
fn a_project_leaks_nothing_and_every_cell_is_proven() {
    let folder = tempfile::tempdir().unwrap();
    let matrix = folder.path().join("pgpact.access.json");
    let ended = Run::new(&[
        "access",
        KEYRING,
        "-q",
        "--output",
        matrix.to_str().unwrap(),
    ])
    .end();
    assert_eq!(ended.status, 0, "{}", ended.stdout);
    let text = fs::read_to_string(&matrix).unwrap();
    let cells = text
        .lines()
        .filter(|line| line.contains("\"outcome\""))
        .count();
    assert!(cells > 600, "{cells} cells");
    assert!(!text.contains("\"unproven\""));
    // A saved contract gives the same matrix as the migrations it was made of.
    let contract = folder.path().join("contract.json");
    Run::new(&[
        "inventory",
        KEYRING,
        "-q",
        "--output",
        contract.to_str().unwrap(),
    ])
    .end();
    let again = folder.path().join("again.json");
    let of_contract = [
        "access",
        contract.to_str().unwrap(),
        "--platform",
        "supabase",
        "-q",
    ];
    let against = [
        "--against",
        matrix.to_str().unwrap(),
        "--output",
        again.to_str().unwrap(),
    ];
    let ended = Run::new(&[of_contract.as_slice(), &against].concat()).end();
    assert_eq!(ended.status, 0, "{}", ended.stdout);
    assert_eq!(fs::read_to_string(&again).unwrap(), text);
}

#[test]
fn rules_deny_and_allow() {
    let folder = tempfile::tempdir().unwrap();
    let denied = "[[access]]\ntable = \"public.plans\"\nactor = \"anon\"\ndeny = [\"select\"]\n";
    let (status, findings) = configured(folder.path(), denied, &[]);
    assert_eq!(
        (status, findings),
        (
            1,
            vec!["access-rule-broken public.plans anon select-other".to_owned()]
        )
    );
    // Members of a workspace see each other's projects: an owner's own they are not.
    let owners = "owner-only = [\"public.notes\", \"public.messages\"]\n";
    let (status, findings) = configured(folder.path(), owners, &[]);
    assert_eq!((status, findings), (0, Vec::new()));
    let wrong = "[[access]]\ntable = \"public.plans\"\ndeny = [\"selct\"]\n";
    let (status, findings) = configured(folder.path(), wrong, &[]);
    assert_eq!(status, 2);
    assert!(
        findings[0].contains("pgpact.toml:3: unknown operation \"selct\""),
        "{findings:?}"
    );
    assert!(
        findings[0].contains("Did you mean \"select"),
        "{findings:?}"
    );
}

#[test]
fn what_is_meant_to_be_open_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let leak = repository("fixtures/access/workspaces/leaks/using-true-for-visitors.sql");
    let more = [leak.to_str().unwrap()];
    let (status, findings) = configured(folder.path(), "", &more);
    assert_eq!((status, findings.len()), (1, 5), "{findings:?}");
    let open = "[[access]]\ntable = \"public.profiles\"\nallow = [\"select\"]\n";
    assert_eq!(configured(folder.path(), open, &more), (0, Vec::new()));
}

#[test]
fn actors_of_the_configuration_try_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let support = "[[actor]]\nname = \"support\"\nrole = \"authenticated\"\nclaims = { app_metadata = { workspace_id = \"bbbbbbbb-0000-4000-8000-000000000090\" } }\n";
    let (status, findings) = configured(folder.path(), support, &[]);
    assert_eq!(status, 1);
    assert_eq!(
        findings,
        ["access-leak public.invoices support select-other"]
    );
    let (status, findings) = configured(
        folder.path(),
        "[[actor]]\nname = \"a\"\nrole = \"nobody\"\n",
        &["--format", "text"],
    );
    assert_eq!(status, 2, "{findings:?}");
}

#[test]
fn a_committed_matrix_shows_what_a_helper_function_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (status, _) = configured(folder.path(), "", &["--output", "pgpact.access.json"]);
    assert_eq!(status, 0);
    let leak = repository("fixtures/access/workspaces/leaks/helper-forgets-workspace.sql");
    let (_, findings) = configured(
        folder.path(),
        "",
        &[leak.to_str().unwrap(), "--against", "pgpact.access.json"],
    );
    assert!(
        findings
            .iter()
            .any(|line| line.starts_with("access-leak public.projects admin delete-other")),
        "{findings:?}"
    );
    let closed = folder.path().join("closed.sql");
    fs::write(
        &closed,
        "drop policy \"members see projects\" on public.projects;",
    )
    .unwrap();
    let (status, findings) = configured(
        folder.path(),
        "",
        &[closed.to_str().unwrap(), "--against", "pgpact.access.json"],
    );
    assert_eq!(status, 1);
    assert!(
        findings.contains(&"access-narrowed public.projects member select-own".to_owned()),
        "{findings:?}"
    );
    // A damaged file is no matrix.
    fs::write(
        folder.path().join("pgpact.access.json"),
        "{\"schema_version\": 2, \"cells\": []}",
    )
    .unwrap();
    let (status, said) = configured(folder.path(), "", &["--against", "pgpact.access.json"]);
    assert_eq!(status, 2);
    assert!(said[0].contains("schema_version is 2"), "{said:?}");
}

#[test]
fn verify_holds_migrations_to_the_committed_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let base = base();
    let run = |arguments: &[&str]| Run::new(arguments).within(folder.path()).end();
    let platform = ["--platform", "supabase", "-q"];
    let matrix = ["access", base.as_str(), "--output", "pgpact.access.json"];
    assert_eq!(run(&[matrix.as_slice(), &platform].concat()).status, 0);
    let leak = repository("fixtures/access/workspaces/leaks/members-add-themselves.sql");
    let closed = folder.path().join("closed.sql");
    fs::write(&closed, "drop policy \"own notes\" on public.notes;").unwrap();
    let live = [
        base.as_str(),
        leak.to_str().unwrap(),
        closed.to_str().unwrap(),
    ];
    let saved = [
        &["inventory", "--output", "live.json"],
        live.as_slice(),
        &platform,
    ]
    .concat();
    assert_eq!(run(&saved).status, 0);
    let mut verify = vec!["verify", "--live", "live.json", "--format", "json"];
    verify.extend(live.iter().flat_map(|source| ["--expected", *source]));
    verify.extend(platform);
    let report = run(&verify).json();
    let findings = report["findings"].as_array().unwrap().iter();
    let codes = |code: &str, object: &str| {
        let is =
            |finding: &&serde_json::Value| finding["code"] == code && finding["object"] == object;
        findings.clone().filter(is).count()
    };
    assert_eq!(codes("access-leak", "public.workspace_members"), 4);
    assert!(codes("access-narrowed", "public.notes") > 0);
    // What leaks is not told once more as wider.
    let told_twice = |finding: &serde_json::Value| {
        finding["code"] == "access-widened" && finding["operation"] == "insert-other"
    };
    assert!(!findings.clone().any(told_twice));
    assert_eq!(report["verdict"], "broken");
    verify.extend(["--access", "never"]);
    assert_eq!(run(&verify).json()["verdict"], "holds");
}

#[test]
fn nothing_to_try_is_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let ended = Run::new(&[
        "access",
        &base(),
        "--platform",
        "supabase",
        "-q",
        "--schema",
        "nowhere",
        "--format",
        "json",
    ])
    .within(folder.path())
    .end();
    assert_eq!(ended.status, 3, "{}", ended.stdout);
    assert_eq!(ended.json()["error"]["code"], "nothing-to-try");
    let empty = folder.path().join("empty.sql");
    fs::write(&empty, "create table alone (id int);").unwrap();
    let ended = Run::new(&[
        "access",
        empty.to_str().unwrap(),
        "--platform",
        "plain",
        "-q",
        "--format",
        "json",
    ])
    .end();
    assert_eq!(ended.status, 3, "{}", ended.stdout);
    let (status, findings) = configured(folder.path(), "schemas = [\"private\"]\n", &[]);
    assert_eq!((status, findings), (0, Vec::new()));
}
