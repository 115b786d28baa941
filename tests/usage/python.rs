//! What is read of Python.

use pgpact::usage::python::read;

use super::said::said;
use super::sources;

fn python(text: &str) -> String {
    let (files, skipped) = read(&sources(&[("app.py", text)]));
    assert!(skipped.is_empty(), "{skipped:?}");
    said(&files)
}

const CLIENT: &str = "from supabase import create_client\nsb = create_client(URL, ANON_KEY)\n";

fn with_client(text: &str) -> String {
    python(&format!("{CLIENT}{text}"))
}

#[test]
fn a_chain_is_spelled_like_the_javascript_client_with_places() {
    let said = with_client(
        "sb.table('books').select('id', 'title', count='exact').in_('id', [1, -2]).not_.is_('isbn', 'null')\
         .order('title', desc=True, foreign_table='authors').execute()",
    );
    assert_eq!(
        said,
        "app.py user.from@3:4('books').select@3:19(~'id,title', {count: 'exact'}).in@3:56('id', [1, -2])\
         .not@3:80('isbn', ~'is', 'null').order@3:100('title', {ascending: false, referencedTable: 'authors'})"
    );
}

#[test]
fn a_query_that_goes_on_over_statements_is_one_chain() {
    let said = with_client(
        "def find(author, page):\n    q = sb.from_('books').select('*')\n    if author:\n        q = q.eq('author', author)\n    \
         else:\n        q = q.gt('year', 1990)\n    return q.range(page, page + 9).execute()\n",
    );
    assert_eq!(
        said,
        "app.py user.from@4:12('books').select@4:27('*').eq@6:15('author', _).gt@8:15('year', 1990)\
         .range@9:14(_, _)"
    );
}

#[test]
fn a_row_keeps_what_surely_is_in_it_and_what_may_be() {
    let said = with_client(
        "def add(isbn, more):\n    row = {'title': 'A', **{'year': 1}}\n    if isbn:\n        row['isbn'] = isbn\n    \
         sb.table('books').insert(row).execute()\n    sb.table('books').insert([{'title': t, **more} for t in 'ab']).execute()\n    \
         enrich(row)\n    sb.table('books').upsert(row, on_conflict='isbn').execute()\n",
    );
    assert_eq!(
        said,
        "app.py user.from@7:8('books').insert@7:23({title: 'A', year: 1, isbn?: _})\n\
         app.py user.from@8:8('books').insert@8:23([{title: _, …}, …])\n\
         app.py user.from@10:8('books').upsert@10:23({title: 'A', year: 1, isbn?: _, …}, {onConflict: 'isbn'})"
    );
}

#[test]
fn names_are_followed_through_enums_wrappers_and_imports() {
    let files = sources(&[
        (
            "src/app/names.py",
            "from enum import Enum\nclass T(str, Enum):\n    BOOKS = 'books'\nCOLS = 'id'\nFULL = f'{COLS}, ' 'title'\n",
        ),
        (
            "src/app/db.py",
            "import os\nfrom supabase import create_client, Client\n_client = None\n\ndef client() -> Client:\n    \
             global _client\n    if _client is None:\n        \
             _client = create_client(os.environ['URL'], os.environ['SUPABASE_SERVICE_ROLE_KEY'])\n    return _client\n\n\
             def table(name: str):\n    return client().table(name)\n",
        ),
        (
            "src/app/main.py",
            "from app.db import client, table\nfrom . import names\nfrom .names import T\n\n\
             class Books:\n    name = 'books'\n    def __init__(self):\n        self.db = client()\n    \
             def all(self):\n        return self.db.table(self.name).select(names.FULL).execute()\n\n\
             table(T.BOOKS.value).delete().eq('id', 1).execute()\n",
        ),
    ]);
    assert_eq!(
        said(&read(&files).0),
        "src/app/main.py service.from@10:24(~'books').select@10:41(~'id, title')\n\
         src/app/main.py service.from@12:1(~'books').delete@12:22().eq@12:31('id', 1)"
    );
}

