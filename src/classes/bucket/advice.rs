//! Advice on buckets: whether strangers can list what is in a public one.

use super::CLASS;
use crate::classes::advice::{Advice, Needs, Outlook, Rule, expression::Parsed, in_words};
use crate::classes::rules::head_and_name;
use crate::classes::{CodeEntry, Severity, policy};
use crate::contract::Object;
use crate::sql;

pub(in crate::classes) const RULES: &[Rule] = &[Rule {
    codes: &[CodeEntry {
        code: "lint-bucket-listing",
        severity: Severity::Warning,
        meaning: "A policy on storage.objects shows every file of a public bucket: its files can be listed, which downloading by address does not need.",
        help: "Drop the policy: files of a public bucket can be downloaded without one. Or hold it to the files of who asks.",
    }],
    needs: Needs::Contract,
    about: "whether files of public buckets can be listed",
    look,
}];

/// Where storage keeps what is in buckets.
const FILES: &str = "storage.objects";

fn look(outlook: &Outlook<'_>) -> Vec<Advice> {
    let policies: Vec<&Object> = outlook
        .all(&policy::CLASS)
        .filter(|policy| head_and_name(&policy.id.path).0 == FILES)
        .filter(|policy| policy::advice::lets_requests(outlook, policy, &["select"]))
        .collect();
    let buckets = outlook.all(&CLASS).filter(|bucket| bucket.is("public"));
    buckets
        .filter_map(|bucket| {
            let id = sql::parts(&bucket.id.path).concat();
            let shown_by: Vec<&str> = policies
                .iter()
                .filter(|policy| shows(policy, &id))
                .map(|policy| head_and_name(&policy.id.path).1)
                .collect();
            let message = format!(
                "files of the public bucket {} can be listed, by policy {}",
                bucket.id.path,
                in_words(&shown_by)
            );
            let drops: Vec<String> = shown_by
                .iter()
                .map(|name| format!("drop policy {name} on {FILES};"))
                .collect();
            (!shown_by.is_empty()).then(|| {
                Advice::on(bucket, "lint-bucket-listing", message).remedy(drops.join("\n"))
            })
        })
        .collect()
}

/// Whether a policy shows every file of a bucket.
fn shows(policy: &Object, bucket: &str) -> bool {
    let parsed = policy.text("using").and_then(Parsed::expression);
    parsed.is_some_and(|parsed| {
        parsed.is_always_true() || parsed.holds_column_to("bucket_id") == Some(bucket)
    })
}
