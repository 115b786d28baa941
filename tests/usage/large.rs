//! Filters of large tables: how large they are only live says.

use std::fs;

use pgpact::scratch::Platform;

use crate::support::binary::Run;
use crate::support::postgres::Server;

const SCHEMA: &str = "create table public.visits (id bigint primary key, page text not null, visitor text not null, at timestamptz);\n\
    create index on public.visits (visitor, at);\n\
    create table public.pages (id bigint primary key, title text not null);\n";

const CODE: &str = "import { createClient } from '@supabase/supabase-js';\n\
    const db = createClient(URL, KEY);\n\
    await db.from('visits').select('id').eq('id', 1);\n\
    await db.from('visits').select('id').eq('visitor', 'a');\n\
    await db.from('visits').select('id').eq('page', 'a');\n\
    await db.from('visits').select('id').eq('id', 1).eq('page', 'a');\n\
    await db.from('visits').select('id').gte('at', '2026-01-01');\n\
    await db.from('pages').select('id').eq('title', 'a');\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_without_an_index_is_noted_where_the_table_is_large() {
    let server = Server::start(Platform::Plain).await;
    server.create("live", "template1").await;
    let rows = "insert into public.visits select n, 'p' || n, 'v' || n, now() from generate_series(1, 120000) as n;\n\
                insert into public.pages select n, 't' || n from generate_series(1, 100) as n;\n\
                analyze;";
    let script = format!("{SCHEMA}{rows}");
    server.run("postgres", "live", &script).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("schema.sql"), SCHEMA).unwrap();
    fs::write(folder.path().join("app.ts"), CODE).unwrap();
    let url = server.url("postgres", "live");
    let run = |more: &[&str]| {
        let mut arguments = vec!["usage", "-q", "--platform", "plain", "--format", "json"];
        arguments.extend(["--expected", "schema.sql", "app.ts"]);
        arguments.extend(more);
        Run::new(&arguments).within(folder.path()).end()
    };
    let held = run(&["--live", &url]);
    assert_eq!(held.status, 0, "{}", held.stderr);
    let report = held.json();
    let noted: Vec<(u64, &str, &str)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            (
                finding["location"]["line"].as_u64().unwrap(),
                finding["code"].as_str().unwrap(),
                finding["severity"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        noted,
        [
            (5, "usage-index-missing", "note"),
            (7, "usage-index-missing", "note")
        ],
        "{:#}",
        report["findings"]
    );
    // Nobody knows how large tables are where live is not looked at.
    assert_eq!(run(&[]).json()["findings"].as_array().unwrap().len(), 0);
}
