//! TypeScript that nobody writes, through files as the command reads them: each costs itself at most.

use std::fs;
use std::time::{Duration, Instant};

use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use proptest::test_runner::Config;

use pgpact::usage::search::{Code, Search};
use pgpact::usage::{filter, select};

const CLIENT: &str =
    "import { createClient } from '@supabase/supabase-js';\nconst sb = createClient(u, k);\n";

/// A file that says one thing, beside which all others stand.
const GOOD: &str = "sb.from('good').select('id');\n";

const SEEDS: [(&str, &str); 5] = [
    (
        "a.ts",
        "enum T { A = 'a' }\nconst rows: Row[] = [];\nfor (const x of y) rows.push({ a: x, ...(x ? { b: 1 } : {}) });\n\
         export const f = async (t: T = T.A, { c = `d${t}` } = {}) => { let q = sb.schema('s').from(t).select(c + ', e(*)'); \
         if (c) q = q.or(`a.eq.${c},b.in.(1,2)`); return (await q).data!; };\nclass B { constructor(private db: SupabaseClient) {} \
         get t() { return this.db.from('x'); } m = () => this.t.insert(rows as any).select(); }\n",
    ),
    (
        "a.tsx",
        "export default function P<T,>(p: T) { const { data } = useQuery({ queryFn: () => sb.rpc('f', { a: 1 }) }); \
         return <A b={data?.map((d) => <li key={d.id}>{d.n}</li>)} {...p}>&amp;</A>; }\n",
    ),
    (
        "a.vue",
        "<template><p v-if=\"a < b\">{{ x }}</p></template>\n<script setup lang=\"ts\">\nconst sb = useSupabaseClient();\n\
         await sb.from('a').select();\n</script>\n<style>p { }</style>\n",
    ),
    (
        "a.svelte",
        "<script context=\"module\">export const t = 'a';</script>\n<script>sb.from(t).delete().eq('id', id);</script>\n{#if a}{/if}\n",
    ),
    (
        "a.js",
        "const { createClient } = require('@supabase/supabase-js');\nmodule.exports = { t: 'a' };\nvar q = sb.from(exports.t);\nq = q.select();\n\
         const rows = sql`select a from b where c = ${d}`;\n",
    ),
];

/// Reads files beside a good one, which has to come back whatever the others are.
fn read(files: &[(&str, &str)]) -> Code {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        fs::write(folder.path().join(path), text).unwrap();
    }
    fs::write(folder.path().join("good.ts"), format!("{CLIENT}{GOOD}")).unwrap();
    let search = Search {
        paths: vec![folder.path().to_owned()],
        ..Search::default()
    };
    let start = Instant::now();
    let code = pgpact::usage::read(&search).unwrap();
    let took = start.elapsed();
    // Far more than any of them needs: this finds what never ends.
    assert!(took < Duration::from_secs(60), "took {took:?}");
    let good = code
        .files
        .iter()
        .find(|file| file.path.ends_with("good.ts"));
    assert_eq!(good.unwrap().chains.len(), 1);
    assert_eq!(code.read + code.skipped.len(), files.len() + 1);
    for skipped in &code.skipped {
        assert!(
            !skipped.why.contains("fault of pgpact"),
            "{skipped:?}\n{files:?}"
        );
    }
    code
}

fn noise() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,6}",
        "\\PC{0,4}",
        "[(){}\\[\\]'\"`$\\\\#:;,.<>/=?!\n]{0,8}"
    ]
}

/// A seed with pieces cut out, doubled, or put in.
fn mutated() -> impl Strategy<Value = (usize, String)> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, noise()), 0..6);
    (0..SEEDS.len(), edits).prop_map(|(seed, edits)| {
        let mut letters: Vec<char> = format!("{CLIENT}{}", SEEDS[seed].1).chars().collect();
        for (at, cut, put) in edits {
            let at = at.index(letters.len().max(1)).min(letters.len());
            let end = (at + cut).min(letters.len());
            letters.splice(at..end, put.chars());
        }
        (seed, letters.into_iter().collect())
    })
}

proptest! {
    #![proptest_config(Config { cases: 300, ..Config::default() })]

    #[test]
    fn any_text_is_read_or_told_of(text in "\\PC*|[ -~\n]{0,200}") {
        let files: Vec<(&str, &str)> = SEEDS.iter().map(|(path, _)| (*path, text.as_str())).collect();
        read(&files);
    }

    #[test]
    fn broken_programs_are_read_or_told_of((seed, text) in mutated()) {
        read(&[(SEEDS[seed].0, &text)]);
    }

    #[test]
    fn what_is_selected_or_filtered_by_is_read_whatever_it_is(
        text in "\\PC*|([a-z*]|[(),:.!\"> -]|count\\(\\)|\\.\\.\\.|->>?){0,40}"
    ) {
        let _ = select::parse(&text);
        let _ = filter::parse(&text);
    }
}

