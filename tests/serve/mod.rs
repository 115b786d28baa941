//! `pgpact serve`: the real binary over HTTP, with a real Postgres and a real Redis.

mod alerts;
mod checks;
mod health;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::postgres::Server;
use pgpact::scratch::Platform;

const TOKEN: &str = "t0ken-of-the-tests";

const CONTRACT: &str = "create table public.papers (id bigint primary key, title text not null);\n";

/// A server that runs until it is dropped.
struct Served {
    process: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

/// An answer.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// A database that is what the contract says.
async fn database() -> (Server, String) {
    let server = Server::start(Platform::Plain).await;
    server.create("live", "template1").await;
    server.run("postgres", "live", CONTRACT).await.unwrap();
    let url = server.url("postgres", "live");
    (server, url)
}

impl Served {
    /// Starts it on a port of its own, with what stands under `[serve]`, and variables.
    fn start(serve: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("contract.sql"), CONTRACT).unwrap();
        configure(folder.path(), serve);
        Self::start_in(folder, variables)
    }

    /// Starts it in a folder that holds its configuration.
    fn start_in(folder: tempfile::TempDir, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgpact"));
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PGPACT_ADMIN_TOKEN", TOKEN)
            .envs(variables.iter().copied())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if let Some(bin) = std::env::var_os("PGPACT_PG_BIN") {
            command.env("PGPACT_PG_BIN", bin);
        }
        let mut process = command.spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut told = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).unwrap() > 0, "it ended: {told}");
            if let Some(address) = line.trim().strip_prefix("pgpact: listening on http://") {
                break address.parse().unwrap();
            }
            told.push_str(&line);
        };
        // Nobody else reads what it says, and a full pipe would stop it.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self {
            process,
            address,
            folder,
        }
    }

    fn ask(&self, request: &str) -> Answer {
        ask(self.address, request)
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\n"))
    }

    fn admin(&self, line: &str) -> Answer {
        self.ask(&format!(
            "{line} HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        ))
    }

    fn health(&self) -> (u16, Value) {
        let answer = self.admin("GET /admin/health");
        (answer.status, answer.json())
    }

    /// Waits until something is so; what never comes to be fails the test.
    fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !is_so(self) {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "{what} never came to be: {:?}",
                self.health()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let killed = Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(killed.success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn configure(folder: &Path, serve: &str) {
    let text = format!(
        "expected = \"contract.sql\"\nlive = \"env:LIVE\"\nplatform = \"plain\"\n[serve]\n{serve}"
    );
    fs::write(folder.join("pgpact.toml"), text).unwrap();
}

/// One request on a connection of its own.
fn ask(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    write!(
        stream,
        "{request}Host: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}
