//! Schemas of one database that are made alike.

use pgpact::scratch::Platform;

use super::{found, project, run, verdicts};
use crate::support::postgres::Server;

/// Names of the schema in everything that can say it: printed queries and conditions, keys, defaults, bodies, settings.
const TENANT: &str = r#"
create schema tenant;
create table tenant.people (
  id bigint generated always as identity primary key,
  name text not null check (length(name) > 0)
);
create sequence tenant.numbers;
create table tenant.orders (
  id bigint primary key default nextval('tenant.numbers'),
  person bigint not null references tenant.people,
  tenant text
);
create function tenant.last_order(person bigint) returns bigint language sql stable
  set search_path = tenant, pg_temp
  as $$ select max(o.id) from tenant.orders as o where o.person = $1 $$;
create function tenant.count_orders() returns bigint language sql
  begin atomic select count(*) from tenant.orders; end;
create view tenant.latest as
  select p.id, tenant.last_order(p.id) as last, o.tenant from tenant.people as p join tenant.orders as o on o.person = p.id;
alter table tenant.orders enable row level security;
create policy own on tenant.orders using (person in (select id from tenant.people));
comment on schema tenant is 'one customer';
grant usage on schema tenant to public;
"#;

const CONFIG: &str = r#"
expected = "contract.sql"

[[target]]
name = "shops"
live = "env:LIVE"
schemas = "shop_*"
"#;

async fn shops(names: &[&str]) -> Server {
    let server = Server::start(Platform::Plain).await;
    server.create("live", "template1").await;
    for name in names {
        let script = TENANT.replace("tenant.", &format!("{name}."));
        let script = script.replace("schema tenant", &format!("schema {name}"));
        let script = script.replace("= tenant,", &format!("= {name},"));
        let script = script.replace(
            &format!("o.person = p.id, {name}."),
            "o.person = p.id, tenant.",
        );
        server.run("postgres", "live", &script).await.unwrap();
    }
    server
}

#[tokio::test]
async fn each_schema_is_held_to_the_expected_one() {
    let server = shops(&["shop_a", "shop_b", "shop_1", "\"shop_Paper & Co\""]).await;
    let folder = project(CONFIG, TENANT);
    let live = server.url("postgres", "live");
    let variables = [("LIVE", live.as_str())];
    let ended = run(folder.path(), &["verify", "--format", "json"], &variables);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    let names: Vec<String> = verdicts(&ended.json())
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        [
            "shops/shop_1",
            "shops/shop_Paper & Co",
            "shops/shop_a",
            "shops/shop_b"
        ]
    );

    let one = run(
        folder.path(),
        &["verify", "--target", "shops/shop_a", "--format", "json"],
        &variables,
    );
    assert_eq!(one.status, 0, "{}", one.stdout);
    assert_eq!(verdicts(&one.json()).len(), 1);
    let none = run(
        folder.path(),
        &["verify", "--target", "shops/shop_z"],
        &variables,
    );
    assert_eq!(none.status, 3, "{}", none.stdout);

    // What reaches into a neighbour's schema, or the contract's own, is spelled alike and means another thing.
    server
        .run(
            "postgres",
            "live",
            "create schema tenant; create table tenant.orders (id bigint, person bigint);
             alter table shop_a.people drop constraint people_name_check; \
             alter table shop_b.people drop constraint people_name_check; \
             alter policy own on shop_b.orders using (person in (select id from shop_a.people)); \
             create or replace function shop_1.count_orders() returns bigint language sql \
               begin atomic select count(*) from tenant.orders; end; \
             create or replace function shop_1.last_order(person bigint) returns bigint language sql stable \
               set search_path = tenant, pg_temp \
               as $$ select max(o.id) from tenant.orders as o where o.person = $1 $$;",
        )
        .await
        .unwrap();
    let ended = run(folder.path(), &["verify", "--format", "json"], &variables);
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    assert_eq!(
        found(&ended.json()),
        [
            "constraint-missing \"shop_*\".people.people_name_check on shops/shop_a shops/shop_b",
            "function-changed \"shop_*\".count_orders() on shops/shop_1",
            "function-changed \"shop_*\".last_order(bigint) on shops/shop_1",
            "function-changed \"shop_*\".last_order(bigint) on shops/shop_1",
            "policy-changed \"shop_*\".orders.own on shops/shop_b",
        ]
    );
    let places = ended.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["location"].is_object())
        .count();
    assert_eq!(places, 5, "{}", ended.stdout);
}

#[tokio::test]
async fn what_they_are_held_to_has_to_be_clear() {
    let server = shops(&["shop_a"]).await;
    let live = server.url("postgres", "live");
    let message = |config: &str, contract: &str| {
        let folder = project(config, contract);
        let ended = run(
            folder.path(),
            &["verify", "--format", "json"],
            &[("LIVE", live.as_str())],
        );
        assert_eq!(ended.status, 3, "{}", ended.stdout);
        ended.json()["targets"][0]["error"]["message"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let two = format!("{TENANT}create schema another; create table another.t (id int);");
    assert!(message(CONFIG, &two).contains("does not say which schema"));
    let named = format!("{CONFIG}expected_schema = \"tenants\"\n");
    assert!(message(&named, &two).contains("makes no schema tenants"));
    let none = CONFIG.replace("shop_*", "shops_*");
    assert!(message(&none, TENANT).contains("no schema whose name is like shops_*"));

    let folder = project(&format!("{CONFIG}expected_schema = \"tenant\"\n"), &two);
    let ended = run(folder.path(), &["verify"], &[("LIVE", live.as_str())]);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
}
