//! What is written is gone, and no sequence has moved: after a run, and after one that was killed.

use std::time::Duration;

use sqlx::{Executor as _, Row as _};

use super::{Peopled, probe};
use crate::support::postgres::Server;

/// Every row of every table and every sequence, the numbers that it keeps ahead included.
const EVERYTHING: &str = "
select string_agg(line, E'\\n' order by line)
from (
  select c.oid::regclass || ': ' || unnest(xpath('//line/text()', query_to_xml(
    case c.relkind
      when 'S' then format('select row(last_value, log_cnt, is_called)::text as line from %s', c.oid::regclass)
      else format('select t::text as line from %s t', c.oid::regclass)
    end, true, false, '')))::text as line
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'S')
    and n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
) x";

pub(super) async fn dump(server: &Server) -> String {
    let mut connection = server.connect(server.scratch.admin(), "live").await;
    let row = connection
        .fetch_one(sqlx::raw_sql(EVERYTHING))
        .await
        .unwrap();
    let text: String = row.try_get_unchecked(0).unwrap();
    for shown in ["ada@example.com", "background_events_id_seq: (2,"] {
        assert!(text.contains(shown), "no {shown} in {text}");
    }
    text
}

/// Names the first line that differs, which says more than both dumps.
pub(super) async fn assert_untouched(server: &Server, before: &str) {
    let now = dump(server).await;
    let first = now
        .lines()
        .zip(before.lines())
        .find(|(now, before)| now != before);
    assert!(now == before, "{first:?}");
}

const STEPS: [&str; 5] = ["insert", "select-row", "update", "delete", "gone"];

/// Tables of every sort: serial, identity, a sequence of its own, keys of references, made-up values.
const TABLES: &[&str] = &[
    "public.background_events",
    "public.template_customization_history",
    "public.invitations",
    "public.organization_members",
    "public.vibe_configs",
    "public.agent_runs",
    "public.prompt_atoms",
    "public.template_versions",
    "public.template_feedback",
];

const MORE_ROWS: &str = "
insert into public.organizations (name, slug, created_by) select 'Orchard', 'orchard', id from auth.users where email like 'ada%';
insert into public.invitations (organization_id, email) select id, 'cleo@example.com' from public.organizations;
insert into public.template_versions (prompt_atom_id, version, body) select id, 1, '' from public.prompt_atoms;
insert into public.user_template_customizations (user_id, slug, title) select id, 'plain', 'Plain' from auth.users;";

