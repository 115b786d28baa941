//! `rest:https://…`: what the endpoint of a real database tells is compared, and nothing else is claimed.

use pgpact::scratch::Platform;
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::binary::{Ended, Run};
use crate::support::postgres::Server;
use crate::support::rest::{ANON, Rest, SERVICE};

const MIGRATIONS: &str = "fixtures/projects/keyring/supabase/migrations";

struct Project {
    server: Server,
    rest: Rest,
}

impl Project {
    async fn new() -> Self {
        let server = Server::start(Platform::Supabase).await;
        server.build_keyring("live").await;
        let target = server.scratch.connection(server.scratch.admin(), "live");
        let rest = Rest::start(target).await;
        Self { server, rest }
    }

    async fn sql(&self, script: &str) {
        self.server.run("postgres", "live", script).await.unwrap();
    }

    async fn verify(&self) -> Ended {
        verify(&self.rest.url(), SERVICE).await
    }
}

async fn run(arguments: &[&str], url: &str, key: &str) -> Ended {
    let run = Run::new(arguments)
        .env("PGPACT_LIVE", format!("rest:{url}"))
        .env("SUPABASE_SERVICE_ROLE_KEY", key);
    let ended = tokio::task::spawn_blocking(move || run.end())
        .await
        .unwrap();
    assert!(!ended.stdout.contains(SERVICE) && !ended.stderr.contains(SERVICE));
    ended
}

