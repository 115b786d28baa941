//! The command line: flags with help and environment names, one file a command.

mod access;
mod action;
mod baseline;
mod completions;
mod diff;
mod explain;
mod flags;
mod init;
mod inventory;
mod lint;
mod man;
mod matrix;
mod merge;
mod output;
mod reconcile;
mod scratch;
mod serve;
mod smoke;
mod targets;
mod usage;
mod verify;
mod watch;

pub use flags::{ColorChoice, Flags, Format, SideFlags};
pub use output::Output;

use clap::{Parser, Subcommand};

use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;

/// Holds a live Postgres, Supabase first, to the contract its repository declares.
///
/// Migrations are replayed into a throwaway Postgres, which says what there should be; the live
/// database is only ever read. What differs is listed, worst first.
#[derive(Debug, Parser)]
#[command(name = "pgpact", version, max_term_width = 100, after_help = EXIT_STATUS)]
pub struct Cli {
    /// What all commands share.
    #[command(flatten)]
    pub flags: Flags,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_STATUS: &str = "\
Exit status:
  0    the contract holds
  1    findings at or above --fail-on
  2    wrong usage or configuration
  3    no verdict: unreachable, failed replay, time-out
  130  interrupted";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Does live match what the migrations say? The main job.
    Verify(verify::Arguments),
    /// What differs between any two sources.
    Diff(diff::Arguments),
    /// The SQL that brings live to the contract: idempotent, proven, nothing lost without being asked for.
    Reconcile(reconcile::Arguments),
    /// Tries on the running database who reaches what, and leaves no trace.
    Smoke(smoke::Arguments),
    /// Accepts today's findings as they are, so that only new ones fail; later it only shrinks.
    Baseline(baseline::Arguments),
    /// One source as a JSON contract.
    Inventory(inventory::Arguments),
    /// Who can do what, found by trying on a scratch: tenants, visitors, members, every command, every table.
    Access(access::Arguments),
    /// Security and performance advice on one contract, with the SQL that follows it.
    Lint(lint::Arguments),
    /// Holds application code to the contract: tables, columns, functions and arguments that it asks for.
    Usage(usage::Arguments),
    /// Verifies on a schedule and answers over HTTP how things stand: health, metrics, the last report.
    Serve(serve::Arguments),
    /// Shares targets among the jobs of a workflow: prints a matrix of shards for GitHub Actions.
    Matrix(matrix::Arguments),
    /// Joins the JSON reports of several runs, such as those of a matrix's jobs, into one.
    Merge(merge::Arguments),
    /// A throwaway Postgres with the contract in it, until Ctrl-C; prints its address.
    Scratch(scratch::Arguments),
    /// Writes pgpact.toml and a workflow for this repository, and says what to do next.
    Init(init::Arguments),
    /// What a code of a finding or an error means, and what to do.
    Explain(explain::Arguments),
    /// What the container action runs: reads INPUT_… and GITHUB_… and publishes the report
    Action,
    /// Prints a completion script for a shell.
    Completions(completions::Arguments),
    /// Prints the man page, of all or of one command.
    Man(man::Arguments),
}

/// Runs a command until it ends or `interrupted` does. What it prints comes back; only files that were
/// asked for are written here.
pub async fn run(
    cli: Cli,
    progress: &dyn Progress,
    interrupted: impl Future<Output = ()>,
) -> Result<Output> {
    let flags = &cli.flags;
    match &cli.command {
        Command::Verify(arguments) => {
            until(interrupted, verify::run(flags, arguments, progress)).await
        }
        Command::Diff(arguments) => until(interrupted, diff::run(flags, arguments, progress)).await,
        Command::Reconcile(arguments) => {
            until(interrupted, reconcile::run(flags, arguments, progress)).await
        }
        Command::Smoke(arguments) => {
            until(interrupted, smoke::run(flags, arguments, progress)).await
        }
        Command::Baseline(arguments) => {
            until(interrupted, baseline::run(flags, arguments, progress)).await
        }
        Command::Inventory(arguments) => {
            until(interrupted, inventory::run(flags, arguments, progress)).await
        }
        Command::Access(arguments) => {
            until(interrupted, access::run(flags, arguments, progress)).await
        }
        Command::Lint(arguments) => until(interrupted, lint::run(flags, arguments, progress)).await,
        Command::Usage(arguments) => {
            until(interrupted, usage::run(flags, arguments, progress)).await
        }
        Command::Serve(arguments) => serve::run(flags, arguments, progress, interrupted).await,
        Command::Matrix(arguments) => {
            until(interrupted, matrix::run(flags, arguments, progress)).await
        }
        Command::Merge(arguments) => merge::run(flags, arguments),
        Command::Scratch(arguments) => scratch::run(flags, arguments, progress, interrupted).await,
        Command::Init(arguments) => init::run(arguments, progress),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Man(arguments) => man::run(arguments),
        Command::Action => action::run(std::env::vars().collect(), progress, interrupted).await,
        Command::Completions(arguments) => Ok(completions::run(arguments)),
    }
}

/// What is dropped when the interruption comes first cleans up after itself.
async fn until<T>(
    interrupted: impl Future<Output = ()>,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        outcome = work => outcome,
        () = interrupted => Err(Error::new(ErrorCode::Interrupted, "interrupted")),
    }
}
