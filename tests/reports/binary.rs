//! The real binary on real Postgres: every format, of one run.

use std::fs;

use super::{html, junit, sarif};
use crate::support::drifted::Drifted;

const WANTED: &str = "
create table public.shops (id bigint primary key, name text not null);
create table public.orders (id bigint primary key, shop_id bigint not null references public.shops (id), total numeric);
create index orders_shop on public.orders (shop_id);
";

const LIVE: &str = "
create table public.shops (id bigint primary key, name text not null);
create table public.orders (id bigint primary key, shop_id bigint not null references public.shops (id), total text);
create table public.\"</script><script>alert(1)</script>\" (id bigint);
";

#[tokio::test]
async fn one_run_writes_every_report() {
    let drifted = Drifted::new(WANTED, LIVE).await;
    let names = [
        "json", "markdown", "sarif", "junit", "html", "badge", "shields",
    ];
    let reports: Vec<String> = names
        .iter()
        .map(|name| format!("--report={name}=report.{name}"))
        .collect();
    let mut arguments = vec![
        "verify",
        "-q",
        "--expected",
        "wanted.sql",
        "--format",
        "sarif",
    ];
    arguments.extend(reports.iter().map(String::as_str));
    let ended = drifted.run(&arguments);
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    let read = |name: &str| {
        fs::read_to_string(drifted.folder.path().join(format!("report.{name}"))).unwrap()
    };
    assert_eq!(ended.stdout, read("sarif"), "the same on standard output");
    let log = sarif::log(&read("sarif"));
    let rules: Vec<&str> = log["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["ruleId"].as_str().unwrap())
        .collect();
    for code in ["column-type-changed", "index-missing", "table-unexpected"] {
        assert!(rules.contains(&code), "{rules:?}");
    }
    let cases = junit::cases(&read("junit"));
    assert!(cases.iter().any(|case| case.ended == "failure"));
    let page = read("html");
    html::asks_nobody(&page);
    assert!(page.contains("id bigint ⚷") && page.contains("total numeric → text"));
    assert!(
        page.contains("orders_shop_id_fkey: public.orders refers to public.shops, same"),
        "{page}"
    );
    assert!(
        page.contains("<g class=\"unexpected\"><title>public.\"&lt;/script"),
        "{page}"
    );
    assert!(read("badge").starts_with("<svg"));
    assert!(read("shields").contains("\"message\":\"broken: "));
}

#[test]
fn without_a_database_no_report_looks_clean() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("wanted.sql"), WANTED).unwrap();
    let run = |format: &str| {
        crate::support::binary::Run::new(&[
            "verify",
            "-q",
            "--expected",
            "wanted.sql",
            "--format",
            format,
        ])
        .within(folder.path())
        .env("PGPACT_LIVE", "postgres://watcher@127.0.0.1:1/shop")
        .end()
    };
    let log = run("sarif");
    assert_eq!(log.status, 3, "{}", log.stderr);
    let log = sarif::log(&log.stdout);
    assert_eq!(
        log["runs"][0]["invocations"][0]["executionSuccessful"],
        false
    );
    let cases = junit::cases(&run("junit").stdout);
    assert!(cases.iter().any(|case| case.ended == "error"));
    assert!(cases.iter().all(|case| case.ended != "passed"));
    assert!(
        run("html")
            .stdout
            .contains("<h1>Database contract: unknown</h1>")
    );
    assert!(run("badge").stdout.contains(">unknown</text>"));
    assert!(run("shields").stdout.contains("\"isError\":true"));
}
