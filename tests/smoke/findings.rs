//! What it finds, and what it does not take for proven.

use super::{MIGRATIONS, Peopled, findings, probe};
use crate::support::repository;

#[tokio::test]
async fn a_database_as_intended_holds() {
    let peopled = Peopled::new().await;
    let expected = repository(MIGRATIONS).display().to_string();
    let ended = peopled.smoke(&["--expected", &expected]);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert_eq!(report["verdict"], "holds");
    assert_eq!(findings(&report), Vec::<String>::new());
    let of = |kind, who, what| probe(&report, kind, who, what).0;
    assert_eq!(
        of("select", "service_role", "public.vibe_configs"),
        "passed"
    );
    let (outcome, why) = probe(
        &report,
        "no-rows",
        "anon",
        "public.template_usage_analytics",
    );
    assert_eq!(
        (outcome.as_str(), why.starts_with("filtered")),
        ("passed", true),
        "{why}"
    );
    let (outcome, why) = probe(&report, "no-rows", "anon", "public.background_events");
    assert_eq!(
        (outcome.as_str(), why.starts_with("denied")),
        ("passed", true),
        "{why}"
    );
    // Nobody has one: that shows nothing.
    let (outcome, why) = probe(&report, "no-rows", "anon", "public.template_feedback");
    assert_eq!(outcome, "unproven");
    assert!(why.contains("no row"), "{why}");
    let function = "public.is_organization_member(uuid)";
    assert_eq!(of("signature", "", function), "passed");
    assert_eq!(of("execute", "anon", function), "passed");
    assert_eq!(of("execute", "authenticated", function), "passed");
    let gaps = report["coverage"]["not_compared"].to_string();
    assert!(
        gaps.contains("no-rows as anon of public.template_feedback"),
        "{gaps}"
    );
}

#[tokio::test]
async fn what_was_opened_is_found_and_named() {
    let peopled = Peopled::new().await;
    peopled
        .sql(
            "grant select on public.vibe_configs, public.agent_runs to anon;
             alter table public.vibe_configs disable row level security;
             create policy \"Everybody\" on public.agent_runs for select using (true);
             revoke select on public.prompt_atoms from service_role;
             grant execute on function public.is_organization_member(uuid) to anon;
             revoke execute on function public.is_organization_admin(uuid) from authenticated;
             drop table public.template_customization_history cascade;",
        )
        .await;
    let expected = repository(MIGRATIONS).display().to_string();
    let ended = peopled.smoke(&["--expected", &expected]);
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert_eq!(
        findings(&report),
        [
            "critical smoke-function-open public.is_organization_member(uuid)",
            "critical smoke-rows-exposed public.agent_runs",
            "critical smoke-rows-exposed public.vibe_configs",
            "error smoke-function-closed public.is_organization_admin(uuid)",
            "error smoke-table-missing public.template_customization_history",
            "error smoke-table-unreachable public.prompt_atoms",
        ]
    );
    let why = |table| probe(&report, "no-rows", "anon", table).1;
    assert_eq!(
        why("public.vibe_configs"),
        "anon sees rows: row security is off"
    );
    assert_eq!(why("public.agent_runs"), "anon sees rows: a policy lets it");
}

#[tokio::test]
async fn rows_meant_for_visitors_by_name_are_no_leak_and_others_are() {
    let peopled = Peopled::new().await;
    peopled
        .sql(
            "insert into public.organizations (name, slug, created_by, is_listed)
               select 'Orchard ' || email, 'orchard-' || left(email, 1), id, email like 'ada%' from auth.users;
             insert into public.template_presets (owner_id, slug, name, is_public) select id, 'plain', 'Plain', true from auth.users;",
        )
        .await;
    let expected = repository(MIGRATIONS).display().to_string();
    let smoke = || peopled.smoke(&["--expected", &expected]);
    let ended = smoke();
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    let why = |ended: &crate::support::binary::Ended, table| {
        probe(&ended.json(), "no-rows", "anon", table)
    };
    let (outcome, why_not) = why(&ended, "public.organizations");
    assert_eq!(outcome, "passed");
    assert!(
        why_not.contains("\"Anyone can read listed organizations\""),
        "{why_not}"
    );
    // Every preset is shown by name: that leaves nothing to see.
    assert_eq!(why(&ended, "public.template_presets").0, "unproven");

    // Another policy shows more than that.
    peopled
        .sql("create policy \"Everybody\" on public.organizations for select using (true)")
        .await;
    let ended = smoke();
    assert_eq!(
        findings(&ended.json()),
        ["critical smoke-rows-exposed public.organizations"]
    );

    // One that the contract does not have is nobody's word, whatever role it names.
    peopled
        .sql(
            "drop policy \"Everybody\" on public.organizations;
             create policy \"Everybody\" on public.organizations for select to anon using (true)",
        )
        .await;
    let ended = smoke();
    assert_eq!(
        findings(&ended.json()),
        ["critical smoke-rows-exposed public.organizations"]
    );

    // What the configuration names is private as a whole.
    peopled
        .sql("drop policy \"Everybody\" on public.organizations")
        .await;
    peopled.configure("[smoke]\nowner_only = [\"public.organ*\"]\n");
    let ended = smoke();
    assert_eq!(
        findings(&ended.json()),
        ["critical smoke-rows-exposed public.organizations"]
    );
}

