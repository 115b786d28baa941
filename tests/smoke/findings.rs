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
