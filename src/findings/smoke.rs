//! Codes of probes on a running database.

use crate::classes::{CodeEntry, Severity};

pub(super) const CODES: &[CodeEntry] = &[
    CodeEntry {
        code: "smoke-rows-exposed",
        severity: Severity::Critical,
        meaning: "A visitor who did not sign in sees rows of a table whose rows belong to users: its foreign key refers to `auth.users`, or the configuration names it under `owner_only`.",
        help: "Switch row security on, or correct the policy that lets visitors through. Where the rows are meant for everybody, ignore this code for that table and say why.",
    },
    CodeEntry {
        code: "smoke-table-missing",
        severity: Severity::Error,
        meaning: "The contract has a table or view in a schema of the API, the database has not.",
        help: "`pgpact verify` says what else differs, `pgpact reconcile` how to bring it back.",
    },
    CodeEntry {
        code: "smoke-table-unreachable",
        severity: Severity::Error,
        meaning: "The service role may not select from a table or view of the API.",
        help: "Grant it what it needs: `grant select on … to service_role`. Where it is not meant to read the table, ignore this code for it and say why.",
    },
    CodeEntry {
        code: "smoke-table-open",
        severity: Severity::Critical,
        meaning: "A visitor who did not sign in may select from a table or view that the contract grants them nothing on.",
        help: "Revoke it: `revoke select on … from anon`, and look for a grant to `public`. Where visitors are meant to, grant it in a migration.",
    },
    CodeEntry {
        code: "smoke-table-closed",
        severity: Severity::Error,
        meaning: "A visitor who did not sign in may not select from a table or view that the contract grants them.",
        help: "Grant it again: `grant select on … to anon`, or take the grant out of the contract.",
    },
    CodeEntry {
        code: "smoke-query-failed",
        severity: Severity::Error,
        meaning: "A select fails for a reason that is neither a missing right nor time: a policy that looks itself up, a view over something broken.",
        help: "The message is the database's own; what it names is what to repair.",
    },
    CodeEntry {
        code: "smoke-function-missing",
        severity: Severity::Error,
        meaning: "A function that the contract has, or that the configuration calls, is not there with these arguments.",
        help: "`pgpact verify` says what else differs, `pgpact reconcile` how to bring it back.",
    },
    CodeEntry {
        code: "smoke-function-changed",
        severity: Severity::Error,
        meaning: "A function takes or returns something other than the contract says: calls by name fail or get another answer.",
        help: "Bring live back to what the migrations say, or put the change into a migration.",
    },
    CodeEntry {
        code: "smoke-function-open",
        severity: Severity::Critical,
        meaning: "A role of requests may execute a function that it should not.",
        help: "Revoke it: `revoke execute on function … from …`, from `public` as well, which every role is in.",
    },
    CodeEntry {
        code: "smoke-function-closed",
        severity: Severity::Error,
        meaning: "A role of requests may not execute a function that it should.",
        help: "Grant it: `grant execute on function … to …`.",
    },
    CodeEntry {
        code: "smoke-call-failed",
        severity: Severity::Error,
        meaning: "A function that is marked as safe to call fails when it is called.",
        help: "The message is the database's own. Where the arguments are wrong, correct them under [[smoke.call]] in pgpact.toml.",
    },
    CodeEntry {
        code: "smoke-write-failed",
        severity: Severity::Error,
        meaning: "A row cannot be inserted, selected, updated or deleted by somebody who should be able to.",
        help: "The message is the database's own: a missing grant, a policy, or a trigger that refuses.",
    },
    CodeEntry {
        code: "smoke-marker-left",
        severity: Severity::Critical,
        meaning: "A row that a probe wrote over REST could not be deleted again.",
        help: "Delete it by hand; the message says how it is found.",
    },
    CodeEntry {
        code: "smoke-key-refused",
        severity: Severity::Error,
        meaning: "The REST endpoint does not take a key: it has expired, or was signed with another secret.",
        help: "Set SUPABASE_ANON_KEY and SUPABASE_SERVICE_ROLE_KEY to the keys that the project shows today.",
    },
    CodeEntry {
        code: "smoke-slow",
        severity: Severity::Warning,
        meaning: "A probe took longer than the threshold, the way to the database and back included.",
        help: "See whether a policy looks something up for each row, or an index is missing; set another threshold with `slow_ms` under [smoke] in pgpact.toml.",
    },
];
