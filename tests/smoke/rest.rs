//! Over REST: what is served to whom, and a marked row that is gone afterwards whatever happens.

use std::time::Duration;

use super::traces::{assert_untouched, dump};
use super::{MIGRATIONS, Peopled, findings};
use crate::support::binary::Run;
use crate::support::repository;
use crate::support::rest::{ANON, Rest, SERVICE, Wrong};

const MARKED: &str = "[[smoke.table]]\nname = \"public.prompt_atoms\"\nmarker = \"title\"\nrow = { slug = \"pgpact-smoke\", body = \"x\" }\n";

struct Served {
    peopled: Peopled,
    rest: Rest,
}

impl Served {
    async fn new() -> Self {
        let peopled = Peopled::new().await;
        let rest = Rest::start(peopled.server.scratch.connection("postgres", "live")).await;
        Self { peopled, rest }
    }

    /// Over SQL as well as over REST.
    fn both(&self, more: &[&str]) -> Run {
        let mut arguments = vec!["--rest"];
        arguments.extend(more);
        self.with_keys(self.peopled.start(&arguments))
    }

    /// Over REST alone.
    fn alone(&self, more: &[&str]) -> Run {
        let mut arguments = vec!["smoke", "-q", "--format", "json", "--rest"];
        arguments.extend(more);
        self.with_keys(Run::new(&arguments).within(self.peopled.folder.path()))
    }

    fn with_keys(&self, run: Run) -> Run {
        run.env("SUPABASE_URL", self.rest.url())
            .env("SUPABASE_ANON_KEY", ANON)
            .env("SUPABASE_SERVICE_ROLE_KEY", SERVICE)
    }
}

