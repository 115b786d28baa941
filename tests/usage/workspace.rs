//! Packages that import one another by name, clients by other names, and members that getters give.

use std::fs;

use pgpact::usage::search::Search;

use super::said::said;

/// What is read of files by path, in a folder of their own.
fn read(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let search = Search {
        paths: vec![folder.path().to_owned()],
        ..Search::default()
    };
    let code = pgpact::usage::read(&search).unwrap();
    assert!(code.skipped.is_empty(), "{:?}", code.skipped);
    // The manifest is no code.
    assert_eq!(code.read, files.len() - 1);
    let root = format!("{}/", folder.path().display());
    said(&code.files).replace(&root, "")
}

const DB: &str = "import { createClient as create } from '@supabase/supabase-js';\n\
    export const TABLES = { books: 'books' } as const;\n\
    export default function db() { return create(URL, KEY); }\n";

#[test]
fn a_package_of_the_workspace_is_followed_by_its_name() {
    let said = read(&[
        (
            "packages/db/package.json",
            "{\"name\": \"shelf\", \"main\": \"dist/index.js\"}",
        ),
        ("packages/db/src/client.ts", DB),
        (
            "packages/db/src/index.ts",
            "export * from './client';\nexport { default as open } from './client';\n",
        ),
        (
            "app/page.ts",
            "import { TABLES, open } from 'shelf';\nconst db = open();\nawait db.from(TABLES.books).select('id');\n\
             db.channel('x').on('postgres_changes', { table: 'books' }, f);\n",
        ),
    ]);
    assert!(
        said.contains("from@3:10(~'books').select@3:29('id')"),
        "{said}"
    );
    assert!(said.contains("channel@4:4"), "{said}");
}

#[test]
fn what_a_getter_gives_is_followed() {
    let said = read(&[
        ("package.json", "{}"),
        (
            "books.ts",
            "class Books {\n  table = 'books';\n  constructor(private db: SupabaseClient) {}\n  \
             private get rows() { return this.db.from(this.table); }\n  \
             all() { return this.rows.select('id'); }\n}\n",
        ),
    ]);
    assert!(
        said.contains(".from@4:39(~'books').select@5:28('id')"),
        "{said}"
    );
}

#[test]
fn rows_of_a_table_that_nobody_knows_are_asked_for_all_the_same() {
    let said = read(&[
        ("package.json", "{}"),
        (
            "page.ts",
            "import { open } from '@acme/db';\nconst store = open();\nawait store.from(name()).select('id');\n",
        ),
    ]);
    assert!(said.contains("?.from@3:13(_).select"), "{said}");
}
