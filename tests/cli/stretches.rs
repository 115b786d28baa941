//! Statements that are sent together: nothing but the time may tell.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::binary::Run;
use crate::support::repository;

/// Every sort of statement whose line has to be worked out: what is altered later, granted in a row, made in blocks,
/// reached through a parent or a schema, drawn from a default.
const INTRICATE: &str = r#"
create role stretch_reader;
create role stretch_writer;
create schema apart;
alter default privileges in schema apart grant select on tables to stretch_reader;
create table apart.parent (id int primary key, kind text, born date) partition by range (id);
create table apart.child partition of apart.parent for values from (0) to (10);
grant insert on apart.parent to stretch_writer;
grant update (kind) on apart.parent to stretch_writer;
grant select on all tables in schema apart to stretch_writer;
alter table apart.parent add column note text default 'none';
alter table apart.parent alter column kind set not null;
revoke select on apart.child from stretch_reader;
create function apart.one() returns int language sql as 'select 1';
grant execute on function apart.one() to stretch_reader;
create or replace function apart.one() returns int language sql as 'select 2';
do $$
begin
  create table apart.made_inside (id int);
  grant select on apart.made_inside to stretch_writer;
  alter table apart.made_inside add column later int default 1;
  begin
    create table apart.never (id int);
    raise exception 'undone';
  exception when others then
    create table apart.instead (id int);
  end;
end $$;
comment on table apart.parent is 'parent';
alter table apart.parent enable row level security;
create policy own on apart.parent using (kind = current_user);
create domain apart.small as int check (value < 10);
alter domain apart.small add constraint positive check (value > 0);
alter table apart.made_inside owner to current_user;
create view apart.seen as select id from apart.parent;
grant select on apart.seen to public;
alter view apart.seen set (security_barrier = true);
create type apart.mood as enum ('calm');
grant usage on type apart.mood to stretch_reader;
grant stretch_reader to stretch_writer;
alter role stretch_reader set work_mem = '1MB';
"#;

/// The same with something between every two statements that stands alone, so that nothing is sent together.
fn singly(text: &str) -> String {
    let pieces = pg_query::split_with_parser(text).unwrap();
    let mut single = String::new();
    let mut at = 0;
    for piece in pieces {
        let start = piece.as_ptr().addr() - text.as_ptr().addr();
        single.push_str(&text[at..start]);
        single.push_str(piece);
        single.push_str("; savepoint apart_; release savepoint apart_");
        at = start + piece.len();
    }
    single.push_str(&text[at..]);
    single
}

fn inventory(files: &[(String, String)], platform: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("supabase/migrations")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join("supabase/migrations").join(name), text).unwrap();
    }
    let ended = Run::new(&["inventory", "supabase/migrations", "--platform", platform])
        .within(folder.path())
        .end();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    ended.stdout
}

fn read(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.path().is_file());
    files
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

fn assert_the_same_singly(files: &[(String, String)], platform: &str) {
    let single: Vec<(String, String)> = files
        .iter()
        .map(|(name, text)| (name.clone(), singly(text)))
        .collect();
    let together = inventory(files, platform);
    assert!(together.contains("\"line\""), "no line is told");
    assert_same_lines(&together, &inventory(&single, platform));
}

/// Says where two texts part, not all of both.
fn assert_same_lines(one: &str, other: &str) {
    let parted = one
        .lines()
        .zip(other.lines())
        .position(|(one, other)| one != other);
    let Some(at) = parted else {
        assert_eq!(one.lines().count(), other.lines().count());
        return;
    };
    let around = |text: &str| -> String {
        let lines: Vec<&str> = text.lines().skip(at.saturating_sub(25)).take(35).collect();
        lines.join("\n")
    };
    panic!("together:\n{}\n\nsingly:\n{}", around(one), around(other));
}

#[test]
fn every_line_is_the_same_as_one_by_one() {
    let files = [(
        "20250101000000_intricate.sql".to_owned(),
        INTRICATE.to_owned(),
    )];
    assert_the_same_singly(&files, "plain");
}

#[test]
fn a_project_reads_the_same_as_one_by_one() {
    let folder = repository("fixtures/projects/keyring/supabase/migrations");
    assert_the_same_singly(&read(Path::new(&folder)), "supabase");
}

fn findings(files: &[(&str, &str)], live: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.path().join("live.sql"), live).unwrap();
    let first = Path::new(files[0].0);
    let above = first.parent().filter(|above| above.parent().is_some());
    let expected = above.unwrap_or(first).to_string_lossy();
    let ended = Run::new(&[
        "verify",
        "--format",
        "json",
        "--expected",
        &expected,
        "--live",
        "live.sql",
        "--platform",
        "plain",
    ])
    .within(folder.path())
    .end();
    assert!(ended.status < 2, "{}{}", ended.stdout, ended.stderr);
    ended.json()["findings"].as_array().unwrap().clone()
}

/// What ran before a failure runs again: with the same numbers, or rows that name them would not fit.
#[test]
fn a_failure_draws_no_number_twice() {
    let tables = "create table t (id int generated always as identity primary key, name text);
                  create table u (id serial primary key, t_id int references t);
                  create sequence by_hand;";
    let rows = "insert into t (name) values ('a'), ('b');
insert into u (t_id) values (2);
select nextval('by_hand');
do $$ begin if nextval('by_hand') <> 2 then raise exception 'drawn before'; end if; end $$;
insert into u (id, t_id) values (50, 1);
alter table missing add column x int;
insert into u (t_id) values (1);
alter table t add constraint as_told check (id <= 2);
do $$ begin if (select max(id) from u where id < 50) <> 2 then raise exception 'drawn before'; end if; end $$;
";
    let findings = findings(
        &[
            ("supabase/migrations/20250101000000_tables.sql", tables),
            ("supabase/migrations/20250102000000_rows.sql", rows),
        ],
        &format!("{tables} alter table t add constraint as_told check (id <= 2);"),
    );
    let places: Vec<(&str, &Value)> = findings
        .iter()
        .map(|finding| {
            (
                finding["code"].as_str().unwrap(),
                &finding["location"]["line"],
            )
        })
        .collect();
    assert_eq!(
        places,
        [("migration-failed", &Value::from(6))],
        "{findings:#?}"
    );
}

/// A file without a transaction of its own keeps what ran, whatever fails in it, and wherever.
#[test]
fn what_fails_without_a_transaction_takes_nothing_with_it() {
    let file = "create table a (id int);
create table a (id int);
create table b (id int);
set role nobody_knows_this_role_and_more;
create table c (id int);
select 1 / 0;
create table d (id int)";
    let findings = findings(
        &[("1.sql", file)],
        "create table a (id int); create table b (id int); create table c (id int); create table d (id int);",
    );
    let mut lines: Vec<i64> = findings
        .iter()
        .map(|finding| finding["location"]["line"].as_i64().unwrap_or_default())
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [2, 4, 6], "{findings:#?}");
}
