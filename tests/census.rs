//! What a catalog holds that no version of this program has heard of shows all the same.

use std::collections::BTreeMap;
use std::time::Duration;

use pgpact::contract::{Contract, Gap};
use pgpact::findings::of_census;
use pgpact::inspect::Session;
use pgpact::scratch::Platform;

use crate::support::postgres::Server;

/// As a major to come may have it: with rows of initdb, with oids of its own, and one without oids.
const FUTURE: &str = "
    set allow_system_table_mods = on;
    create table pg_catalog.pg_gadget (oid oid, gadname name, gadowner oid);
    insert into pg_catalog.pg_gadget values (700, 'of_initdb', 10);
    create table pg_catalog.pg_gadget_part (partno int, gadget oid);";

async fn read_as(server: &Server, role: &str, database: &str) -> Contract {
    let target = server.scratch.connection(role, database);
    let mut session = Session::open(&target, Duration::from_secs(10))
        .await
        .unwrap();
    session.read(None).await.unwrap().contract
}

fn told(expected: &Contract, live: &Contract) -> Vec<String> {
    let found = of_census(expected, live, &BTreeMap::new());
    let about = found
        .iter()
        .filter_map(|finding| finding.message.split(',').next());
    about.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_a_catalog_of_a_major_to_come_change_the_verdict() {
    let server = Server::start(Platform::Plain).await;
    let admin = server.scratch.admin();
    server.create("one", "template1").await;
    server.run(admin, "one", FUTURE).await.unwrap();
    server.create("other", "one").await;
    let same = read_as(&server, admin, "one").await;
    assert!(told(&same, &read_as(&server, admin, "other").await).is_empty());

    let make = "insert into pg_catalog.pg_gadget values (20000, 'wheel', 16384)";
    server.run(admin, "other", make).await.unwrap();
    let more = read_as(&server, admin, "other").await;
    assert_eq!(told(&same, &more), ["rows of pg_gadget"]);

    // The same on another server has other oids, and is the same.
    let make = "insert into pg_catalog.pg_gadget values (30000, 'wheel', 26384)";
    server.run(admin, "one", make).await.unwrap();
    assert!(told(&read_as(&server, admin, "one").await, &more).is_empty());

    let change = "update pg_catalog.pg_gadget set gadname = 'lever' where oid = 20000;
        insert into pg_catalog.pg_gadget_part values (1, 20000)";
    server.run(admin, "other", change).await.unwrap();
    let changed = read_as(&server, admin, "other").await;
    let about = told(&more, &changed);
    assert_eq!(about, ["rows of pg_gadget", "rows of pg_gadget_part"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalog_that_may_not_be_read_is_a_gap() {
    let server = Server::start(Platform::Plain).await;
    let admin = server.scratch.admin();
    server.create("one", "template1").await;
    let hide = "revoke all on pg_catalog.pg_gadget, pg_catalog.pg_gadget_part from public;
        create role watcher login;";
    server
        .run(admin, "one", &format!("{FUTURE} {hide}"))
        .await
        .unwrap();
    let contract = read_as(&server, "watcher", "one").await;
    let gaps: Vec<&Gap> = contract.coverage.not_compared.iter().collect();
    let hidden = gaps.iter().filter(|gap| gap.what.contains("pg_gadget"));
    assert_eq!(hidden.count(), 2, "{gaps:?}");
    assert!(gaps.iter().all(|gap| gap.why != Gap::BY_NAME), "{gaps:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tablespaces_have_no_class_and_are_counted() {
    let server = Server::start(Platform::Plain).await;
    let admin = server.scratch.admin();
    let before = read_as(&server, admin, "postgres").await;
    assert!(
        before.coverage.not_compared.is_empty(),
        "{:?}",
        before.coverage.not_compared
    );
    let make = "set allow_in_place_tablespaces = on";
    let mut connection = server.connect(admin, "postgres").await;
    Server::execute(&mut connection, make).await.unwrap();
    Server::execute(&mut connection, "create tablespace fast location ''")
        .await
        .unwrap();
    let after = read_as(&server, admin, "postgres").await;
    let found = of_census(&before, &after, &BTreeMap::new());
    assert_eq!(found.len(), 1, "{:?}", after.coverage);
    assert!(
        found[0]
            .message
            .starts_with("rows of pg_tablespace, not compared: 0 expected, 1 (")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_hangs_on_an_extension_is_counted() {
    let server = Server::start(Platform::Plain).await;
    let admin = server.scratch.admin();
    server.create("one", "template1").await;
    let make = "set search_path = public; create extension pg_trgm;
        create table t (a int) partition by list (a); create table p partition of t for values in (1); create index on t (a);";
    server.run(admin, "one", make).await.unwrap();
    let before = read_as(&server, admin, "one").await;
    let change = "alter index public.p_a_idx depends on extension pg_trgm";
    server.run(admin, "one", change).await.unwrap();
    let after = read_as(&server, admin, "one").await;
    assert_eq!(told(&before, &after), ["parts that depend on an extension"]);
}
