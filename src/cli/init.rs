//! `pgpact init`: a configuration and a workflow for a repository that has neither.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Output;
use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;
use crate::source::{Found, find_migrations, shown};

const CONFIG: &str = "pgpact.toml";
const WORKFLOW: &str = ".github/workflows/verify-contract.yml";

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The directory of migrations; found by looking when left out
    #[arg(value_name = "DIR")]
    migrations: Option<PathBuf>,
    /// Write without asking
    #[arg(long, short)]
    yes: bool,
    /// Write over files that are there already
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: &Arguments, progress: &dyn Progress) -> Result<Output> {
    let root = PathBuf::from(".");
    let found = migrations(&root, arguments.migrations.as_deref())?;
    if !arguments.yes && !progress.has_person() {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "init asks before it writes, and there is nobody to ask",
        )
        .with_help("Run it on a terminal, or with --yes."));
    }
    let mut text = format!(
        "{}: {} of {}\n\n",
        shown(&found.directory),
        match found.count {
            1 => "1 migration".to_owned(),
            count => format!("{count} migrations"),
        },
        found.tool
    );
    for (name, content) in [
        (CONFIG, config(&found)),
        (WORKFLOW, workflow(&root, &found)),
    ] {
        let path = root.join(name);
        let outcome = match path.exists() && !arguments.force {
            true => "is there already and stays as it is",
            false if arguments.yes || progress.confirm(&format!("Write {name}?")) == Some(true) => {
                write(&path, &content)?;
                "written"
            }
            false => "not written",
        };
        writeln!(text, "{name}: {outcome}").ok();
    }
    text += &next(&found);
    Ok(Output { text, status: 0 })
}

/// The one directory of migrations that there is, or that was named.
fn migrations(root: &Path, named: Option<&Path>) -> Result<Found> {
    if let Some(named) = named {
        return Found::at(named);
    }
    let mut found = find_migrations(root);
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(
            Error::new(ErrorCode::SourceInvalid, "no directory of migrations was found").with_help(
                "Name it: pgpact init DIR. A database without migrations can be its own contract: pgpact inventory \"$DATABASE_URL\" --output contract.json.",
            ),
        ),
        _ => {
            let names = found.iter().map(|one| shown(&one.directory));
            let names: Vec<String> = names.collect();
            Err(Error::new(
                ErrorCode::SourceInvalid,
                format!("there are several directories of migrations: {}", names.join(", ")),
            )
            .with_help(format!("Name one: pgpact init {}.", names[0])))
        }
    }
}

fn config(found: &Found) -> String {
    let platform = match found.is_supabase {
        true => "supabase",
        false => "plain",
    };
    format!(
        // A text in JSON is one in TOML.
        "# What there should be: a directory of migrations, a .sql file or a saved contract.
expected = {}

# What is around it; supabase or plain.
platform = {platform:?}

# From where on a finding fails a run: critical, error, warning, note or never.
fail_on = \"error\"

# What was decided to live with; each has a reason, and one that matches nothing is reported.
# [[ignore]]
# object = \"table:public.legacy_*\"
# reason = \"owned by the BI team\"
# until = \"2027-03-01\"
",
        serde_json::Value::String(shown(&found.directory))
    )
}

fn workflow(root: &Path, found: &Found) -> String {
    include_str!("init/workflow.yml")
        .replace("BRANCH", &branch(root))
        .replace("MIGRATIONS", &shown(&found.directory))
}

/// The branch that is checked out, when it is one that releases usually go out from; `main` where nobody knows.
fn branch(root: &Path) -> String {
    let head = std::fs::read_to_string(root.join(".git/HEAD")).unwrap_or_default();
    let branch = head.trim().strip_prefix("ref: refs/heads/");
    let usual = branch.filter(|name| matches!(*name, "main" | "master" | "trunk" | "production"));
    usual.unwrap_or("main").to_owned()
}

fn write(path: &Path, content: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, content))
        .map_err(|source| {
            let message = format!("{} cannot be written", shown(path));
            Error::new(ErrorCode::ReportFailed, message).with_source(source)
        })
}

fn next(found: &Found) -> String {
    let secret = match found.is_supabase {
        true => {
            "the connection pooler's address of your project (dashboard, Connect); direct hosts speak IPv6 only"
        }
        false => "your database's address",
    };
    format!(
        "
Next:
  1. In the database, a login that may do nothing but connect:
       create role pgpact login password '…';
  2. See how things stand:
       DATABASE_URL=postgres://… pgpact verify
     Drift there already is: `pgpact reconcile` writes the SQL that takes it back, `pgpact baseline` accepts it.
  3. In the repository's settings a secret DATABASE_URL: {secret}.
  4. Commit {CONFIG} and {WORKFLOW}.
"
    )
}