#[test]
fn what_only_looks_alike_is_left_alone() {
    let files = sources(&[(
        "report.py",
        "import ibis\nimport boto3\nfrom rich.table import Table\nfrom sqlalchemy import table, select\n\
         con = ibis.duckdb.connect()\ncon.table('ghosts').select('a').execute()\n\
         boto3.resource('dynamodb').Table('ghosts').delete_item(Key={})\nTable(title='ghosts')\n\
         select(table('ghosts'))\nclass Sheet:\n    def table(self, name):\n        return self\n    \
         def select(self, name):\n        return self\nSheet().table('ghosts').select('a')\n",
    )]);
    assert_eq!(said(&read(&files).0), "");
}

#[test]
fn a_client_that_nothing_shows_is_only_likely_and_must_send_the_query() {
    let said = python(
        "def run(db, supabase):\n    db.table('a').select('b').execute()\n    db.table('c').select('d')\n    \
         supabase.table('e').select('f')\n",
    );
    assert_eq!(
        said,
        "app.py ?.from@2:8('a').select@2:19('b')\napp.py .from@4:14('e').select@4:25('f')"
    );
}

#[test]
fn storage_functions_and_changes_are_read() {
    let said = with_client(
        "sb.storage.from_('covers').upload('a', b'')\nsb.schema('api').rpc('top', {'n': 5}).execute()\n\
         sb.rpc('top', params=dict(n=5, **more)).execute()\n\
         sb.channel('c').on_postgres_changes('INSERT', schema='public', table='books', callback=print).subscribe()\n",
    );
    assert_eq!(
        said,
        "app.py userstorage.from@3:12('covers').upload@3:28('a', _)\n\
         app.py user.schema@4:4('api').rpc@4:18('top', {n: 5})\n\
         app.py user.rpc@5:4('top', {n: 5, …})\n\
         app.py user.channel@6:4('c').on@6:17(~'postgres_changes', {event: 'INSERT', table: 'books', schema: 'public'})"
    );
}

#[test]
fn a_field_of_each_object_is_not_what_its_class_says() {
    let said = python(
        "from dataclasses import dataclass\nfrom supabase import Client\n@dataclass\nclass Card:\n    \
         title: str = ''\ndef save(client: Client, card: Card):\n    \
         client.table('cards').insert({'title': card.title}).execute()\n",
    );
    assert_eq!(said, "app.py .from@7:12('cards').insert@7:27({title: _})");
}

#[test]
fn sql_for_a_driver_of_postgres_is_a_query_and_for_another_not() {
    let code = "async def f(con):\n    await con.execute('update books set title = $1')\n    await con.execute('vacuum')\n";
    assert_eq!(
        python(&format!("import asyncpg\n{code}")),
        "app.py 3:24 sql update books set title = $1"
    );
    assert_eq!(python(&format!("import sqlite3\n{code}")), "");
}

#[test]
fn a_file_that_does_not_parse_is_told_of_and_costs_nothing_else() {
    let (files, skipped) = read(&sources(&[
        ("bad.py", "def f(:\n"),
        (
            "good.py",
            "from supabase import Client\ndef f(c: Client):\n    c.table('a').select('b').execute()\n",
        ),
    ]));
    assert_eq!(said(&files), "good.py .from@3:7('a').select@3:18('b')");
    assert_eq!(skipped.len(), 1);
    assert!(
        skipped[0].is_fault && skipped[0].why.starts_with("line 1"),
        "{skipped:?}"
    );
}

#[test]
fn a_type_in_quotes_says_what_it_says_without() {
    let text = |kind: &str| {
        format!(
            "from supabase import {kind}\ndef f(c: \"{kind}\"):\n    c.table('a').select('b').execute()\n"
        )
    };
    for kind in ["Client", "AsyncClient", "SyncClient"] {
        let said = python(&text(kind));
        assert!(said.starts_with("app.py .from@"), "{kind}: {said}");
    }
}