#[test]
fn any_bytes_cost_only_their_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("zero.ts"), [b'a', 0, b'b']).unwrap();
    fs::write(folder.path().join("latin.ts"), [b'/', b'/', 0xe9, b'\n']).unwrap();
    fs::write(folder.path().join("huge.ts"), "// a\n".repeat(400_000)).unwrap();
    fs::write(folder.path().join("wide.js"), "a;".repeat(20_000)).unwrap();
    fs::write(folder.path().join("good.ts"), format!("{CLIENT}{GOOD}")).unwrap();
    let search = Search {
        paths: vec![folder.path().to_owned()],
        ..Search::default()
    };
    let code = pgpact::usage::read(&search).unwrap();
    assert_eq!((code.read, code.files.len()), (1, 1));
    let faults: Vec<&str> = code
        .skipped
        .iter()
        .filter(|skipped| skipped.is_fault)
        .map(|skipped| skipped.path.file_name().unwrap().to_str().unwrap())
        .collect();
    // What is no text or not written by hand is left out on purpose; a text that cannot be read is told of.
    assert_eq!(faults, ["latin.ts"]);
    assert_eq!(code.skipped.len(), 4);
}

/// What goes deeper without any bracket, and how it ends.
const DEEPER: [(&str, &str); 22] = [
    ("!", "a"),
    ("- ", "a"),
    ("new ", "a"),
    ("typeof ", "a"),
    ("a => ", "a"),
    ("a = ", "a"),
    ("2 ** ", "2"),
    ("a ? b : ", "c"),
    ("'a' + ", "'b'"),
    ("a || ", "b"),
    ("a ?? ", "b"),
    ("a, ", "b"),
    ("for (;;) ", ""),
    ("while (a) ", ""),
    ("if (a) ", ""),
    ("if (a) b; else ", ""),
    ("a.", "b"),
    ("a?.b[0].c().", "d"),
    ("(", "a"),
    ("[", "a"),
    ("f(", "a"),
    ("`${", "a"),
];

#[test]
fn what_goes_deep_costs_only_its_file() {
    for times in [300, 3_000, 60_000] {
        for (piece, end) in DEEPER {
            // Lines that no program would write in one are left out before they are read.
            let mut text = String::new();
            for at in 0..times {
                text.push_str(piece);
                if at % 500 == 499 {
                    text.push('\n');
                }
            }
            let closing = match piece.trim_start_matches('f') {
                "(" => ")",
                "[" => "]",
                "`${" => "}`",
                _ => "",
            };
            let text = format!(
                "{CLIENT}{text}{end}{};\nsb.from('b').select();\n",
                closing.repeat(times)
            );
            let name = match piece.starts_with("for") {
                true => "deep.js",
                false => "deep.ts",
            };
            read(&[(name, &text)]);
        }
        let tags = format!(
            "{CLIENT}export const a = {}{};\n",
            "<a>\n".repeat(times),
            "</a>\n".repeat(times)
        );
        read(&[("deep.tsx", &tags)]);
        let types = format!("type A = {}B;\n", "() =>\n".repeat(times));
        read(&[("deep.ts", &types)]);
        let calls = format!(
            "{CLIENT}sb.from('a').select(){};\n",
            "\n.eq('a', 1)".repeat(times)
        );
        read(&[("deep.ts", &calls)]);
    }
}

#[test]
fn names_that_stand_for_one_another_come_to_an_end() {
    let mut text = CLIENT.to_owned();
    text.push_str("const a0 = 'a';\nconst b0 = [1, 2, 3];\n");
    for at in 1..60 {
        let before = at - 1;
        text.push_str(&format!(
            "const a{at} = a{before} + a{before} + `${{a{before}}}`;\nconst b{at} = [{}];\n\
             const f{at} = (t) => f{before}(t) || f{before}(a{at}) || f{at}(t);\n",
            format!("b{before}, ").repeat(200)
        ));
    }
    text.push_str("const f0 = (t) => sb.from(t);\n");
    for _ in 0..200 {
        text.push_str("f59(a59).insert(b59).select(a59);\n");
    }
    let ring = "import { y as x } from './ring1';\nexport { x as y };\nexport * from './ring2';\nsb.from(x).select(x.y.z);\n";
    let other = "import { y as x } from './ring2';\nexport const y = x;\nexport * from './ring1';\nsb.from(y[x][y]).select();\n";
    let code = read(&[("many.ts", &text), ("ring1.ts", ring), ("ring2.ts", other)]);
    assert!(
        code.files
            .iter()
            .any(|file| file.path.ends_with("ring1.ts"))
    );
}

#[test]
fn a_large_file_is_read_whole() {
    let rows: String = (0..9_000)
        .map(|at| format!("  {{ id: {at}, name: 'n{at}', of: T.A }},\n"))
        .collect();
    let queries: String = (0..9_000)
        .map(|at| format!("sb.from('t{at}').select('a, b').eq('c', {at});\n"))
        .collect();
    let code = read(&[
        (
            "rows.ts",
            &format!("{CLIENT}enum T {{ A = 'a' }}\nsb.from('rows').insert([\n{rows}]);\n"),
        ),
        ("queries.ts", &format!("{CLIENT}{queries}")),
    ]);
    assert_eq!(code.skipped, []);
    let count = |name: &str| {
        let file = code.files.iter().find(|file| file.path.ends_with(name));
        file.unwrap().chains.len()
    };
    assert_eq!((count("rows.ts"), count("queries.ts")), (1, 9_000));
}
