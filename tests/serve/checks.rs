//! Dependencies: Redis, Stripe, HTTP, TCP, each there and not.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Served, database};

/// A Redis server of its own, with a password.
struct Redis {
    process: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Redis {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--requirepass", "s3cret", "--save", ""])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed by scripts/prerequisites.sh");
        Self {
            process,
            address: format!("127.0.0.1:{port}"),
            _folder: folder,
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_dependency_is_looked_at_and_none_repeats_its_secret() {
    let (_server, url) = database().await;
    let redis = Redis::start();
    let services = MockServer::start().await;
    let balance = || Mock::given(method("GET")).and(path("/v1/balance"));
    balance()
        .and(header("authorization", "Bearer rk_good"))
        .respond_with(ResponseTemplate::new(403))
        .with_priority(1)
        .mount(&services)
        .await;
    balance()
        .respond_with(ResponseTemplate::new(401))
        .with_priority(2)
        .mount(&services)
        .await;
    Mock::given(path("/up"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&services)
        .await;
    Mock::given(path("/slow"))
        .respond_with(ResponseTemplate::new(200).set_delay(std::time::Duration::from_secs(20)))
        .mount(&services)
        .await;
    let api = services.uri();
    let closed = free_port();
    let serve = format!(
        "every = \"1h\"\n\
         [[serve.check]]\nname = \"redis\"\nredis = \"env:REDIS\"\n\
         [[serve.check]]\nname = \"redis-wrong\"\nredis = \"env:REDIS_WRONG\"\n\
         [[serve.check]]\nname = \"redis-unset\"\nredis = \"env:REDIS_UNSET\"\n\
         [[serve.check]]\nname = \"stripe\"\nstripe = \"env:STRIPE\"\nstripe_api = \"{api}\"\n\
         [[serve.check]]\nname = \"stripe-wrong\"\nstripe = \"env:STRIPE_WRONG\"\nstripe_api = \"{api}\"\n\
         [[serve.check]]\nname = \"up\"\nhttp = \"{api}/up\"\n\
         [[serve.check]]\nname = \"gone\"\nhttp = \"{api}/gone\"\nrequired = false\n\
         [[serve.check]]\nname = \"slow\"\nhttp = \"{api}/slow\"\ntimeout = \"100ms\"\n\
         [[serve.check]]\nname = \"open\"\ntcp = \"{open}\"\n\
         [[serve.check]]\nname = \"closed\"\ntcp = \"127.0.0.1:{closed}\"\n",
        open = redis.address,
    );
    let variables = [
        ("LIVE", url.as_str()),
        ("REDIS", &format!("redis://:s3cret@{}/", redis.address)),
        ("REDIS_WRONG", &format!("redis://:wr0ng@{}/", redis.address)),
        ("STRIPE", "rk_good"),
        ("STRIPE_WRONG", "rk_bad"),
    ];
    let served = Served::start(&serve, &variables);
    served.until("a verdict", |served| served.get("/readyz").status == 200);
    served.until("redis", |served| {
        served.health().1["components"]["redis"]["status"] == "ok"
    });
    let (status, health) = served.health();
    assert_eq!(status, 503);
    for (name, expected) in [
        ("redis", "ok"),
        ("redis-wrong", "down"),
        ("redis-unset", "skipped"),
        ("stripe", "ok"),
        ("stripe-wrong", "down"),
        ("up", "ok"),
        ("gone", "degraded"),
        ("slow", "down"),
        ("open", "ok"),
        ("closed", "down"),
    ] {
        let found = &health["components"][name]["status"];
        assert_eq!(found, expected, "{name} in {health:#}");
    }
    let text = health.to_string();
    for secret in ["s3cret", "wr0ng", "rk_good", "rk_bad"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
