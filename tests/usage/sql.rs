//! What is read of SQL.

use pgpact::usage::code::{Place, Query};
use pgpact::usage::sql::{Role, Statement, read, statements};

use super::said::said;
use super::sources;

/// What a text uses, a line for each statement: relations, and columns with where they may be from.
fn used(text: &str) -> String {
    let query = Query {
        text: text.into(),
        place: Place { line: 1, column: 1 },
        is_verbatim: true,
    };
    let reading = statements(&[query]).remove(0);
    let mut lines: Vec<String> = reading.statements.iter().map(line).collect();
    lines.extend(
        reading
            .unread
            .iter()
            .map(|(place, _)| format!("unread {}:{}", place.line, place.column)),
    );
    lines.join("\n")
}

fn line(statement: &Statement) -> String {
    let relation = |at: &usize| statement.relations[*at].name.text.clone();
    let relations = statement.relations.iter().map(|one| {
        let role = match &one.role {
            Role::Read => "reads".to_owned(),
            Role::Insert(None) => "inserts".to_owned(),
            Role::Insert(Some(names)) | Role::Update(names) => {
                let names: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
                let verb = if matches!(one.role, Role::Update(_)) {
                    "updates"
                } else {
                    "inserts"
                };
                format!("{verb}({})", names.join(","))
            }
            Role::Delete => "deletes".to_owned(),
        };
        let schema = one
            .schema
            .as_ref()
            .map(|schema| format!("{schema}."))
            .unwrap_or_default();
        format!("{role} {schema}{}", one.name.text)
    });
    let columns = statement.columns.iter().map(|column| {
        let of: Vec<String> = column.candidates.iter().map(relation).collect();
        format!("{}/{}", of.join("|"), column.name.text)
    });
    let functions = statement
        .functions
        .iter()
        .filter(|one| one.schema.is_some())
        .map(|one| format!("{}({})", one.name.text, one.argument_count));
    relations
        .chain(columns)
        .chain(functions)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn columns_belong_to_what_is_in_reach() {
    assert_eq!(
        used(
            "select b.title, year, a.* from books b join public.authors a on a.id = b.author_id where b.id = $1"
        ),
        "reads books reads public.authors authors/id books/author_id books/title books|authors/year books/id"
    );
    assert_eq!(
        used(
            "select id from books where exists (select 1 from loans where loans.book = books.id and due < now())"
        ),
        "reads books reads loans books/id loans/book books/id loans|books/due"
    );
}

#[test]
fn what_a_statement_names_itself_is_nobodys_column() {
    assert_eq!(
        used(
            "with late as (select id, due from loans) select l.id, x, due as d from late l join books on true order by d"
        ),
        "reads loans reads books loans/id loans/due books/x"
    );
    assert_eq!(
        used("select n, id from books, generate_series(1, 2) as n"),
        "reads books"
    );
    assert_eq!(
        used("select count(b), row_to_json(b) from books b"),
        "reads books"
    );
    assert_eq!(
        used("select t.v from (values (1)) as t(v), books"),
        "reads books"
    );
    assert_eq!(
        used(
            "with recursive r as (select id from books union all select parent from r) select * from r"
        ),
        "reads books books/id"
    );
    assert_eq!(used("select ctid, tableoid from books"), "reads books");
}

#[test]
fn writes_tell_their_columns() {
    assert_eq!(
        used(
            "insert into books (id, title) values ($1, $2) on conflict (id) do update set title = excluded.title, seen = books.seen + 1 returning id"
        ),
        "inserts(id,title) books books/id books/title books/seen books/title books/seen books/id"
    );
    assert_eq!(
        used("update books set title = a.name from authors a where a.id = author_id"),
        "updates(title) books reads authors authors/name authors/id books|authors/author_id"
    );
    assert_eq!(
        used("delete from only books using loans l where l.book = books.id"),
        "deletes books reads loans loans/book books/id"
    );
}

#[test]
fn placeholders_of_tools_are_replaced_in_place() {
    assert_eq!(
        used("select id from books where a = :name and b = @other::int and c = %(x)s and d = %s"),
        "reads books books/id books/a books/b books/c books/d"
    );
    assert_eq!(
        used("select ':no', \"at\" from books where x = any(sqlc.arg(ids)::int[]) -- :none"),
        "reads books books/at books/x"
    );
    assert_eq!(
        used("select a[1:2], b::text, c @> '{}' from t"),
        "reads t t/a t/b t/c"
    );
}

#[test]
fn statements_that_do_not_parse_are_told_of_and_the_others_read() {
    assert_eq!(
        used("select from where;\n\nselect id from books;\n select `a` from b"),
        "reads books books/id\nunread 1:1\nunread 4:2"
    );
    assert_eq!(
        used("create temp table t (id int); select id, x from t; select id from books"),
        "\nreads books books/id"
    );
}

#[test]
fn functions_are_told_by_schema_and_joins_by_their_columns() {
    assert_eq!(
        used("select app.top(1, n => 2) from books join loans using (book_id)"),
        "reads books reads loans books/book_id loans/book_id top(2)"
    );
}

#[test]
fn places_are_those_of_the_file() {
    let query = Query {
        text: "select é,\n  title from books".into(),
        place: Place {
            line: 7,
            column: 12,
        },
        is_verbatim: true,
    };
    let reading = statements(&[query]).remove(0);
    let places: Vec<(u32, u32)> = reading.statements[0]
        .columns
        .iter()
        .map(|column| (column.name.place.line, column.name.place.column))
        .collect();
    assert_eq!(places, [(7, 19), (8, 3)]);
    let relation = reading.statements[0].relations[0].name.place;
    assert_eq!((relation.line, relation.column), (8, 14));
}

#[test]
fn rust_hands_over_literals_to_macros_and_functions() {
    let text = "async fn f(pool: &sqlx::PgPool) {\n    sqlx::query!(r#\"select \"id\" from books\"#).fetch_all(pool);\n    \
                sqlx::query_as::<_, Vec<(i32, String)>>(\"select id,\\n title from pens\");\n    sqlx::query(&format!(\"select * from {t}\"));\n    \
                query_scalar!(\"select 1 \" + \"from books\");\n    tokio::join!(async { sqlx::query(\"delete from pens\") });\n}\nfn query(s: &str) {}\n";
    let (files, skipped) = read(&sources(&[("a.rs", text)]));
    assert!(skipped.is_empty(), "{skipped:?}");
    assert_eq!(
        said(&files),
        "a.rs 2:21 sql select \"id\" from books\na.rs 3:46 sql select id, title from pens\n\
         a.rs 5:20 sql select 1 from books\na.rs 6:39 sql delete from pens"
    );
}

#[test]
fn rust_that_speaks_to_another_database_says_nothing_of_this_one() {
    let text = "async fn f(pool: &sqlx::SqlitePool) { sqlx::query(\"select id from books\"); }";
    assert!(read(&sources(&[("a.rs", text)])).0.is_empty());
}

#[test]
fn a_file_that_defines_objects_is_no_file_of_queries() {
    let (files, skipped) = read(&sources(&[
        (
            "a.sql",
            "-- name: one\nselect id from books where id = :id;",
        ),
        (
            "schema.sql",
            "create table t (id int); insert into t values (1);",
        ),
    ]));
    assert_eq!(files.len(), 1);
    assert!(skipped.is_empty(), "{skipped:?}");
}