#[tokio::test]
async fn every_format_tells_the_same_and_json_fits_the_schema() {
    let peopled = Peopled::new().await;
    peopled
        .sql(
            "grant select on public.vibe_configs to anon; alter table public.vibe_configs disable row level security;
             create view public.tardy with (security_invoker) as select 1 as one from (select pg_sleep(0.3)) s;
             grant select on public.tardy to service_role;",
        )
        .await;
    let ended = peopled.smoke(&["--slow-ms", "250"]);
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert_eq!(
        findings(&report),
        [
            "critical smoke-rows-exposed public.vibe_configs",
            "warning smoke-slow public.tardy"
        ]
    );
    let schema = std::fs::read_to_string(repository("docs/report-v1.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    let probes = report["probes"].as_array().unwrap();
    let tardy = probes
        .iter()
        .find(|one| one["object"] == "public.tardy")
        .unwrap();
    assert!(tardy["ms"].as_f64().unwrap() > 250.0, "{tardy}");

    for format in ["text", "markdown"] {
        let ended = peopled.smoke(&["--slow-ms", "250", "--format", format]);
        assert_eq!(ended.status, 1);
        for told in [
            "anon sees rows: row security is off",
            "smoke-slow",
            "no-rows as anon",
            "select as service_role",
            "public.template_feedback",
        ] {
            assert!(
                ended.stdout.replace("\\_", "_").contains(told),
                "no {told} in {}",
                ended.stdout
            );
        }
    }
}

#[tokio::test]
async fn the_configuration_says_what_else_counts() {
    let peopled = Peopled::new().await;
    peopled
        .sql(
            "create table public.prices (id int primary key); insert into public.prices values (1);
             create function public.open_to_all() returns int language sql as $$ select 1 $$;
             create function public.for_the_service() returns int language sql as $$ select 1 $$;
             revoke execute on function public.for_the_service() from public, anon, authenticated, service_role;
             create schema api; create table api.served (id int primary key, user_id uuid references auth.users);
             insert into api.served select 1, id from auth.users limit 1;
             grant usage on schema api to anon, service_role; grant select on api.served to anon, service_role;",
        )
        .await;
    peopled.configure(
        "[smoke]\nowner_only = [\"public.prices\"]\n\
         [smoke.executors]\n\"public.open_to_all()\" = [\"service_role\"]\n\"public.for_*\" = [\"service_role\"]\n",
    );
    let opened = [
        "critical smoke-function-open public.open_to_all()",
        "critical smoke-function-open public.open_to_all()",
        "critical smoke-rows-exposed public.prices",
        "error smoke-function-closed public.for_the_service()",
    ];
    assert_eq!(findings(&peopled.smoke(&[]).json()), opened);

    // A schema is the API's once PostgREST is told so.
    let serve = "alter role authenticator set pgrst.db_schemas = 'public, api'";
    let admin = peopled.server.scratch.admin();
    peopled.server.run(admin, "live", serve).await.unwrap();
    let found = findings(&peopled.smoke(&[]).json());
    assert!(
        found.contains(&"critical smoke-rows-exposed api.served".to_owned()),
        "{found:?}"
    );

    // An ignore has a reason; one that matches nothing is told.
    peopled.configure(
        "[[ignore]]\nobject = \"table:api.served\"\ncode = \"smoke-rows-exposed\"\nreason = \"a public list\"\n\
         [[ignore]]\ncode = \"smoke-slow\"\nreason = \"far away\"\n\
         [[ignore]]\ncode = \"rls-disabled\"\nreason = \"of verify\"\n",
    );
    let ended = peopled.smoke(&[]);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert_eq!(report["summary"]["ignored"], 1);
    let unused: Vec<String> = findings(&report)
        .into_iter()
        .filter(|line| line.contains("ignore-unused"))
        .collect();
    assert_eq!(unused.len(), 1, "{unused:?}");
}