/// Outcome and why of one probe over REST.
fn probe(report: &serde_json::Value, kind: &str, who: &str, what: &str) -> (String, String) {
    let mut report = report.clone();
    let probes = report["probes"].as_array_mut().unwrap();
    probes.retain(|probe| probe["way"] == "rest");
    super::probe(&report, kind, who, what)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_served_is_probed_both_ways() {
    let served = Served::new().await;
    served.peopled.configure(
        "[[smoke.call]]\nfunction = \"public.greeting\"\nroles = [\"anon\", \"service_role\", \"authenticated\"]\narguments = { name = \"o'hara\" }\n\
         [[smoke.call]]\nfunction = \"public.nowhere\"\n",
    );
    served
        .peopled
        .sql("create function public.greeting(name text) returns text stable language sql as $$ select 'hello ' || name $$")
        .await;
    let expected = repository(MIGRATIONS).display().to_string();
    let ended = served.both(&["--expected", &expected]).end();
    let report = ended.json();
    // The function that is nowhere is told over SQL; over REST nobody knows that it is harmless.
    assert_eq!(
        findings(&report),
        ["error smoke-function-missing public.nowhere"]
    );
    let of = |kind, who, what| probe(&report, kind, who, what);
    assert_eq!(
        of("select", "service_role", "public.vibe_configs").0,
        "passed"
    );
    let (outcome, why) = of("no-rows", "anon", "public.vibe_configs");
    assert_eq!(
        (outcome.as_str(), why.starts_with("denied")),
        ("passed", true),
        "{why}"
    );
    let (outcome, why) = of("no-rows", "anon", "public.template_usage_analytics");
    assert_eq!(
        (outcome.as_str(), why.starts_with("filtered")),
        ("passed", true),
        "{why}"
    );
    assert_eq!(
        of("no-rows", "anon", "public.template_feedback").0,
        "unproven"
    );
    assert_eq!(of("call", "anon", "public.greeting").0, "passed");
    assert_eq!(of("call", "authenticated", "public.greeting").0, "skipped");
    assert_eq!(of("call", "service_role", "public.nowhere").0, "skipped");
    assert!(
        served
            .rest
            .requests()
            .iter()
            .all(|request| !request.starts_with("DELETE"))
    );
    for key in [ANON, SERVICE] {
        assert!(!ended.stdout.contains(key) && !ended.stderr.contains(key));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_connection_the_contract_says_what_to_ask_for() {
    let served = Served::new().await;
    served
        .peopled
        .sql(
            "alter table public.vibe_configs disable row level security; grant select on public.vibe_configs to anon;
             revoke select on public.prompt_atoms from service_role; drop table public.template_customization_history",
        )
        .await;
    let expected = repository(MIGRATIONS).display().to_string();
    let ended = served.alone(&["--expected", &expected]).end();
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(
        findings(&ended.json()),
        [
            "critical smoke-rows-exposed public.vibe_configs",
            "critical smoke-table-open public.vibe_configs",
            "error smoke-table-missing public.template_customization_history",
            "error smoke-table-unreachable public.prompt_atoms",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_is_told_once_and_is_no_pass() {
    let served = Served::new().await;
    served
        .peopled
        .configure("[smoke]\nowner_only = [\"public.vibe_configs\", \"public.agent_runs\"]\n");
    let ended = served.alone(&[]).env("SUPABASE_ANON_KEY", "expired").end();
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert_eq!(
        findings(&report),
        ["error smoke-key-refused public.vibe_configs"]
    );
    assert_eq!(
        probe(&report, "no-rows", "anon", "public.agent_runs").0,
        "skipped"
    );

    // An endpoint that is not there is no pass either, and no finding.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let ended = served
        .alone(&[])
        .env("SUPABASE_URL", format!("http://{nowhere}"))
        .end();
    assert_eq!(ended.status, 3, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.json()["error"]["code"], "live-unreachable");

    let ended = Run::new(&["smoke", "-q", "--rest"])
        .within(served.peopled.folder.path())
        .end();
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("SUPABASE_URL"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marked_row_is_gone_whatever_happens() {
    let served = Served::new().await;
    served.peopled.configure(MARKED);
    let before = dump(&served.peopled.server).await;
    let steps = ["insert", "select-row", "update", "delete", "gone"];
    let outcomes = |report: &serde_json::Value| -> Vec<String> {
        let steps = steps.iter();
        steps
            .map(|step| probe(report, step, "service_role", "public.prompt_atoms").0)
            .collect()
    };
    let ended = served.alone(&["--allow-writes"]).end();
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(outcomes(&ended.json()), ["passed"; 5]);
    assert_untouched(&served.peopled.server, &before).await;
    assert!(
        served
            .rest
            .requests()
            .iter()
            .any(|request| request.starts_with("POST"))
    );

    // A step in between fails.
    served.rest.fail("PATCH", 1, Wrong::Instead(500));
    let ended = served.alone(&["--allow-writes"]).end();
    assert_eq!(ended.status, 1);
    assert_eq!(
        outcomes(&ended.json()),
        ["passed", "passed", "failed", "passed", "passed"]
    );
    assert_untouched(&served.peopled.server, &before).await;

    // The row arrives although the answer says otherwise.
    served.rest.fail("POST", 1, Wrong::Afterwards(504));
    let ended = served.alone(&["--allow-writes"]).end();
    let report = ended.json();
    assert_eq!(
        outcomes(&report),
        ["unproven", "skipped", "skipped", "passed", "passed"]
    );
    assert_untouched(&served.peopled.server, &before).await;

    // Deleting fails at first.
    served.rest.fail("DELETE", 2, Wrong::Instead(503));
    let ended = served.alone(&["--allow-writes"]).end();
    assert_eq!(outcomes(&ended.json())[4], "passed");
    assert_untouched(&served.peopled.server, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marked_row_that_stays_is_critical_and_says_how_to_delete_it() {
    let served = Served::new().await;
    served.peopled.configure(MARKED);
    let before = dump(&served.peopled.server).await;
    served.rest.fail("DELETE", 20, Wrong::Instead(503));
    let ended = served.alone(&["--allow-writes"]).end();
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert!(
        findings(&report).contains(&"critical smoke-marker-left public.prompt_atoms".to_owned())
    );
    let (_, why) = probe(&report, "gone", "service_role", "public.prompt_atoms");
    let (_, by_hand) = why.split_once(": ").unwrap();
    assert!(dump(&served.peopled.server).await != before);
    served.peopled.sql(by_hand).await;
    assert_untouched(&served.peopled.server, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_in_the_middle_it_deletes_the_row_first() {
    let served = Served::new().await;
    served.peopled.configure(MARKED);
    let before = dump(&served.peopled.server).await;
    served
        .rest
        .fail("PATCH", 1, Wrong::Late(Duration::from_secs(30)));
    let mut child = served.alone(&["--allow-writes"]).spawn();
    let mut tries = 0;
    while !served
        .rest
        .requests()
        .iter()
        .any(|request| request.starts_with("PATCH"))
    {
        tries += 1;
        assert!(tries < 1_000, "{:?}", served.rest.requests());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(dump(&served.peopled.server).await != before);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let status = tokio::task::block_in_place(|| child.wait()).unwrap();
    assert_eq!(status.code(), Some(130));
    assert_untouched(&served.peopled.server, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_commit_would_leave_behind_is_not_written() {
    let served = Served::new().await;
    served
        .peopled
        .sql(
            "create table public.numbered (id bigserial primary key, title text);
             create table public.logged (id int primary key, title text);
             create function public.log() returns trigger language plpgsql as $$
               begin insert into public.numbered (title) values (new.title); return null; end $$;
             create trigger log after insert on public.logged for each row execute function public.log();",
        )
        .await;
    served.peopled.configure(
        "[[smoke.table]]\nname = \"public.numbered\"\nmarker = \"title\"\n\
         [[smoke.table]]\nname = \"public.logged\"\nmarker = \"title\"\nrow = { id = 1 }\n\
         [[smoke.table]]\nname = \"public.prompt_atoms\"\n",
    );
    let before = dump(&served.peopled.server).await;
    let ended = served.both(&["--allow-writes"]).end();
    let report = ended.json();
    let of = |table| probe(&report, "insert", "service_role", table);
    let (outcome, why) = of("public.numbered");
    assert_eq!(outcome, "unproven");
    assert!(why.starts_with("id would draw a number"), "{why}");
    let (outcome, why) = of("public.logged");
    assert_eq!(outcome, "unproven");
    assert!(why.starts_with("trigger log"), "{why}");
    assert_eq!(of("public.prompt_atoms").0, "skipped");
    assert_untouched(&served.peopled.server, &before).await;
}
