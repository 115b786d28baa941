//! Names, comments and bodies that are meant for whoever reads the report: a browser, a runner, a shell, a person.

use std::fs;

use pgpact::scratch::Platform;

use super::{Case, commanding};
use crate::support::binary::{Ended, Run};
use crate::support::github::GitHub;
use crate::support::postgres::Server;
use crate::support::repository;

/// One table more than there is, so that the contract is broken.
const WANTED: &str =
    "create table public.kept (id int primary key); create table public.missing (id int);\n";

/// What a name may hold besides letters.
const NAMES: &[&str] = &[
    "a\"b'c",
    "two\nlines\r\nthree",
    "\n::set-output name=verdict::holds",
    "::error file=x::y",
    "##[error]x",
    "x ##[add-mask]holds",
    "\u{202e}gnitirw\u{202c}",
    "zero\u{200b}width\u{feff}",
    "\u{1b}[31mred\u{1b}[0m\u{9b}2J",
    "\u{1b}]8;;https://evil.example\u{7}link\u{1b}]8;;\u{7}",
    "bell\u{7}\u{8}\u{7f}",
    "</td></tr><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "@everyone #1 https://evil.example",
    "`$(touch mark)` ; touch mark | tee mark",
    "| a | b |\n|---|---|",
    "```\n## heading",
    "<<EOF_verdict\nholds",
    "\\u0000 \\000 %00 \\x00",
    "'; drop table public.kept; --",
    "{{ 7*7 }} ${{ secrets.TOKEN }}",
    "ééééééééééééééééééééééééééééééé",
];

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A schema that says each of them wherever there is a name or a text.
fn script() -> String {
    let mut script = "create table public.kept (id int primary key);\n".to_owned();
    for (number, name) in NAMES.iter().enumerate() {
        let (quoted, text) = (identifier(name), literal(name));
        let long = literal(&name.repeat(10_000 / name.len()));
        script += &format!(
            "create table public.{quoted} (id int primary key, {quoted} text default {text} check ({quoted} <> {text}));
             comment on table public.{quoted} is {long};
             comment on column public.{quoted}.{quoted} is {text};
             create function public.{quoted}({quoted} text default {text}) returns text language sql as $f$ select {text} $f$;
             create type public.{} as enum ({text});
             alter table public.{quoted} enable row level security;
             create policy {quoted} on public.{quoted} using ({quoted} = {text});
             create view public.{} as select {quoted} from public.{quoted} where {quoted} = {text};
             create role {};
             grant select on public.{quoted} to {};\n",
            identifier(&format!("{number}t{name}")),
            identifier(&format!("{number}v{name}")),
            identifier(&format!("{number}r{name}")),
            identifier(&format!("{number}r{name}")),
        );
    }
    script
}

/// What neither a terminal nor a page is to get.
fn assert_plain(name: &str, output: &str) {
    let acts = |c: &char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let found = output.chars().find(acts);
    assert_eq!(found, None, "{name}");
}

async fn live() -> Server {
    let server = Server::start(Platform::Plain).await;
    server.create("named", "template1").await;
    let admin = server.scratch.admin();
    server.run(admin, "named", &script()).await.unwrap();
    server
}

#[tokio::test]
async fn no_name_is_more_than_a_name_in_any_report() {
    let server = live().await;
    let case = Case::new("replica", "pgpact_admin");
    case.write("wanted.sql", WANTED);
    let live = server.url("postgres", "named");
    let run = |arguments: &[&str]| {
        let run = Run::new(arguments).within(case.folder.path());
        run.env("PGPACT_LIVE", &live).env("GITHUB_ACTIONS", "true")
    };
    for format in ["text", "json", "markdown"] {
        let ended = run(&["verify", "--expected=wanted.sql", "--platform=plain", "-v"])
            .arg(format!("--format={format}"))
            .arg("--color=never")
            .end();
        assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
        for output in [&ended.stdout, &ended.stderr] {
            assert_eq!(commanding(output), None, "{format}");
            assert_plain(format, output);
        }
        let names = ["set-output", "onerror", "everyone"];
        assert!(
            names.iter().all(|name| ended.stdout.contains(name)),
            "{format} says them"
        );
        if format == "json" {
            // The name itself, whatever it holds.
            let found = ended.findings();
            assert!(
                found.iter().any(|finding| finding.contains("##[error]x")),
                "{found:#?}"
            );
        }
        if format == "markdown" {
            assert_markdown(&ended);
        }
    }
    drops_by_name(&server, &case, &live).await;
    assert_eq!(
        super::marks(case.folder.path()),
        Vec::<std::path::PathBuf>::new()
    );
}

