//! The documentation as people use it: the quick start is run, every command that a page shows is one, every link leads somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser as _;
use pgpact::cli::Cli;
use pgpact::scratch::Platform;

use crate::support::postgres::{Server, installation};
use crate::support::repository;

const MIGRATION: &str = "create table public.papers (id bigint primary key, title text not null);
alter table public.papers enable row level security;
create policy readable on public.papers for select using (true);
";

/// Every page, README among them.
fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository("docs")).unwrap().flatten();
    let mut pages: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "md"))
        .collect();
    pages.push(repository("README.md"));
    pages.sort();
    assert!(pages.len() > 20);
    pages
}

/// Lines of a page's code, blocks in fences and indented ones.
fn code(text: &str) -> Vec<&str> {
    let mut is_fenced = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        } else if is_fenced || line.starts_with("    ") {
            lines.push(line.trim());
        }
    }
    lines
}

/// The words of a command as a shell takes them apart, up to what it pipes, chains or remarks.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | '&' | ';' | '>' | '#') if word.is_none() || c != '#' => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn every_command_that_a_page_shows_is_one() {
    let mut tried = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        if page.ends_with("docs/commands.md") {
            continue;
        }
        for line in code(&text) {
            let words = words(line);
            let begin = words.iter().take_while(|word| {
                word.split_once('=').is_some_and(|(name, _)| {
                    name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
                })
            });
            let (given, words) = words.split_at(begin.count());
            if words.first().is_none_or(|word| word != "pgpact") || words.len() < 2 {
                continue;
            }
            // What takes its source from a variable takes it from the line here.
            let is_given = given.iter().any(|one| one.starts_with("PGPACT_LIVE="));
            let takes_one = matches!(words[1].as_str(), "lint" | "inventory");
            let source = (is_given && takes_one).then(|| "postgres://x".to_owned());
            let words = words.iter().map(|word| word.replace('…', "x"));
            let words = words.chain(source);
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{}: {line}\n{error}", page.display());
            }
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried} commands");
}

#[test]
fn links_lead_somewhere_and_the_book_has_every_page() {
    let mut in_book = BTreeSet::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let folder = page.parent().unwrap();
        let targets = text.split("](").skip(1);
        for target in targets
            .filter_map(|rest| rest.split_once(')'))
            .map(|(to, _)| to)
        {
            let path = target.split('#').next().unwrap();
            if path.is_empty() || path.contains("://") || path.contains(' ') {
                continue;
            }
            let to = folder.join(path);
            assert!(to.exists(), "{}: {target}", page.display());
            if page.ends_with("docs/SUMMARY.md") {
                in_book.insert(fs::canonicalize(to).unwrap());
            }
        }
    }
    for page in pages() {
        let is_listed = in_book.contains(&fs::canonicalize(&page).unwrap());
        let is_cover = page.ends_with("README.md") || page.ends_with("docs/SUMMARY.md");
        assert!(
            is_listed || is_cover,
            "{} is not in the book",
            page.display()
        );
    }
}

/// The blocks of a page that are meant to be typed.
fn typed(page: &Path) -> String {
    let text = fs::read_to_string(page).unwrap();
    let blocks = text.split("```sh\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    blocks.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quick_start_does_what_it_says() {
    let server = Server::start(Platform::Supabase).await;
    server.create("live", "postgres").await;
    server.run("postgres", "live", MIGRATION).await.unwrap();
    let watcher = "create role watcher login";
    server
        .run(server.scratch.admin(), "live", watcher)
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let migrations = folder.path().join("supabase/migrations");
    fs::create_dir_all(&migrations).unwrap();
    fs::write(
        folder.path().join("supabase/config.toml"),
        "project_id = \"x\"\n",
    )
    .unwrap();
    fs::write(migrations.join("20250101000000_papers.sql"), MIGRATION).unwrap();

    let program = Path::new(env!("CARGO_BIN_EXE_pgpact")).parent().unwrap();
    let postgres = std::env::var_os("PGPACT_PG_BIN").map(PathBuf::from);
    let postgres = postgres.or_else(|| installation(15)).unwrap();
    let path = format!(
        "{}:{}:{}",
        program.display(),
        postgres.display(),
        std::env::var("PATH").unwrap()
    );
    let mut command = Command::new("bash");
    command
        .args([
            "-euxo",
            "pipefail",
            "-c",
            &typed(&repository("docs/quick-start.md")),
        ])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", path)
        .env("DATABASE_URL", server.url("watcher", "live"))
        .env("ADMIN_URL", server.url("postgres", "live"));
    for name in ["PGPACT_PG_BIN", "LD_LIBRARY_PATH"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let (said, log) = (
        String::from_utf8_lossy(&ended.stdout),
        String::from_utf8_lossy(&ended.stderr),
    );
    assert!(ended.status.success(), "{said}{log}");
    for what in [
        "rls-disabled",
        "20250101000000_papers.sql:2",
        "exit status 1",
        "a finding, usually critical",
    ] {
        assert!(said.contains(what), "{what}: {said}{log}");
    }
    assert_eq!(said.matches("holds").count(), 2, "{said}{log}");
    for written in [
        "pgpact.toml",
        ".github/workflows/verify-contract.yml",
        "plan.sql",
    ] {
        assert!(folder.path().join(written).exists(), "{written}");
    }
}
