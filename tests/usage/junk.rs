//! Readers against what nobody writes: they never panic, hang, or take more than the file at fault.

use std::time::{Duration, Instant};

use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use proptest::test_runner::Config;

use pgpact::usage::code::{File, Query, Skipped};
use pgpact::usage::files::Source;
use pgpact::usage::{mobile, python, sql};

use super::sources;

const PYTHON: &str = "from supabase import create_client\nclass T(str, Enum):\n    A = 'a'\nsb = create_client(u, k)\n\
    async def f(x: int = 1, **more):\n    q = sb.table(T.A).select(f'{x}, b', count='exact')\n    for i in [1, 2]:\n        q = q.eq('a', {'b': [i for i in x]}['b'])\n    \
    return (await q.execute()).data if x else lambda y: y\n";
const DART: &str = "const k = 'a $b ${c.d}';\nclass A { static const x = \"\"\"b\"\"\"; f(SupabaseClient c) => c.from(k).select(A.x)\
    .inFilter('a', <int>[1, if (x) 2]).order('b', ascending: true); }\n";
const SWIFT: &str = "enum T: String { case a, b = \"c\" }\nlet s = #\"a\\#(b)\"#\nfunc f(c: SupabaseClient) { c.from(T.a.rawValue).select(\"\\(s)\").eq(\"a\", value: [\"b\": 1]) }\n";
const KOTLIN: &str = "object T { const val A = \"a\" }\nval c = createSupabaseClient(u, k) {}\nsuspend fun f() { c.from(T.A).select(Columns.list(\"a\")) { filter { eq(\"b\", '\\n') } } }\n";
const RUST: &str = "fn f() { sqlx::query_as::<_, R>(r#\"select a from b where c = $1\"#, 'x'); sqlx::query!(\"a\\u{41}\" + \"b\"); }\n";
const QUERY: &str = "-- name: a\nwith q as (select a, b.* from b) insert into c (d) select 'x''y', $$z$$, E'\\'', case when :p then 1 end from q /* /* */ */\
    on conflict (d) do update set d = excluded.d returning *; select @a, %(b)s, a[1:2];";

const SEEDS: [(&str, &str); 6] = [
    ("a.py", PYTHON),
    ("a.dart", DART),
    ("a.swift", SWIFT),
    ("a.kt", KOTLIN),
    ("a.rs", RUST),
    ("a.sql", QUERY),
];

fn read(files: &[Source]) -> (Vec<File>, Vec<Skipped>) {
    let path = files[0]
        .path
        .extension()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    match path.as_str() {
        "py" => python::read(files),
        "rs" | "sql" => sql::read(files),
        _ => mobile::read(files),
    }
}

/// Reads a text as each language, and its queries; every file comes back read, silent or told of.
fn holds(path: &str, text: &str) {
    let start = Instant::now();
    let (files, skipped) = read(&sources(&[(path, text)]));
    assert!(files.len() + skipped.len() <= 1, "{path}");
    for skipped in &skipped {
        assert!(
            !skipped.why.contains("could not be read"),
            "{path}: {skipped:?}\n{text}"
        );
    }
    let queries: Vec<Query> = files.into_iter().flat_map(|file| file.queries).collect();
    assert_eq!(sql::statements(&queries).len(), queries.len());
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{path} took {:?}",
        start.elapsed()
    );
}

/// A seed with pieces cut out, doubled, or put in.
fn mutated() -> impl Strategy<Value = (usize, String)> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, noise()), 1..6);
    (0..SEEDS.len(), edits).prop_map(|(seed, edits)| {
        let mut letters: Vec<char> = SEEDS[seed].1.chars().collect();
        for (at, cut, put) in edits {
            let at = at.index(letters.len().max(1)).min(letters.len());
            let end = (at + cut).min(letters.len());
            letters.splice(at..end, put.chars());
        }
        (seed, letters.into_iter().collect())
    })
}

fn noise() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,6}",
        "\\PC{0,4}",
        "[(){}\\[\\]'\"`$\\\\#:;,.\n]{0,8}"
    ]
}

