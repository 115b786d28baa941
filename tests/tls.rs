//! A server that speaks TLS only: the right certificate, another authority's, an expired one, another host's.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

use crate::support::binary::{Ended, Run};
use crate::support::own::OwnServer;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

struct Server(OwnServer);

impl Server {
    /// A server with a certificate for a host until a year.
    fn start(authority: &Authority, host: &str, until: i32) -> Option<Self> {
        let mut own = OwnServer::new()?;
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.signed_by(&key, authority).unwrap();
        for (name, text) in [
            ("server.pem", certificate.pem()),
            ("server.key", key.serialize_pem()),
            ("ca.pem", authority.pem()),
            (
                "hba.conf",
                "hostssl all all 127.0.0.1/32 trust\n".to_owned(),
            ),
        ] {
            fs::write(own.at(name), text).unwrap();
            fs::set_permissions(own.at(name), fs::Permissions::from_mode(0o600)).unwrap();
            own.give(&own.at(name));
        }
        let file = |setting: &str, name: &str| format!("{setting}={}", own.at(name).display());
        let settings = [
            "ssl=on".to_owned(),
            file("ssl_cert_file", "server.pem"),
            file("ssl_key_file", "server.key"),
            file("hba_file", "hba.conf"),
        ];
        own.start(&settings);
        Some(Self(own))
    }

    fn verify(&self, options: &str) -> Ended {
        let contract = self.0.at("contract.sql");
        fs::write(&contract, "").unwrap();
        let url = format!(
            "postgres://postgres@localhost:{}/postgres?{options}",
            self.0.port
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
        root(&self.0.at("ca.pem"))
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
    let other = server.0.at("other.pem");
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
fn each_mode_asks_of_a_certificate_what_libpq_says() {
    let ours = authority();
    let Some(server) = Server::start(&ours, "db.example.com", 2100) else {
        eprintln!("SKIPPED: there is no Postgres 15 on this machine");
        return;
    };
    let file = server.0.at("ca.pem").display().to_string();
    let other = server.0.at("other.pem");
    fs::write(&other, authority().pem()).unwrap();
    let other = other.display();
    // Who answers is another host's server: only the full check minds.
    for options in [
        format!("sslmode=verify-ca&sslrootcert={file}"),
        format!("sslmode=require&sslrootcert={file}"),
        "sslmode=require".to_owned(),
        "sslmode=prefer".to_owned(),
    ] {
        let held = server.verify(&options);
        assert_eq!(held.status, 0, "{options}: {}{}", held.stdout, held.stderr);
    }
    // `require` is as strict as `verify-ca` where an authority is named, and Supabase's is one.
    for options in [
        format!("sslmode=verify-full&sslrootcert={file}"),
        format!("sslmode=verify-ca&sslrootcert={other}"),
        format!("sslmode=require&sslrootcert={other}"),
        "sslmode=require&sslrootcert=supabase".to_owned(),
        "sslrootcert=supabase".to_owned(),
    ] {
        let (code, message) = refused(&server.verify(&options));
        assert_eq!(code, "live-unreachable", "{options}");
        assert!(message.contains("certificate"), "{options}: {message}");
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