async fn verify(url: &str, key: &str) -> Ended {
    let arguments = ["verify", "-q", "--format", "json", "--expected", MIGRATIONS];
    run(&arguments, url, key).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_project_holds_and_says_what_was_not_looked_at() {
    let project = Project::new().await;
    let held = project.verify().await;
    assert_eq!(held.status, 0, "{}{}", held.stdout, held.stderr);
    let report = held.json();
    assert_eq!(report["verdict"], "holds");
    assert_eq!(report["findings"], json!([]));
    let gaps = report["coverage"]["not_compared"].to_string();
    for what in [
        "policies",
        "grants",
        "constraints",
        "triggers",
        "bodies",
        "outside of public",
    ] {
        assert!(gaps.contains(what), "{what}: {gaps}");
    }
    assert!(!report["coverage"]["classes"].to_string().contains("policy"));
    // What it does not tell makes no difference.
    project
        .sql(
            "alter table public.invitations disable row level security;
              create index more on public.invitations (id);
              comment on table public.invitations is 'more'",
        )
        .await;
    let held = project.verify().await;
    assert_eq!((held.status, held.findings()), (0, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_endpoint_tells_otherwise_is_found() {
    let project = Project::new().await;
    project
        .sql("drop table public.template_feedback cascade;
              alter table public.user_profiles add column extra text;
              create table public.more (id int8 primary key);
              create function public.surplus(a int) returns int language sql as 'select a';
              alter table public.vibe_configs drop column name cascade;
              alter table public.background_events alter column kind drop not null;
              alter table public.template_usage_analytics alter column action type varchar(900) using action::varchar")
        .await;
    let broken = project.verify().await;
    assert_eq!(broken.status, 1, "{}{}", broken.stdout, broken.stderr);
    let found: Vec<String> = broken
        .findings()
        .iter()
        .map(|line| line.split_once(' ').unwrap().1.to_owned())
        .collect();
    let listed = [
        "column-changed column:public.background_events.kind not_null",
        "column-missing column:public.vibe_configs.name -",
        "column-type-changed column:public.template_usage_analytics.action type",
        "column-unexpected column:public.user_profiles.extra -",
        "function-unexpected function:public.surplus(integer) -",
        "table-missing table:public.template_feedback -",
        "table-unexpected table:public.more -",
    ];
    let mut found = found;
    found.sort();
    assert_eq!(found, listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn defaults_keys_and_enums_are_told_by_the_description() {
    let project = Project::new().await;
    project.sql(&format!("create schema outside; {ODD}")).await;
    let folder = tempfile::tempdir().unwrap();
    let sql = folder.path().join("odd.sql");
    std::fs::write(&sql, ODD).unwrap();
    let odd = sql.to_str().unwrap();
    let arguments = [
        "verify",
        "-q",
        "--format",
        "json",
        "--expected",
        MIGRATIONS,
        "--expected",
        odd,
    ];
    let held = run(&arguments, &project.rest.url(), SERVICE).await;
    assert_eq!(held.findings(), Vec::<String>::new(), "{}", held.stderr);
    assert_eq!(held.status, 0);
    // What cannot be told is listed.
    let gaps = held.json()["coverage"]["not_compared"].to_string();
    for column in ["odd.document", "odd.counted"] {
        assert!(gaps.contains(&format!("default:public.{column}")), "{gaps}");
    }
    for column in ["odd.state", "odd.amount", "odd.id", "odd.said"] {
        assert!(
            !gaps.contains(&format!("default:public.{column}\"")),
            "{gaps}"
        );
    }
    project
        .sql(
            "alter table odd alter state set default 'shut', alter amount drop default, alter plain set default 'x';
             alter table odd drop constraint odd_of_fkey, add foreign key (of) references other (more);
             alter table odd drop constraint odd_loose_fkey;
             alter table odd add foreign key (plain) references other (name);
             alter table other drop constraint other_pkey cascade;
             alter table lone add primary key (a);
             alter type state add value 'lost';
             alter table odd alter short type varchar(12);
             alter function looks(int) volatile;
             create or replace function needs(a int, b int default 1) returns int language sql stable as 'select a + b'",
        )
        .await;
    let broken = run(&arguments, &project.rest.url(), SERVICE).await;
    assert_eq!(broken.status, 1, "{}{}", broken.stdout, broken.stderr);
    let mut found: Vec<String> = broken
        .findings()
        .iter()
        .map(|line| line.split_once(' ').unwrap().1.to_owned())
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "column-type-changed column:public.odd.short type",
            "constraint-changed constraint:public.odd.odd_of_fkey referenced_columns",
            "constraint-missing constraint:public.odd.odd_loose_fkey -",
            "constraint-missing constraint:public.other.other_pkey -",
            "constraint-unexpected constraint:public.lone.lone_pkey -",
            "constraint-unexpected constraint:public.odd.odd_plain_fkey -",
            "default-changed default:public.odd.state expression",
            "default-missing default:public.odd.amount -",
            "default-unexpected default:public.odd.plain -",
            "enum-changed enum:public.state values",
            "function-changed function:public.looks(integer) volatility",
            "function-changed function:public.needs(integer, integer) arguments",
        ]
    );
}

const ODD: &str = "
create type public.state as enum ('open', 'shut');
create table public.other (id int8 primary key, name text unique, more int8 unique);
create table public.lone (a int not null);
create table public.odd (
  id uuid primary key default gen_random_uuid(),
  state public.state not null default 'open',
  amount numeric(10, 2) default 0.50,
  said text default 'it''s said',
  document jsonb default '{}',
  counted bigserial,
  numbered int8 generated always as identity,
  whole text generated always as ('x') stored,
  plain text,
  short varchar(20),
  bits bit varying(7),
  shorter character(3)[],
  at timestamptz default now(),
  of int8 references public.other,
  loose int8 references public.other,
  one int8 unique references public.other
);
create function public.looks(a int) returns int language sql stable as 'select a';
create function public.needs(a int, b int) returns int language sql stable as 'select a + b';
grant all on all tables in schema public to service_role;
";

#[tokio::test(flavor = "multi_thread")]
async fn what_visitors_reach_is_tried_where_their_key_is_known() {
    let project = Project::new().await;
    let verify = async |anon: &str| {
        let run = Run::new(&["verify", "-q", "--format", "json", "--expected", MIGRATIONS])
            .env("PGPACT_LIVE", format!("rest:{}", project.rest.url()))
            .env("SUPABASE_SERVICE_ROLE_KEY", SERVICE)
            .env("SUPABASE_ANON_KEY", anon);
        tokio::task::spawn_blocking(move || run.end())
            .await
            .unwrap()
    };
    let untried = verify("").await;
    assert_eq!(untried.status, 0, "{}{}", untried.stdout, untried.stderr);
    assert!(untried.stdout.contains("SUPABASE_ANON_KEY is not set"));
    let tried = verify(ANON).await;
    assert_eq!(tried.status, 0, "{}{}", tried.stdout, tried.stderr);
    assert_eq!(tried.findings(), Vec::<String>::new());
    assert!(!tried.stdout.contains("SUPABASE_ANON_KEY is not set"));
    let probes = tried.json()["probes"].as_array().unwrap().len();
    assert!(probes > 10, "{probes}");
    assert!(
        !project
            .rest
            .requests()
            .iter()
            .any(|one| !one.starts_with("GET"))
    );
    // Neither is told by the description.
    project
        .sql(
            "insert into auth.users (id, email) values (gen_random_uuid(), 'a@example.test');
             alter table public.template_usage_analytics disable row level security;
             insert into public.template_usage_analytics (user_id, action) select id, 'view' from auth.users;
             revoke all on public.template_feedback from anon;
             create function public.nobodys() returns boolean language sql as 'select true';
             revoke execute on function public.nobodys() from public, anon;
             alter table public.prompt_atoms enable row level security;
             create policy asks on public.prompt_atoms to anon using (public.nobodys());
             grant select on public.vibe_configs to anon",
        )
        .await;
    let broken = verify(ANON).await;
    assert_eq!(broken.status, 1, "{}{}", broken.stdout, broken.stderr);
    // A function that a policy calls is denied, not the table: nobody knows whether that is meant.
    assert!(broken.stdout.contains("denied by something else"));
    let mut found = broken.findings();
    found.sort();
    found.retain(|line| line.contains(" smoke-"));
    assert_eq!(
        found,
        [
            "critical smoke-rows-exposed table:public.template_usage_analytics -",
            "critical smoke-table-open table:public.vibe_configs -",
            "error smoke-table-closed table:public.template_feedback -",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_are_told_by_name_and_arguments() {
    let project = Project::new().await;
    project
        .sql("drop function public.track_template_usage(text, text, uuid, jsonb);
              create function public.track_template_usage(p_slug text, p_action text, p_customization_id text, p_metadata jsonb default '{}') returns void language sql as ''")
        .await;
    let broken = project.verify().await;
    let found = broken.findings().join("\n");
    assert!(
        found.contains("function-changed function:public.track_template_usage(text, text, uuid, jsonb) arguments"),
        "{found}"
    );
    project
        .sql("drop function public.track_template_usage(text, text, text, jsonb)")
        .await;
    let found = project.verify().await.findings().join("\n");
    assert!(
        found.contains(
            "function-missing function:public.track_template_usage(text, text, uuid, jsonb) -"
        ),
        "{found}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_is_no_verdict() {
    let project = Project::new().await;
    let refused = |ended: &Ended, words: &[&str]| {
        assert!(ended.status >= 2, "{}{}", ended.stdout, ended.stderr);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    };
    refused(
        &verify(&project.rest.url(), ANON).await,
        &["does not describe itself to this key", "service"],
    );
    refused(
        &verify(&project.rest.url(), "sb_publishable_x").await,
        &["that of anon"],
    );
    refused(
        &verify(&project.rest.url(), "").await,
        &["no key", "PGPACT_REST_KEY"],
    );
    let server = MockServer::start().await;
    for (answer, words) in [
        (
            ResponseTemplate::new(404).set_body_json(
                json!({ "code": "PGRST126", "message": "Root endpoint metadata is disabled" }),
            ),
            ["openapi-mode is disabled", "follow-privileges"],
        ),
        (
            ResponseTemplate::new(200).set_body_json(json!({ "openapi": "3.1.0" })),
            ["OpenAPI 3.1.0", "newer version"],
        ),
        (
            ResponseTemplate::new(200).set_body_string("<html>"),
            ["not with a description", "address"],
        ),
        (ResponseTemplate::new(404), ["no REST endpoint", "data API"]),
        (ResponseTemplate::new(503), ["status 503", "paused"]),
    ] {
        server.reset().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        refused(&verify(&server.uri(), SERVICE).await, &words);
    }
    let live = format!("rest:{}", project.rest.url());
    for arguments in [
        ["reconcile", "-q", "--expected", MIGRATIONS],
        ["lint", "-q", "--fail-on", "never"],
    ] {
        let ended = run(&arguments, &project.rest.url(), SERVICE).await;
        refused(&ended, &["tells a part", "supabase:REF"]);
    }
    let reversed = ["diff", "-q", "--from", MIGRATIONS, "--to", &live];
    refused(
        &run(&reversed, &project.rest.url(), SERVICE).await,
        &["a part of a contract"],
    );
    let listed = run(&["inventory", "-q"], &project.rest.url(), SERVICE).await;
    assert_eq!(listed.status, 0, "{}{}", listed.stdout, listed.stderr);
    assert!(
        listed.stdout.contains("table:public.invitations"),
        "{}",
        listed.stdout
    );
}