proptest! {
    #![proptest_config(Config { cases: 300, ..Config::default() })]

    #[test]
    fn any_text_is_read_or_told_of(text in "\\PC*|[ -~\n]{0,200}") {
        for (path, _) in SEEDS {
            holds(path, &text);
        }
    }

    #[test]
    fn broken_programs_are_read_or_told_of((seed, text) in mutated()) {
        holds(SEEDS[seed].0, &text);
    }

    #[test]
    fn cut_programs_are_read_or_told_of(seed in 0..SEEDS.len(), end in any::<prop::sample::Index>()) {
        let (path, text) = SEEDS[seed];
        let letters: Vec<char> = text.chars().collect();
        let cut: String = letters[..end.index(letters.len())].iter().collect();
        holds(path, &cut);
    }
}

#[test]
fn deep_nesting_and_long_chains_are_survived() {
    for depth in [150, 1_000, 30_000] {
        for (open, close) in [
            ("(", ")"),
            ("[", "]"),
            ("{", "}"),
            ("f(", ")"),
            ("not ", ""),
            ("-", ""),
            ("lambda: ", ""),
            ("a if b else ", ""),
        ] {
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            holds("a.py", &format!("table = {nested}\n"));
            holds("a.dart", &format!("final table = c.from({nested});\n"));
            holds("a.kt", &format!("val table = c.from({nested})\n"));
            holds(
                "a.rs",
                &format!("fn f() {{ sqlx::query(\"select {nested}\"); {nested} }}\n"),
            );
            holds("a.sql", &format!("select {nested}"));
        }
        holds("a.py", &format!("table = a{}\n", ".b()".repeat(depth)));
        holds("a.py", &format!("table = 1{}\n", " + 'a'".repeat(depth)));
        holds(
            "a.py",
            &format!(
                "table = sb.table('a').select('b'){}\n",
                ".eq('a', 1)".repeat(depth)
            ),
        );
        holds(
            "a.swift",
            &format!(
                "c.from(\"a\").select(){}\n",
                ".eq(\"a\", value: 1)".repeat(depth)
            ),
        );
        holds("a.sql", &format!("select 1{}", " || 'a'".repeat(depth)));
        holds(
            "a.sql",
            &format!("select 1{}", " union select 1".repeat(depth)),
        );
        holds("a.sql", &format!("select a{}", "::text".repeat(depth)));
        holds(
            "a.sql",
            &format!("select * from a{}", " join b on true".repeat(depth)),
        );
        holds("a.sql", &format!("{} select 1", "/*".repeat(depth)));
        holds(
            "a.sql",
            &format!(
                "select {} 1 {}",
                "case when true then ".repeat(depth),
                "end ".repeat(depth)
            ),
        );
        holds("a.sql", &format!("select a{}", "[1]".repeat(depth)));
        holds("a.sql", &format!("select a{}", " is null".repeat(depth)));
    }
}

#[test]
fn functions_that_call_one_another_come_to_an_end() {
    let mut text = "from supabase import Client\n".to_owned();
    for at in 0..60 {
        let next = at + 1;
        text.push_str(&format!(
            "def f{at}(c: Client):\n    return f{next}(c) or f{next}(c) or f{at}(c)\n"
        ));
    }
    text.push_str("def f60(c: Client):\n    return c.table('a')\nf0(None).select('b').execute()\n");
    holds("a.py", &text);
    let ring = "from b import x as y\nfrom a import y as x\ntable = x.y.z\n";
    let (_, skipped) = python::read(&sources(&[("a.py", ring), ("b.py", ring)]));
    assert!(skipped.is_empty());
}

#[test]
fn large_files_take_no_longer_than_they_should() {
    let rows: String = (0..20_000)
        .map(|at| format!("    {{'id': {at}, 'name': 'n{at}'}},\n"))
        .collect();
    holds(
        "a.py",
        &format!("sb.table('a').insert([\n{rows}]).execute()\n"),
    );
    let names: String = (0..20_000)
        .map(|at| format!("final String name{at} = 'a{at}'; c.from(name{at}).select();\n"))
        .collect();
    holds("a.dart", &names);
    let values: String = (0..20_000)
        .map(|at| format!("select a{at} from b{at} where c = {at};\n"))
        .collect();
    holds("a.sql", &values);
}