#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_written_to_tables_of_every_sort_and_nothing_stays() {
    let peopled = Peopled::new().await;
    peopled.sql(MORE_ROWS).await;
    let before = dump(&peopled.server).await;
    let tables = TABLES.join(",");
    let ended = peopled.smoke(&["--allow-writes", "--table", &tables]);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert_untouched(&peopled.server, &before).await;
    let report = ended.json();
    for table in TABLES {
        for step in STEPS {
            let (outcome, why) = probe(&report, step, "service_role", table);
            assert_eq!(outcome, "passed", "{step} of {table}: {why}");
        }
    }

    // Without leave nothing is written, and it says so.
    let ended = peopled.smoke(&["--table", "public.prompt_atoms"]);
    let (outcome, why) = probe(
        &ended.json(),
        "insert",
        "service_role",
        "public.prompt_atoms",
    );
    assert_eq!(outcome, "skipped");
    assert!(why.contains("--allow-writes"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_whose_triggers_may_draw_a_number_is_left_alone() {
    let peopled = Peopled::new().await;
    peopled
        .sql(
            "create sequence public.ticket;
             create function public.ticketed() returns bigint language sql as $$ select nextval('public.ticket') $$;
             create table public.plain (id int primary key, at timestamptz default now());
             create function public.touch() returns trigger language plpgsql as $$
               begin new.at = clock_timestamp(); return new; end $$;
             create trigger touch before insert or update on public.plain for each row execute function public.touch();
             create table public.drawn (id int primary key, ticket bigint);
             create function public.draw() returns trigger language plpgsql as $$
               begin new.ticket = public.ticketed(); return new; end $$;
             create trigger draw before insert on public.drawn for each row execute function public.draw();
             create table public.counted (id int primary key, ticket bigint default public.ticketed());
             create domain public.numbered as bigint default nextval('public.ticket');
             create table public.of_domain (id int primary key, ticket public.numbered);
             create table public.checked (id int primary key, constraint lucky check (id < 0 or public.ticketed() > 0));
             create table public.logged (id int primary key);
             create function public.log() returns trigger language plpgsql as $$
               begin execute 'select nextval(''public.ticket'')'; return null; end $$;
             create trigger log after delete on public.logged for each row execute function public.log();
             create table public.ruled (id int primary key);
             create rule also as on insert to public.ruled do also select nextval('public.ticket');
             grant all on all tables in schema public to service_role;",
        )
        .await;
    let before = dump(&peopled.server).await;
    let tables = [
        "plain",
        "counted",
        "of_domain",
        "drawn",
        "checked",
        "logged",
        "ruled",
    ]
    .map(|name| format!("public.{name}"));
    let ended = peopled.smoke(&["--allow-writes", "--table", &tables.join(",")]);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert_untouched(&peopled.server, &before).await;
    let report = ended.json();
    for table in &tables {
        let (outcome, why) = probe(&report, "insert", "service_role", table);
        // A default is passed over by saying a value.
        let expected = match table.as_str() {
            "public.plain" | "public.counted" | "public.of_domain" => "passed",
            _ => "unproven",
        };
        assert_eq!(outcome, expected, "{table}: {why}");
    }
    let (_, why) = probe(&report, "insert", "service_role", "public.drawn");
    assert!(why.starts_with("trigger draw: it calls nextval"), "{why}");
}

/// Calls are made where nothing can be written, so that not even a number is drawn.
#[tokio::test(flavor = "multi_thread")]
async fn a_function_called_cannot_write() {
    let peopled = Peopled::new().await;
    peopled
        .sql(
            "create sequence public.ticket;
             create function public.ticketed() returns bigint language sql as $$ select nextval('public.ticket') $$;
             create function public.opened() returns bigint language plpgsql as $$
               begin set transaction read write; return nextval('public.ticket'); end $$;
             create function public.greeting(name text, times int default 1) returns text language sql
               as $$ select repeat('hello ' || name, times) $$;",
        )
        .await;
    peopled.configure(
        "[[smoke.call]]\nfunction = \"public.ticketed()\"\n\
         [[smoke.call]]\nfunction = \"public.opened\"\n\
         [[smoke.call]]\nfunction = \"public.greeting(text, integer)\"\nroles = [\"anon\"]\narguments = { name = \"o'hara\", times = 2 }\n\
         [[smoke.call]]\nfunction = \"public.greeting\"\narguments = { nome = \"x\" }\n",
    );
    let before = dump(&peopled.server).await;
    let ended = peopled.smoke(&["--allow-writes"]);
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert_untouched(&peopled.server, &before).await;
    let report = ended.json();
    let of = |who, what| probe(&report, "call", who, what).0;
    assert_eq!(of("service_role", "public.ticketed()"), "unproven");
    assert_ne!(of("service_role", "public.opened"), "passed");
    assert_eq!(of("anon", "public.greeting(text, integer)"), "passed");
    assert_eq!(of("service_role", "public.greeting"), "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_half_way_it_leaves_nothing() {
    let peopled = Peopled::new().await;
    let before = dump(&peopled.server).await;
    // Somebody holds a table: the probe has written to others by then, and waits.
    let mut other = peopled.server.connect("postgres", "live").await;
    let hold = "begin; lock table public.agent_runs in share row exclusive mode";
    Server::execute(&mut other, hold).await.unwrap();
    let tables = [
        "--allow-writes",
        "--table",
        "public.vibe_configs,public.background_events,public.agent_runs",
    ];
    let mut child = peopled.start(&tables).spawn();
    let waits = "do $$ begin assert exists (select from pg_locks where not granted); end $$";
    let mut tries = 0;
    while peopled.server.run("postgres", "live", waits).await.is_err() {
        tries += 1;
        let ended = child.try_wait();
        assert!(tries < 1_000 && matches!(ended, Ok(None)), "{ended:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // On Unix this is SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    Server::execute(&mut other, "rollback").await.unwrap();
    let gone = "do $$ begin assert not exists (select from pg_stat_activity where application_name = 'pgpact' and state like '%transaction%'); end $$";
    let mut tries = 0;
    while peopled.server.run("postgres", "live", gone).await.is_err() {
        tries += 1;
        assert!(
            tries < 1_000,
            "the server still holds the transaction of who was killed"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_untouched(&peopled.server, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_denied_is_named_and_nothing_stays() {
    let peopled = Peopled::new().await;
    peopled
        .sql("revoke update, delete on public.vibe_configs from service_role")
        .await;
    let before = dump(&peopled.server).await;
    let ended = peopled.smoke(&["--allow-writes", "--table", "public.vibe_configs"]);
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert_untouched(&peopled.server, &before).await;
    let report = ended.json();
    let outcomes = STEPS.map(|step| probe(&report, step, "service_role", "public.vibe_configs").0);
    assert_eq!(
        outcomes,
        ["passed", "passed", "failed", "failed", "skipped"]
    );
    let findings = report["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .all(|finding| finding["code"] == "smoke-write-failed"),
        "{findings:#?}"
    );
    assert_eq!(findings.len(), 2);
}

/// Policies hold the role that writes, with the claims that it is given.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_writes_a_row_of_their_own() {
    let peopled = Peopled::new().await;
    let ada = "7d1c0c1e-58d4-4c57-9a43-2b8f5f0f1a01";
    let table = |owner: &str| {
        format!(
            "[[smoke.table]]\nname = \"public.vibe_configs\"\nrole = \"authenticated\"\nclaims = {{ sub = \"{ada}\" }}\n\
             row = {{ user_id = \"{owner}\", name = \"pgpact\" }}\n"
        )
    };
    let before = dump(&peopled.server).await;
    let outcome = |owner: &str| {
        peopled.configure(&table(owner));
        let report = peopled.smoke(&["--allow-writes"]).json();
        STEPS.map(|step| probe(&report, step, "authenticated", "public.vibe_configs").0)
    };
    assert_eq!(outcome(ada), ["passed"; 5]);
    // Somebody else's is refused by the policy.
    let others = outcome("7d1c0c1e-58d4-4c57-9a43-2b8f5f0f1a02");
    assert_eq!(
        others,
        ["failed", "skipped", "skipped", "skipped", "skipped"]
    );
    assert_untouched(&peopled.server, &before).await;
}

/// A row that was asked for and could not be tried is no pass.
#[tokio::test]
async fn a_row_that_could_not_be_tried_is_no_verdict() {
    let peopled = Peopled::new().await;
    let ended = peopled.smoke(&["--allow-writes", "--table", "public.organizations"]);
    assert_eq!(ended.status, 3, "{}{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert_eq!(report["error"]["code"], "nothing-proven");
    // Its trigger makes the founder a member.
    let gaps = report["coverage"]["not_compared"].to_string();
    let told = "writing as service_role to public.organizations";
    assert_eq!(
        gaps.matches("public.organizations\"").count()
            - gaps
                .matches("no-rows as anon of public.organizations\"")
                .count(),
        1,
        "{gaps}"
    );
    assert!(
        gaps.contains(told) && gaps.contains("trigger organization_owner_joins"),
        "{gaps}"
    );
}
