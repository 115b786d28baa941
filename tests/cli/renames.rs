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
