//! What has another name on live: named, renamed with its rows, or left to be made anew.

use crate::support::drifted::Drifted;

const WANTED: &str = "
create type mood as enum ('good', 'bad');
create table orders (id serial primary key, total numeric check (total >= 0), how mood default 'good');
create index orders_total_idx on orders (total);
create table people (id bigint primary key, email text not null);
create view small_orders as select id from orders where total < 10;
create function order_count() returns bigint language sql as 'select count(*) from public.people';
alter table orders enable row level security;
create policy readable on orders for select using (total > 0);";

const LIVE: &str = "
create type feeling as enum ('good', 'bad');
create table purchases (id serial primary key, total numeric check (total >= 0), how feeling default 'good');
create index purchases_total_idx on purchases (total);
create table people (id bigint primary key, mail text not null);
create view cheap as select id from purchases where total < 10;
create function count_all() returns bigint language sql as 'select count(*) from public.people';
alter table purchases enable row level security;
create policy visible on purchases for select using (total > 0);
insert into purchases (total) values (5), (50);
insert into people values (1, 'a@example.org');";

#[tokio::test]
async fn what_has_another_name_is_renamed_with_its_rows() {
    let drifted = Drifted::new(WANTED, LIVE).await;

    let named = drifted.reconcile(&[]);
    assert_eq!(named.status, 1, "{}{}", named.stdout, named.stderr);
    let proposal = "-- Perhaps enum public.feeling is public.mood under another name";
    assert!(named.stdout.contains(proposal), "{}", named.stdout);
    assert!(!named.stdout.contains("rename to"), "{}", named.stdout);

    let applied = drifted.reconcile(&["--renames", "auto", "--apply", "--yes"]);
    assert_eq!(applied.status, 0, "{}{}", applied.stdout, applied.stderr);
    assert!(
        drifted
            .says("select sum(total) = 55 from public.orders")
            .await
    );
    assert!(
        drifted
            .says("select email = 'a@example.org' from public.people")
            .await
    );

    let nothing = drifted.reconcile(&["--renames", "auto"]);
    assert_eq!(nothing.status, 0, "{}", nothing.stderr);
    assert!(
        nothing.stdout.contains("Nothing to do"),
        "{}",
        nothing.stdout
    );
}

#[tokio::test]
async fn names_are_left_alone_when_nobody_wants_them_or_two_would_fit() {
    let drifted = Drifted::new(WANTED, LIVE).await;
    let off = drifted.reconcile(&["--renames", "off"]);
    assert!(!off.stdout.contains("another name"), "{}", off.stdout);
    assert!(
        off.stdout.contains("drop table:public.purchases"),
        "{}",
        off.stdout
    );

    let live = "create table a (n int, one text, two text);";
    let twice = Drifted::new("create table a (n int, three text, four text);", live).await;
    let plan = twice.reconcile(&["--renames", "auto"]);
    assert_eq!(plan.status, 1, "{}", plan.stderr);
    assert!(!plan.stdout.contains("rename"), "{}", plan.stdout);
    assert!(
        plan.stdout.contains("drop column:public.a.one"),
        "{}",
        plan.stdout
    );
}

const SHOP: &str = "
create schema shop;
create type shop.size as enum ('small', 'medium', 'large');
create table shop.orders (id int primary key, sum numeric, note text, size shop.size default 'medium');
create table shop.people (id int primary key, email text, born date);
create view shop.small as select id from shop.orders where size = 'small';
create function shop.f(shop.size) returns int language sql as 'select 1';";

/// The same with a schema, a table with a column, another table with one more column, and a value of an enum renamed.
const STORE: &str = "
create schema store;
create type store.size as enum ('small', 'middle', 'large');
create table store.purchases (id int primary key, total numeric, note text, size store.size default 'middle');
create table store.humans (id int primary key, email text, born date, hair text);
create view store.small as select id from store.purchases where size = 'small';
create function store.f(store.size) returns int language sql as 'select 1';
insert into store.purchases values (1, 7, 'x', 'middle');
insert into store.humans values (1, 'a@example.org', '1990-01-01', 'red');";

#[tokio::test]
async fn names_inside_of_names_are_renamed_together() {
    let drifted = Drifted::new(SHOP, STORE).await;
    let named = drifted.reconcile(&[]);
    for proposal in [
        "schema store is shop",
        "value 'middle' of enum shop.size is 'medium'",
        "table shop.purchases is shop.orders",
        "column shop.orders.total is shop.orders.sum",
        "table shop.humans is shop.people",
    ] {
        let line = format!("-- Perhaps {proposal} under another name");
        assert!(named.stdout.contains(&line), "{line}\n{}", named.stdout);
    }
    assert!(!named.stdout.contains("rename to"), "{}", named.stdout);

    let applied = drifted.reconcile(&[
        "--renames",
        "auto",
        "--apply",
        "--yes",
        "--allow",
        "drop-column",
    ]);
    assert_eq!(applied.status, 0, "{}{}", applied.stdout, applied.stderr);
    assert!(
        drifted
            .says("select sum = 7 and size = 'medium' from shop.orders")
            .await
    );
    assert!(
        drifted
            .says("select email = 'a@example.org' from shop.people")
            .await
    );
    let nothing = drifted.reconcile(&[]);
    assert!(
        nothing.stdout.contains("Nothing to do"),
        "{}",
        nothing.stdout
    );
}

#[tokio::test]
async fn a_role_under_another_name_is_renamed_with_what_it_may() {
    let wanted = "create role clerk nologin; create table t (a int); create table u (a int);
        grant select, insert on t to clerk; grant select on u to clerk;
        alter table t enable row level security; create policy p on t to clerk using (true);";
    let live = wanted.replace("clerk", "scribe");
    let drifted = Drifted::new(wanted, &live).await;
    let named = drifted.reconcile(&[]);
    let proposal = "-- Perhaps role scribe is clerk under another name";
    assert!(named.stdout.contains(proposal), "{}", named.stdout);
    let off = drifted.reconcile(&["--renames", "off"]);
    assert!(off.stdout.contains("create role clerk"), "{}", off.stdout);
    let applied = drifted.reconcile(&["--renames", "auto", "--apply", "--yes"]);
    assert_eq!(applied.status, 0, "{}{}", applied.stdout, applied.stderr);
    assert!(drifted.says("to_regrole('scribe') is null").await);
    assert!(
        drifted
            .says("has_table_privilege('clerk', 't', 'insert')")
            .await
    );
    let nothing = drifted.reconcile(&[]);
    assert!(
        nothing.stdout.contains("Nothing to do"),
        "{}",
        nothing.stdout
    );
}

#[tokio::test]
async fn what_only_has_little_in_common_is_no_rename() {
    let wanted = "create schema new; create table new.a (x int);
        create table public.one (id int, name text, price numeric);
        create type public.e as enum ('a', 'b');";
    let live = "create schema old; create table old.b (y text); create table old.c (y text);
        create table public.two (id int, born date, died date);
        create type public.e as enum ('c', 'd');";
    let drifted = Drifted::new(wanted, live).await;
    let plan = drifted.reconcile(&["--renames", "auto"]);
    assert!(!plan.stdout.contains("Renamed"), "{}", plan.stdout);
    assert!(!plan.stdout.contains("rename value"), "{}", plan.stdout);
}
