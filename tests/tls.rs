//! A server that speaks TLS only: the right certificate, another authority's, an expired one, another host's.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

use crate::support::binary::{Ended, Run};
use crate::support::postgres::installation;

type Authority = CertifiedIssuer<'static, KeyPair>;

/// Nobody's numbers: Postgres refuses to run as root.
const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

struct Server {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Server {
    /// A server for `localhost`, or for the host and until the year that are given.
    fn start(authority: &Authority, host: &str, until: i32) -> Option<Self> {
        let bin = installation(15)?;
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.signed_by(&key, authority).unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("server.pem"), certificate.pem()).unwrap();
        fs::write(at("server.key"), key.serialize_pem()).unwrap();
        fs::set_permissions(at("server.key"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(at("ca.pem"), authority.pem()).unwrap();
        fs::write(at("hba.conf"), "hostssl all all 127.0.0.1/32 trust\n").unwrap();
        if is_root() {
            for path in [
                folder.path().to_owned(),
                at("server.pem"),
                at("server.key"),
                at("hba.conf"),
            ] {
                chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let program = |name: &str| {
            let mut command = Command::new(bin.join(name));
            command
                .current_dir(folder.path())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            if is_root() {
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        };
        let made = program("initdb")
            .args(["-D", "data", "-A", "trust", "-U", "postgres", "--no-sync"])
            .status()
            .unwrap();
        assert!(made.success());
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = program("postgres")
            .args([
                "-D",
                "data",
                "-p",
                &port.to_string(),
                "-k",
                "",
                "-h",
                "127.0.0.1",
            ])
            .args(["-c", "ssl=on", "-c", "fsync=off"])
            .args([
                "-c",
                "ssl_cert_file=../server.pem",
                "-c",
                "ssl_key_file=../server.key",
            ])
            .args(["-c", &format!("hba_file={}", at("hba.conf").display())])
            .spawn()
            .unwrap();
        let server = Self {
            process,
            port,
            folder,
        };
        server.wait();
        Some(server)
    }

    /// Waits until it takes connections.
    fn wait(&self) {
        let begin = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "it never listens"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_millis(300));
    }

    fn verify(&self, options: &str) -> Ended {
        let contract = self.folder.path().join("contract.sql");
        fs::write(&contract, "").unwrap();
        let url = format!(
            "postgres://postgres@localhost:{}/postgres?{options}",
            self.port
        );
        Run::new(&[
            "verify",
            "-q",
            "--format",
            "json",
            "--platform",
            "plain",
            "--expected",
        ])
        .arg(&contract)
        .env("PGPACT_LIVE", url)
        .end()
    }

    fn root(&self) -> String {
        root(&self.folder.path().join("ca.pem"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A fast end, so that nothing of it is left in shared memory.
        let pid = self.process.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().ok();
        self.process.wait().ok();
    }
}

fn root(path: &Path) -> String {
    format!("sslmode=verify-full&sslrootcert={}", path.display())
}

/// Code and message of why there is no verdict.
fn refused(ended: &Ended) -> (String, String) {
    assert_eq!(ended.status, 3, "{}{}", ended.stdout, ended.stderr);
    let error = &ended.json()["error"];
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    (text("code"), text("message").to_lowercase())
}

#[test]
fn the_right_certificate_is_taken_and_no_other() {
    let (ours, theirs) = (authority(), authority());
    let Some(server) = Server::start(&ours, "localhost", 2100) else {
        eprintln!("SKIPPED: there is no Postgres 15 on this machine");
        return;
    };
    for options in [server.root(), "sslmode=require".to_owned(), String::new()] {
        let held = server.verify(&options);
        assert_eq!(held.status, 0, "{options}: {}{}", held.stdout, held.stderr);
        assert_eq!(held.json()["verdict"], "holds");
    }
    let other = server.folder.path().join("other.pem");
    fs::write(&other, theirs.pem()).unwrap();
    let strange = server.verify(&root(&other));
    let (code, message) = refused(&strange);
    assert_eq!(code, "live-unreachable");
    assert!(message.contains("certificate"), "{message}");
    let help = strange.json()["error"]["help"].to_string();
    assert!(help.contains("sslrootcert"), "{help}");
    let plain = server.verify("sslmode=disable");
    let (code, message) = refused(&plain);
    assert_eq!(code, "live-refused");
    assert!(message.contains("no encryption"), "{message}");
    let help = plain.json()["error"]["help"].to_string();
    assert!(help.contains("sslmode=require"), "{help}");
}

#[test]
fn an_expired_certificate_and_one_of_another_host_are_refused() {
    let ours = authority();
    for (host, until, why) in [
        ("localhost", 2021, "expired"),
        ("db.example.com", 2100, "name"),
    ] {
        let Some(server) = Server::start(&ours, host, until) else {
            eprintln!("SKIPPED: there is no Postgres 15 on this machine");
            return;
        };
        let (code, message) = refused(&server.verify(&server.root()));
        assert_eq!(code, "live-unreachable", "{host}");
        assert!(message.contains(why), "{host}: {message}");
    }
}

#[test]
fn a_direct_host_of_supabase_is_told_of_the_pooler() {
    // Nobody has it, and where IPv6 is missing nobody gets there.
    let url = "postgres://postgres:p@db.pgpactpgpactpgpactpg.supabase.co:5432/postgres";
    let ended = Run::new(&["verify", "-q", "--format", "json", "--expected"])
        .arg("fixtures/projects/keyring/supabase/migrations")
        .env("PGPACT_LIVE", url)
        .end();
    let (code, _) = refused(&ended);
    assert_eq!(code, "live-unreachable");
    let help = ended.json()["error"]["help"].to_string();
    assert!(help.contains("pooler"), "{help}");
}
