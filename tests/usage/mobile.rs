//! What is read of Dart, Swift and Kotlin.

use pgpact::usage::mobile::read;

use super::said::said;
use super::sources;

fn lines(path: &str, text: &str) -> String {
    said(&read(&sources(&[(path, text)])).0)
}

#[test]
fn dart_is_read_with_constants_maps_and_adjacent_texts() {
    let said = lines(
        "a.dart",
        "const kBooks = 'books';\nclass T { static const cols = 'id, $kExtra'; }\nconst kExtra = 'title';\n\
         Future<void> f(SupabaseClient c, String? isbn) async {\n\
         await c.from(kBooks).select(T.cols).inFilter('id', [1]).isFilter('isbn', null).order('title');\n\
         await c.from('books').insert({'title': 'A', if (isbn != null) 'isbn': isbn, ...more}).select('id, '\n 'title').single();\n\
         await c.rpc('top', params: {'n': 5});\n\
         c.from('books').stream(primaryKey: ['id']).eq('year', 1);\n\
         c.channel('x').onPostgresChanges(event: PostgresChangeEvent.all, schema: 'public', table: 'books', callback: (_) {});\n}\n",
    );
    assert_eq!(
        said,
        "a.dart .from@5:9(~'books').select@5:22(~'id, title').in@5:37('id', [1]).is@5:57('isbn', null)\
         .order@5:80('title', {ascending: false})\n\
         a.dart .from@6:9('books').insert@6:23({title: 'A', isbn?: _, …}).select@6:87(~'id, title').single@7:11()\n\
         a.dart .rpc@8:9('top', {n: 5})\n\
         a.dart .from@9:3('books').select@9:17(~'id').eq@9:44('year', 1)\n\
         a.dart .channel@10:16().on@10:16(~'postgres_changes', {schema: 'public', table: 'books'})"
    );
}

#[test]
fn a_query_goes_on_over_statements() {
    let said = lines(
        "a.dart",
        "f(SupabaseClient c) {\n  var q = c.from('books').select();\n  if (x) q = q.eq('a', 1);\n  final t = c.from('pens');\n  \
         t.delete().eq('b', 2);\n  t.select('c');\n}\n",
    );
    assert_eq!(
        said,
        "a.dart .from@2:13('books').select@2:27().eq@3:16('a', 1)\n\
         a.dart .from@4:15('pens').delete@5:5().eq@5:14('b', 2)\n\
         a.dart .from@4:15('pens').select@6:5('c')"
    );
}

#[test]
fn swift_is_read_with_labels_enums_and_multi_line_texts() {
    let said = lines(
        "a.swift",
        "let client = SupabaseClient(supabaseURL: u, supabaseKey: Keys.anonKey)\n\
         enum Table: String { case books, pens = \"pens_v2\" }\nstruct Q { static let cols = \"\"\"\n  id\n  \"\"\" }\n\
         func f(id: Int) async throws {\n\
         try await client.from(Table.books.rawValue).select(Q.cols, count: .exact).eq(\"id\", value: 1).execute()\n\
         try await client.from(.pens).update([\"ink\": \"red\", \"size\": id]).is(\"lost\", value: nil).execute()\n\
         try await client.rpc(\"top\", params: [\"n\": 5]).execute()\n}\n",
    );
    assert_eq!(
        said,
        "a.swift user.from@7:18(~'books').select@7:45(~'\n  id\n  ', {count: _}).eq@7:75('id', 1)\n\
         a.swift user.from@8:18(~'pens_v2').update@8:30({ink: 'red', size: _}).is@8:65('lost', null)\n\
         a.swift user.rpc@9:18('top', {n: 5})"
    );
}

#[test]
fn kotlin_is_read_with_blocks_and_builders() {
    let said = lines(
        "a.kt",
        "val supabase = createSupabaseClient(url, key) { }\nobject T { const val BOOKS = \"books\" }\nsuspend fun f(id: Int) {\n\
         supabase.from(T.BOOKS).select(Columns.list(\"id\", \"title\")) { filter { eq(\"id\", 1); isIn(\"kind\", listOf(\"a\")) } }\n\
         supabase.postgrest[\"pens\"].upsert(mapOf(\"ink\" to \"red\")) { onConflict = \"ink\" }\n\
         supabase.from(schema = \"api\", table = \"pens\").update({ set(\"ink\", \"blue\") }) { filter { eq(\"id\", id) } }\n\
         supabase.postgrest.rpc(\"top\", buildJsonObject { put(\"n\", 5) })\n}\n",
    );
    assert_eq!(
        said,
        "a.kt .from@4:10(~'books').select@4:24(~'id,title').eq@4:71('id', 1).in@4:84('kind', ['a'])\n\
         a.kt .from@5:19('pens').upsert@5:28({ink: 'red'}, {onConflict: 'ink'})\n\
         a.kt .schema@6:10('api').from@6:10('pens').update@6:47({ink: 'blue'}).eq@6:89('id', _)\n\
         a.kt .rpc@7:20('top', {n: 5})"
    );
}

#[test]
fn texts_comments_and_other_things_called_from_are_left_alone() {
    let dart = "// supabase.from('ghost').select()\n/* supabase.from('ghost') /* nested */ supabase.from('ghost') */\n\
                final a = List.from(['ghost']); final b = \"supabase.from('ghost')\"; f() => Map<String, int>.from(x);\n";
    let swift = "let a = #\"supabase.from(\"ghost\")\"#\nlet d = Date.from(\"ghost\")\nextension Date { static func from(_ s: String) {} }\n";
    let kotlin = "val a = \"\"\" supabase.from(\"ghost\") \"\"\"\nfun from(s: String) = s\nval x = from(\"ghost\")\nval i = Instant.from(\"ghost\")\n";
    for (path, text) in [("a.dart", dart), ("a.swift", swift), ("a.kt", kotlin)] {
        assert_eq!(lines(path, text), "", "{path}");
    }
}

#[test]
fn a_name_that_is_a_parameter_too_stands_for_nothing() {
    let said = lines(
        "a.swift",
        "func a() { let table = \"books\"; use(table) }\nfunc b(table: String) { supabase.from(table).select() }\n",
    );
    assert_eq!(said, "a.swift .from@2:34(_).select@2:46()");
}
