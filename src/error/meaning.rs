//! What each code means and what to do about it, for `pgpact explain` and the page of codes.

use super::ErrorCode;

impl ErrorCode {
    /// What it means, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::ConfigInvalid => {
                "A flag, a variable, an input of the action or `pgpact.toml` cannot be used."
            }
            Self::SourceInvalid => {
                "What `--expected`, `--live` or another flag names is nothing that can be read: no such folder, no migrations in it, a connection string that is none."
            }
            Self::SnapshotInvalid => {
                "A saved contract cannot be read: it is damaged, or of a version that this one does not know."
            }
            Self::EventRefused => {
                "The event that started the action lets strangers' code near secrets, so nothing was done."
            }
            Self::LiveUnreachable => "There is no way to the live database.",
            Self::LiveRefused => {
                "The live database, or the service in front of it, did not let us in."
            }
            Self::InspectFailed => "Reading the catalogs of a database failed on the way.",
            Self::ScratchUnavailable => {
                "There is no Postgres on this machine to replay migrations in."
            }
            Self::FetchFailed => {
                "There is no Postgres on this machine to replay migrations in, and none could be fetched, or the one that was does not run here."
            }
            Self::FetchRefused => {
                "What was fetched as a Postgres is not what its release says: another checksum, or an archive that no release would be. None of it was kept, and no server was started from it."
            }
            Self::ScratchFailed => "The throwaway Postgres did not start, or broke.",
            Self::MigrationFailed => "A migration failed, and `--strict-replay` stops there.",
            Self::ProofFailed => {
                "A plan was tried in a throwaway Postgres and did not do what it is for, so it was not given out as good."
            }
            Self::ApplyFailed => {
                "A plan stopped while it was being applied to live. The message says which steps stand."
            }
            Self::NothingProven => {
                "Everything was tried, and nothing of it shows anything: tables without rows, say."
            }
            Self::NothingToTry => {
                "There is nobody who could try anything: no roles of an API, no tables in its schemas."
            }
            Self::TargetUnknown => "There is no verdict on one of several targets.",
            Self::TimedOut => "The time allowed ran out before there was a verdict.",
            Self::ReportFailed => "A report could not be written where it was asked for.",
            Self::Interrupted => "Somebody ended the run.",
        }
    }

    /// What to do, where the message itself does not say it better.
    pub fn advice(self) -> &'static str {
        match self {
            Self::ConfigInvalid => {
                "The message names the place and, for a misspelt word, the nearest known one. `pgpact COMMAND --help` has all flags."
            }
            Self::SourceInvalid => "docs/sources.md has every spelling of a source.",
            Self::SnapshotInvalid => {
                "Make it anew with `pgpact inventory SOURCE --output FILE.json`, or restore it from the repository's history."
            }
            Self::EventRefused => {
                "Run on `pull_request` instead of `pull_request_target`; docs/pull-requests.md says what forks get."
            }
            Self::LiveUnreachable => {
                "Check host, port and firewall. Direct hosts of Supabase speak IPv6 only: on GitHub's runners use the pooler's host, or supabase:PROJECT_REF."
            }
            Self::LiveRefused => {
                "Check user, password, key or token, and that the login may connect: it needs no other right."
            }
            Self::InspectFailed => {
                "Try again; a server that was restarted or a connection that broke is enough. If it stays, report it with the message."
            }
            Self::ScratchUnavailable => {
                "Install a Postgres server (apt-get install postgresql), name a folder with one with --pg-bin, or a server with --scratch postgres://…. Without --offline and --scratch native one is fetched."
            }
            Self::FetchFailed => {
                "Install a Postgres server, or look at the way to github.com; --fetch-from names a mirror. docs/scratch.md says from where it comes and where it stays."
            }
            Self::FetchRefused => {
                "Try again. If it stays, do not work around it: install a Postgres server from your system's packages, and report what the message says."
            }
            Self::ScratchFailed => {
                "Look at the space and memory that are left, and at what the message quotes of the server."
            }
            Self::MigrationFailed => {
                "Mend the statement that the message names, or leave --strict-replay out: the rest is compared then."
            }
            Self::ProofFailed => {
                "The message names the step. Do that part by hand and run `pgpact reconcile` again; what it could not do is worth a report."
            }
            Self::ApplyFailed => {
                "Put right what stood in the way and run `pgpact reconcile --apply` again: it goes on from what there is."
            }
            Self::NothingProven => {
                "Put rows where they can be seen (a staging database with examples), or run `pgpact access`, which makes its own."
            }
            Self::NothingToTry => {
                "Name roles and schemas under [smoke] or [[actor]] in pgpact.toml: docs/smoke.md, docs/access.md."
            }
            Self::TargetUnknown => "The table of targets names it and why; the others stand.",
            Self::TimedOut => {
                "Give it more with --timeout SECONDS, or less to do with --schema; --cache keeps what was worked out."
            }
            Self::ReportFailed => "Check that the folder is there and may be written to.",
            Self::Interrupted => "Nothing is left behind; run it again.",
        }
    }
}
