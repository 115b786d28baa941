//! Alerts: told once a change of the verdict, signed, and without what the database holds.

use serde_json::Value;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{Served, database};
use crate::support::github::{BOT, GitHub, REPOSITORY};

async fn requests(services: &MockServer, to: &str) -> Vec<Request> {
    let all = services.received_requests().await.unwrap();
    all.into_iter()
        .filter(|request| request.url.path() == to)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_verdict_is_told_once_and_signed() {
    let (server, url) = database().await;
    let services = MockServer::start().await;
    // The first time nobody listens.
    Mock::given(path("/hook"))
        .respond_with(ResponseTemplate::new(500))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&services)
        .await;
    for at in ["/hook", "/slack"] {
        Mock::given(path(at))
            .respond_with(ResponseTemplate::new(200))
            .with_priority(2)
            .mount(&services)
            .await;
    }
    let serve = "every = \"1s\"\n\
                 [[serve.alert]]\nwebhook = \"env:HOOK\"\nsecret = \"env:HOOK_SECRET\"\n\
                 [[serve.alert]]\nslack = \"env:SLACK\"\n";
    let variables = [
        ("LIVE", url.as_str()),
        ("HOOK", &format!("{}/hook", services.uri())),
        ("HOOK_SECRET", "sh4red"),
        ("SLACK", &format!("{}/slack", services.uri())),
    ];
    let served = Served::start(serve, &variables);
    served.until("ready", |served| served.get("/readyz").status == 200);
    assert_eq!(requests(&services, "/hook").await.len(), 0);
    let drift = "drop table public.papers";
    server.run("postgres", "live", drift).await.unwrap();
    let begin = std::time::Instant::now();
    while requests(&services, "/hook").await.len() < 2 {
        assert!(begin.elapsed().as_secs() < 60, "nobody was told");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    // Several more verifications say the same, which is no news.
    let verified = |served: &Served| {
        let metrics = served.get("/metrics").body;
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("pgpact_verifications_total{name=\"broken\"} "));
        line.map_or(0, |count| count.parse::<u32>().unwrap())
    };
    let seen = verified(&served);
    served.until("more verifications", |served| verified(served) >= seen + 2);
    let told = requests(&services, "/hook").await;
    assert_eq!(told.len(), 2);
    let body: Value = serde_json::from_slice(&told[1].body).unwrap();
    assert_eq!(body["before"], "holds");
    assert_eq!(body["verdict"], "broken");
    assert_eq!(told[0].body, told[1].body);
    let signature = told[1].headers["x-pgpact-signature-256"].to_str().unwrap();
    assert_eq!(signature, expected_signature(&told[1].body));
    let slack = requests(&services, "/slack").await;
    assert_eq!(slack.len(), 1);
    let text: Value = serde_json::from_slice(&slack[0].body).unwrap();
    let text = text["text"].as_str().unwrap();
    assert!(text.contains("broken"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_issue_is_opened_and_closed() {
    let (server, url) = database().await;
    let github = GitHub::start().await;
    github.state().user = Some(BOT.to_owned());
    let api = github.variables("schedule")["GITHUB_API_URL"].clone();
    let serve = format!(
        "every = \"1s\"\n[[serve.alert]]\ngithub = \"{REPOSITORY}\"\ntoken = \"env:TOKEN\"\ngithub_api = \"{api}\"\n"
    );
    let served = Served::start(&serve, &[("LIVE", url.as_str()), ("TOKEN", "ghs_invented")]);
    served.until("ready", |served| served.get("/readyz").status == 200);
    assert_eq!(github.count("POST", "/issues"), 0);
    server
        .run("postgres", "live", "alter table papers rename to leaves")
        .await
        .unwrap();
    served.until("an issue", |_| github.count("POST", "/issues") > 0);
    // Verifications that find the same again write nothing.
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    assert_eq!(
        (
            github.count("POST", "/issues"),
            github.count("PATCH", "/issues")
        ),
        (1, 0)
    );
    {
        let issue = &github.state().issues[0];
        assert_eq!(issue["title"], "Database contract is broken");
        assert!(
            issue["body"].as_str().unwrap().contains("table-missing"),
            "{issue}"
        );
    }
    server
        .run("postgres", "live", "alter table leaves rename to papers")
        .await
        .unwrap();
    served.until("its end", |_| github.state().issues[0]["state"] == "closed");
    assert_eq!(github.count("PATCH", "/issues"), 1);
}

/// The signature as somebody else makes it.
fn expected_signature(body: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    std::fs::write(&file, body).unwrap();
    let output = std::process::Command::new("openssl")
        .args(["dgst", "-sha256", "-hmac", "sh4red", "-r"])
        .arg(&file)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    format!("sha256={}", text.split_whitespace().next().unwrap())
}