/// No element of HTML but ours, no link, no picture.
fn assert_markdown(ended: &Ended) {
    for markup in [
        "<script",
        "<img",
        "</td>",
        "](javascript",
        "![x]",
        "${{ secrets",
    ] {
        let mut lines = ended.stdout.lines();
        // Inside of fences everything is text.
        let mut fence: Option<String> = None;
        let acting = lines.find(|line| {
            let ticks: String = line.chars().take_while(|c| *c == '`').collect();
            match &fence {
                Some(open) if line.trim() == open => fence = None,
                None if ticks.len() > 2 => fence = Some(ticks),
                _ => {}
            }
            let outside = line.split('`').step_by(2).collect::<String>();
            let outside = outside.replace("\\[", "").replace("\\]", "");
            fence.is_none() && outside.contains(markup)
        });
        assert_eq!(acting, None, "{markup}");
    }
}

/// The plan that takes all of them away does just that.
async fn drops_by_name(server: &Server, case: &Case, live: &str) {
    let ended = Run::new(&[
        "reconcile",
        "--expected=wanted.sql",
        "--platform=plain",
        "--output=plan.sql",
    ])
    .within(case.folder.path())
    .env("PGPACT_LIVE", live)
    .args(&["--allow=all", "--renames=off"])
    .end();
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    let plan = fs::read_to_string(case.folder.path().join("plan.sql")).unwrap();
    let admin = server.scratch.admin();
    server.run(admin, "named", &plan).await.unwrap();
    let kept = "do $$ begin
      assert (select array_agg(relname order by relname) = array['kept', 'missing']::name[] from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v'));
      assert not exists (select from pg_proc where pronamespace = 'public'::regnamespace);
    end $$";
    server.run(admin, "named", kept).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_of_a_workflow_prints_no_name_that_the_runner_would_follow() {
    let server = live().await;
    let case = Case::new("replica", "pgpact_admin");
    case.write("wanted.sql", WANTED);
    let github = GitHub::start().await;
    let mut variables = github.variables("pull_request");
    let payload = repository("fixtures/github/events/pull_request.json");
    for (name, value) in [
        ("GITHUB_EVENT_PATH", payload.display().to_string()),
        ("GITHUB_WORKSPACE", case.folder.path().display().to_string()),
        ("GITHUB_ACTIONS", "true".to_owned()),
        ("INPUT_EXPECTED", "wanted.sql".to_owned()),
        ("INPUT_LIVE", server.url("postgres", "named")),
        ("INPUT_TOKEN", "ghs_invented\n".to_owned()),
        ("INPUT_BASE", "none".to_owned()),
        ("INPUT_COMMENT", "changes".to_owned()),
        ("INPUT_CHECK-RUN", "auto".to_owned()),
    ] {
        variables.insert(name.to_owned(), value);
    }
    let run = Run::new(&["action"]).within(case.folder.path());
    let run = variables
        .iter()
        .fold(run, |run, (name, value)| run.env(name, value));
    let ended = tokio::task::spawn_blocking(move || run.end())
        .await
        .unwrap();
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    // Ours are all that the runner finds: it stops at a word that it is given, and goes on at it.
    let mut is_stopped = false;
    for line in ended.stdout.split(['\n', '\r']) {
        assert!(!line.contains("##["), "{line}");
        let Some(command) = line.trim_start().strip_prefix("::") else {
            continue;
        };
        let known = [
            "add-mask::",
            "error ",
            "warning ",
            "notice ",
            "stop-commands::",
        ];
        is_stopped |= command.starts_with("stop-commands::");
        assert!(
            is_stopped || known.iter().any(|known| command.starts_with(known)),
            "{line}"
        );
        assert!(!command.starts_with("set-output"), "{line}");
    }
    assert_eq!(commanding(&ended.stderr), None);
    assert_eq!(github.outputs()["verdict"], "broken");
    assert_plain("summary", &github.summary());
    let state = github.state();
    for comment in &state.comments {
        let body = comment["body"].as_str().unwrap();
        assert_plain("comment", body);
        assert!(body.encode_utf16().count() <= 65_536);
    }
}
