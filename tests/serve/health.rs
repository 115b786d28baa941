//! Health, readiness, metrics and the last report, through a database that drifts and goes away.

use serde_json::Value;
use sqlx::Row as _;

use pgpact::scratch::Platform;

use super::{Served, TOKEN, ask, configure, database};
use crate::support::management::{self, Management, REFERENCE};
use crate::support::own::OwnServer;
use crate::support::postgres::Server;
use crate::support::repository;

fn component<'v>(health: &'v Value, name: &str) -> &'v Value {
    &health["components"][name]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_holds_is_told_to_who_may_know() {
    let (_server, url) = database().await;
    let served = Served::start("every = \"1h\"\n", &[("LIVE", &url)]);
    served.until("ready", |served| served.get("/readyz").status == 200);
    assert_eq!(served.get("/healthz").body, "ok\n");
    let (status, health) = served.health();
    assert_eq!(status, 200);
    assert_eq!(health["status"], "ok", "{health:#}");
    for name in ["database", "drift", "required-objects", "migration-history"] {
        assert_eq!(component(&health, name)["status"], "ok", "{health:#}");
    }
    assert!(
        component(&health, "database")["duration_ms"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    // What nobody configured is no success.
    assert_eq!(component(&health, "row-security")["status"], "skipped");

    let stranger = served.get("/admin/health");
    assert_eq!((stranger.status, stranger.body.as_str()), (401, ""));
    assert!(stranger.head.contains("www-authenticate: bearer"));
    for path in ["/admin/health", "/report"] {
        let wrong = served.ask(&format!(
            "GET {path} HTTP/1.1\r\nAuthorization: Bearer {TOKEN}x\r\n"
        ));
        assert_eq!((wrong.status, wrong.body.as_str()), (403, ""), "{path}");
    }

    let report = served.admin("GET /report");
    assert_eq!(report.json()["verdict"], "holds");
    let page = served.ask(&format!(
        "GET /report HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\nAccept: text/html\r\n"
    ));
    assert!(
        page.head.contains("content-type: text/html"),
        "{}",
        page.head
    );
    assert!(page.head.contains("default-src 'none'"), "{}", page.head);
    assert!(page.body.contains("<h1>Database contract: holds</h1>"));
    let metrics = served.get("/metrics").body;
    for line in [
        "pgpact_verdict{name=\"holds\"} 1",
        "pgpact_verifications_total{name=\"holds\"} 1",
        "pgpact_component{name=\"database\"} 1",
        "# EOF",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_seen_when_somebody_asks_and_shown_as_it_is() {
    let (server, url) = database().await;
    let served = Served::start("every = \"1h\"\n", &[("LIVE", &url)]);
    served.until("ready", |served| served.get("/readyz").status == 200);
    let drift = "alter table public.papers drop column title; \
                 create table public.\"<script>alert(1)</script>\" ()";
    server.run("postgres", "live", drift).await.unwrap();
    assert_eq!(served.admin("POST /admin/verify").status, 202);
    served.until("drift", |served| {
        component(&served.health().1, "drift")["status"] == "degraded"
    });
    let (status, health) = served.health();
    assert_eq!((status, &health["status"]), (200, &Value::from("degraded")));
    let missing = component(&health, "required-objects");
    assert_eq!(
        missing["detail"]["codes"]["column-missing"], 1,
        "{health:#}"
    );
    let page = served.ask(&format!(
        "GET /report HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\nAccept: text/html\r\n"
    ));
    assert!(page.body.contains("column-missing"), "{}", page.body);
    assert!(page.body.contains("&lt;script&gt;"), "{}", page.body);
    assert!(!page.body.contains("<script>"), "{}", page.body);
    assert_eq!(served.ask("POST /admin/verify HTTP/1.1\r\n").status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_verification_runs_one_waits_and_more_are_refused() {
    let (server, url) = database().await;
    // A database that stands still keeps the first one running.
    let postmaster = postmaster(&server).await;
    signal(&postmaster, "-STOP");
    let served = Served::start("every = \"1h\"\n", &[("LIVE", &url)]);
    let mut statuses: Vec<u16> = (0..4)
        .map(|_| served.admin("POST /admin/verify").status)
        .collect();
    signal(&postmaster, "-CONT");
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 429, 429, 429]);
}

/// The process that all others of a server come from.
async fn postmaster(server: &Server) -> String {
    let mut connection = server.connect("postgres", "live").await;
    let row = sqlx::query("select pg_backend_pid()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let backend: i32 = row.get(0);
    let stat = std::fs::read_to_string(format!("/proc/{backend}/stat")).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    after_name.split_whitespace().nth(1).unwrap().to_owned()
}

fn signal(pid: &str, name: &str) {
    let sent = std::process::Command::new("kill")
        .args([name, pid])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_is_never_ok_and_comes_back() {
    let (server, url) = database().await;
    let serve = "every = \"1h\"\nfresh = \"200ms\"\nslow = \"500ms\"\n";
    let served = Served::start(serve, &[("LIVE", &url)]);
    served.until("ready", |served| served.get("/readyz").status == 200);
    let postmaster = postmaster(&server).await;
    signal(&postmaster, "-STOP");
    served.until("down", |served| served.health().0 == 503);
    for _ in 0..10 {
        let (status, health) = served.health();
        assert_eq!(status, 503, "{health:#}");
        assert_eq!(component(&health, "database")["status"], "down");
    }
    assert_eq!(served.get("/readyz").status, 503);
    assert_eq!(served.get("/healthz").status, 200);
    // A verification meanwhile could not look, which is no verdict.
    signal(&postmaster, "-CONT");
    served.until("up again", |served| served.health().0 == 200);
    served.until("ready again", |served| served.get("/readyz").status == 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_ask_one_looks() {
    let (_server, url) = database().await;
    let served = Served::start("every = \"1h\"\nfresh = \"1m\"\n", &[("LIVE", &url)]);
    served.until("ready", |served| served.get("/readyz").status == 200);
    let address = served.address;
    let line = format!("GET /admin/health HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    assert_eq!(ask(address, &line).status, 200);
                }
            });
        }
    });
    let metrics = served.get("/metrics").body;
    let looked = metrics
        .lines()
        .find_map(|line| line.strip_prefix("pgpact_health_checks_total "))
        .unwrap();
    // Once before the verification ended, at most, and once after it.
    assert!(looked.parse::<u32>().unwrap() <= 2, "{looked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_its_configuration_again_and_ends_in_order() {
    let (_server, url) = database().await;
    let mut served = Served::start("every = \"1h\"\n", &[("LIVE", &url)]);
    served.until("ready", |served| served.get("/readyz").status == 200);
    // What cannot be read changes nothing.
    configure(served.folder.path(), "every = \"soon\"\n");
    served.signal("-HUP");
    configure(
        served.folder.path(),
        "every = \"1h\"\n[[serve.check]]\nname = \"later\"\ntcp = \"env:NOWHERE\"\n",
    );
    served.until("the configuration", |served| {
        served.signal("-HUP");
        component(&served.health().1, "later")["status"] == "skipped"
    });
    served.signal("-TERM");
    let ended = served.process.wait().unwrap();
    assert_eq!(ended.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_database_is_no_reason_not_to_start() {
    let variables = [("LIVE", "postgres://nobody@127.0.0.1:1/none")];
    let served = Served::start("every = \"1h\"\n", &variables);
    served.until("a verdict", |served| {
        served.admin("GET /report").status == 200
    });
    assert_eq!(served.admin("GET /report").json()["verdict"], "unknown");
    let (status, health) = served.health();
    assert_eq!((status, &health["status"]), (503, &Value::from("down")));
    assert_ne!(component(&health, "drift")["status"], "ok");
    let ready = served.get("/readyz");
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains("could not look"), "{}", ready.body);
    let check = crate::support::binary::Run::new(&[
        "serve",
        "--check",
        "--listen",
        &served.address.to_string(),
    ])
    .end();
    assert_eq!(
        (check.status, check.stdout.as_str()),
        (1, "not ready: status 503\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reaches_what_is_probed_where_that_is_asked_for() {
    let server = Server::start(Platform::Supabase).await;
    server.build_keyring("live").await;
    let people = "insert into auth.users (id, email) values \
        ('7d1c0c1e-58d4-4c57-9a43-2b8f5f0f1a01', 'ada@example.com'); \
        insert into public.agent_runs (user_id) select id from auth.users;";
    server.run("postgres", "live", people).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let migrations = repository("fixtures/projects/keyring/supabase/migrations");
    let text = format!(
        "expected = {migrations:?}\nlive = \"env:LIVE\"\n[serve]\nevery = \"1h\"\nsmoke = true\n"
    );
    std::fs::write(folder.path().join("pgpact.toml"), text).unwrap();
    let url = server.url("postgres", "live");
    let served = Served::start_in(folder, &[("LIVE", &url)]);
    served.until("probes", |served| {
        component(&served.health().1, "row-security")["status"] == "ok"
    });
    let open = "alter table public.agent_runs disable row level security; \
                grant select on public.agent_runs to anon";
    server.run("postgres", "live", open).await.unwrap();
    assert_eq!(served.admin("POST /admin/verify").status, 202);
    served.until("what was opened", |served| {
        component(&served.health().1, "row-security")["status"] == "degraded"
    });
    let health = served.health().1;
    let codes = &component(&health, "row-security")["detail"]["codes"];
    assert_eq!(codes["smoke-rows-exposed"], 1, "{health:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_killed_and_started_again_is_told_both_times() {
    let Some(mut own) = OwnServer::new() else {
        eprintln!("SKIPPED: there is no Postgres 15 on this machine");
        return;
    };
    own.start(&[]);
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", own.port);
    // The contract is not there: it is the database that is looked at here.
    let serve = "every = \"1h\"\nfresh = \"100ms\"\n";
    let served = Served::start(serve, &[("LIVE", &url)]);
    let of_database = |served: &Served| component(&served.health().1, "database")["status"].clone();
    served.until("a database", |served| of_database(served) == "ok");
    for _ in 0..3 {
        own.kill();
        std::thread::sleep(std::time::Duration::from_millis(150));
        // Many ask at once, and none may get an answer from before.
        std::thread::scope(|scope| {
            let ask = || (0..50).for_each(|_| assert_eq!(of_database(&served), "down"));
            for _ in 0..8 {
                scope.spawn(ask);
            }
        });
        own.restart();
        served.until("a database again", |served| of_database(served) == "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_watched_through_the_management_api() {
    let (server, _) = database().await;
    let connection = || server.scratch.connection("postgres", "live");
    let api = Management::start(connection(), connection()).await;
    let live = format!("supabase:{REFERENCE}");
    let variables = [
        ("LIVE", live.as_str()),
        ("PGPACT_SUPABASE_API", &api.url()),
        ("SUPABASE_ACCESS_TOKEN", management::TOKEN),
    ];
    // What stands still does not end while the stand-in answers on this runtime.
    tokio::task::block_in_place(|| {
        let served = Served::start("every = \"300ms\"\nfresh = \"50ms\"\n", &variables);
        served.until("ready", |served| served.get("/readyz").status == 200);
        let (status, health) = served.health();
        assert_eq!(
            (status, &health["status"]),
            (200, &"ok".into()),
            "{health:#}"
        );
        assert_eq!(component(&health, "database")["message"], "answers");
        assert_eq!(component(&health, "drift")["status"], "ok");

        api.set_status("INACTIVE");
        api.answer_instead(vec![management::says(400, "Project is paused"); 64]);
        served.until("down", |served| served.health().0 == 503);
        let (_, health) = served.health();
        let database = component(&health, "database");
        assert_eq!(database["status"], "down", "{health:#}");
        let said = health.to_string();
        assert!(!said.contains(management::TOKEN), "{said}");
        assert!(database["message"].as_str().unwrap().contains(&live));
        assert_ne!(served.get("/readyz").status, 200);
    });
}
