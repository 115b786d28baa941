//! What a login may not read is said, and compared with nothing.

use pgpact::contract::{Contract, Gap};
use pgpact::inspect::Session;
use pgpact::scratch::Platform;

use crate::support::postgres::{Server, aligned, compare, spelled};

const MADE: &str = "
    create schema storage;
    create table storage.buckets (id text primary key, name text, public boolean);
    insert into storage.buckets values ('avatars', 'avatars', true);
    create schema cron;
    create table cron.job (schedule text, command text, username text, jobname text);
    insert into cron.job values ('* * * * *', 'vacuum', current_user, 'clean up');
    alter table cron.job enable row level security;
    grant usage on schema storage, cron to public;
    grant select on cron.job to public;";

/// Belongs to the superuser, so that only the superuser reads its options.
const MAPPED: &str = "
    create foreign data wrapper far;
    create server elsewhere foreign data wrapper far;
    create user mapping for postgres server elsewhere options (user 'guest', password 'secret');";

async fn read_as(server: &Server, role: &str) -> Contract {
    let target = server.scratch.connection(role, "hidden");
    let mut session = Session::open(&target, std::time::Duration::from_secs(10))
        .await
        .unwrap();
    session.read(None).await.unwrap().contract
}

fn gaps(contract: &Contract) -> Vec<String> {
    let ours = |gap: &&Gap| !gap.why.contains("this version");
    let gaps = contract.coverage.not_compared.iter().filter(ours);
    gaps.map(|gap| format!("{}: {}", gap.what, gap.why))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_login_may_not_read_is_a_gap_and_no_difference() {
    let server = Server::start(Platform::Plain).await;
    let admin = server.scratch.admin();
    server.create("hidden", "template1").await;
    server.run("postgres", "hidden", MADE).await.unwrap();
    server.run(admin, "hidden", MAPPED).await.unwrap();
    server
        .run(admin, "postgres", "create role watcher login")
        .await
        .unwrap();
    let (all, little) = (
        read_as(&server, admin).await,
        read_as(&server, "watcher").await,
    );
    assert!(gaps(&all).is_empty(), "{:?}", gaps(&all));
    for (expected, live) in [(&all, &little), (&little, &all)] {
        let found: Vec<String> = compare(expected, live).iter().map(spelled).collect();
        assert_eq!(found, Vec::<String>::new());
    }
    insta::assert_snapshot!(gaps(&aligned(&little, &all).0).join("\n"), @r"
    cron jobs: row security hides rows of cron.job from the login
    options of user mapping postgres on elsewhere: only the owner of the server and who is mapped may read them
    storage buckets: the login may not read storage.buckets
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_supabase_keeps_as_rows_is_read_where_migrations_run() {
    let server = Server::start(Platform::Supabase).await;
    server.create("hidden", "postgres").await;
    let script = "
        insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true);
        select vault.create_secret('do not tell', 'mail key');";
    server.run("postgres", "hidden", script).await.unwrap();
    let contract = read_as(&server, server.scratch.admin()).await;
    let ids: Vec<String> = contract
        .objects
        .keys()
        .filter(|id| ["bucket", "vault-secret"].contains(&id.class.as_str()))
        .map(ToString::to_string)
        .collect();
    assert_eq!(ids, ["bucket:avatars", "vault-secret:\"mail key\""]);
}
