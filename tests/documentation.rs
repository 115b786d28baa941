//! Documentation that is made from the code: it must be what the code would make today.
//!
//! `UPDATE_DOCS=1 cargo nextest run documentation` writes it anew.

use std::fmt::Write as _;
use std::fs;

use clap::CommandFactory as _;
use pgpact::classes::Class;
use pgpact::cli::Cli;
use pgpact::error::ErrorCode;
use pgpact::findings::all_codes;

use crate::pages::page_of;
use crate::support::repository;

pub(crate) fn must_be(file: &str, text: &str) {
    let path = repository(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == text,
        "{file} is not what the code says: run UPDATE_DOCS=1 cargo nextest run documentation"
    );
}

#[test]
fn the_page_of_codes_is_what_the_code_says() {
    let mut text = String::from(
        "# Codes\n\nMade from the code; scripts may rely on every name here.\n\n## Findings\n\nWhat is wrong with the database, or with the migrations.\n",
    );
    for origin in all_codes() {
        write!(
            text,
            "\n### {}\n\nUsually {}. {}\n\n{}\n",
            origin.code, origin.severity, origin.meaning, origin.help
        )
        .unwrap();
    }
    text.push_str("\n## Errors\n\nWhy there is no verdict, and the exit status.\n");
    for code in ErrorCode::ALL {
        write!(
            text,
            "\n### {code}\n\nExit status {}. {}\n\n{}\n",
            code.exit_status(),
            code.meaning(),
            code.advice()
        )
        .unwrap();
    }
    must_be("docs/codes.md", &text);
}

#[test]
fn the_page_of_classes_is_what_the_code_says() {
    let mut text = String::from(
        "# Classes\n\nMade from the code: what is compared, a page each. What exists and has no class here is counted in the report\nunder *not compared*.\n\n| class | facts | |\n|---|---|---|\n",
    );
    for class in Class::ALL {
        let names: Vec<String> = class
            .facts
            .iter()
            .map(|fact| format!("`{}`", fact.name))
            .collect();
        let about = class.query.lines().next().unwrap_or_default();
        let about = about.trim_start_matches("-- ");
        let about = about.split_once(". ").map_or(about, |(first, _)| first);
        writeln!(
            text,
            "| [{}](classes/{0}.md) | {} | {} |",
            class.name,
            names.join(", "),
            about.trim_end_matches('.')
        )
        .unwrap();
        let page = repository(&page_of(class));
        assert!(page.exists(), "{} has no page", class.name);
    }
    must_be("docs/classes.md", &text);
    let count = fs::read_dir(repository("docs/classes")).unwrap().count();
    assert_eq!(count, Class::ALL.len(), "a page without a class");
}

#[test]
fn the_page_of_commands_is_what_help_says() {
    let mut command = Cli::command().term_width(100);
    let mut text = format!(
        "# Commands\n\nMade from `--help`.\n\n```text\n{}```\n",
        command.render_long_help()
    );
    command.build();
    for subcommand in command.get_subcommands().cloned().collect::<Vec<_>>() {
        if subcommand.get_name() == "help" {
            continue;
        }
        let mut subcommand = subcommand.term_width(100);
        let help = subcommand.render_long_help();
        write!(
            text,
            "\n## {}\n\n```text\n{help}```\n",
            subcommand.get_name()
        )
        .unwrap();
    }
    let plain: String = text
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    must_be("docs/commands.md", &plain);
}

#[test]
fn codes_are_pinned() {
    // Renaming or losing one breaks somebody's configuration.
    let mut codes: Vec<String> = all_codes().into_iter().map(|origin| origin.code).collect();
    codes.push("--".to_owned());
    codes.extend(ErrorCode::ALL.iter().map(ToString::to_string));
    insta::assert_snapshot!("codes", codes.join("\n"));
}

#[test]
fn every_dependency_has_a_reason() {
    let manifest: toml::Table = fs::read_to_string(repository("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let reasons = fs::read_to_string(repository("docs/dependencies.md")).unwrap();
    for table in ["dependencies", "dev-dependencies"] {
        for name in manifest[table].as_table().unwrap().keys() {
            assert!(
                reasons.contains(&format!("| `{name}` |")),
                "docs/dependencies.md says nothing of {name}"
            );
        }
    }
}

/// The report in README is what the binary says today, up to what depends on the server's version.
#[test]
fn the_report_in_readme_is_real() {
    let live = [
        "supabase/migrations",
        "live-rls-disabled.sql",
        "live-hotfixed-function.sql",
    ];
    let mut arguments = vec![
        "verify",
        "--format",
        "markdown",
        "--expected",
        "supabase/migrations",
    ];
    arguments.extend(live.iter().flat_map(|source| ["--live", source]));
    let run = crate::support::binary::Run::new(&arguments);
    let ended = run.within(&repository("fixtures/projects/keyring")).end();
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    let end = ended.stdout.find(" not compared</summary>").unwrap();
    let end = ended.stdout[..end].rfind("<details>").unwrap();
    let quoted: String = ended.stdout[..end]
        .trim()
        .lines()
        .map(|line| format!("> {line}").trim_end().to_owned() + "\n")
        .collect();

    let readme = fs::read_to_string(repository("README.md")).unwrap();
    let (before, rest) = readme.split_once("<!-- report -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /report -->").unwrap();
    must_be(
        "README.md",
        &format!("{before}<!-- report -->\n{quoted}<!-- /report -->{after}"),
    );
}
