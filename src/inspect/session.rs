//! A connection to a database that is only read, and the snapshot it is read in.

mod authority;
mod data;
mod statistics;

pub use data::COUNTED;

use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use super::transport::{Cells, Fault, Hosted, Snapshot, Transport};
use super::{Ledger, Reading, fingerprint, run};
use crate::contract::ServerVersion;
use crate::error::{Error, ErrorCode, Result};

/// What decides how expressions are printed is pinned, so that two servers print them alike. Temporary relations come last, for
/// they come first where no path names them, and a pooler's session may have some of another client.
pub const PRINTING: &str = "\
set local search_path = pg_catalog, pg_temp;
set local timezone = 'UTC';
set local datestyle = 'ISO, MDY';
set local intervalstyle = 'postgres';
set local extra_float_digits = 1;
set local quote_all_identifiers = off;
set local bytea_output = 'hex';
set local xmloption = 'content';";

/// How to reach a database, without showing the way to anybody.
#[derive(Debug, Clone)]
pub struct Connection {
    options: PgConnectOptions,
}

impl Connection {
    /// Reads a connection string.
    pub fn parse(url: &SecretString) -> Result<Self> {
        let unreadable = |message: String| {
            Error::new(ErrorCode::SourceInvalid, message)
                .with_help("Spell it postgres://user:password@host:5432/database; special characters of the password are percent-encoded, `@` as %40 and `/` as %2F.")
        };
        check_parts(url.expose_secret()).map_err(unreadable)?;
        // NOTE: the cause is dropped, it may quote the string.
        let options = PgConnectOptions::from_str(url.expose_secret())
            .map_err(|_| unreadable("the connection string cannot be read".to_owned()))?;
        let options = authority::trusting(options, url.expose_secret());
        Ok(Self::from_options(options))
    }

    /// Takes options that are known to hold no secret worth hiding, such as a scratch's.
    pub fn from_options(options: PgConnectOptions) -> Self {
        let options = options
            .application_name("pgpact")
            // Poolers refuse startup parameters they do not know; the transaction sets what matters.
            .extra_float_digits(None)
            .statement_cache_capacity(0)
            .disable_statement_logging();
        Self { options }
    }

    /// The way to another database of the same server.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        Self {
            options: self.options.clone().database(name),
        }
    }

    /// Host and database, for people: neither user nor password.
    pub fn label(&self) -> String {
        let host = self.options.get_socket().map_or_else(
            || self.options.get_host().to_owned(),
            |path| path.display().to_string(),
        );
        let port = match self.options.get_port() {
            5432 => String::new(),
            port => format!(":{port}"),
        };
        let database = self.options.get_database().unwrap_or_default();
        format!("postgres://{host}{port}/{database}")
    }

    /// Host and port; none for a socket on this machine.
    pub fn address(&self) -> Option<(&str, u16)> {
        let host = self.options.get_host();
        let is_socket = self.options.get_socket().is_some() || host.starts_with('/');
        (!is_socket).then(|| (host, self.options.get_port()))
    }

    /// Connects, or says why not and what to do.
    pub async fn connect(&self, deadline: Duration) -> Result<PgConnection> {
        let attempt = tokio::time::timeout(deadline, self.options.connect());
        match attempt.await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(self.refused(error)),
            Err(_) => Err(Error::new(
                ErrorCode::LiveUnreachable,
                format!("no answer from {} within {} s", self.label(), deadline.as_secs()),
            )
            .with_help("Check host, port and firewall. Direct hosts of Supabase speak IPv6 only; where that is missing, use the connection pooler's host.")),
        }
    }

    /// Whether the database takes a connection and answers a statement, in time.
    ///
    /// # Errors
    /// As [`Connection::connect`], and when the answer does not come.
    pub async fn answers(&self, deadline: Duration) -> Result<()> {
        let begin = std::time::Instant::now();
        let mut connection = self.connect(deadline).await?;
        let left = deadline.saturating_sub(begin.elapsed());
        let answer = async {
            connection.execute(sqlx::raw_sql("select 1")).await?;
            connection.close().await
        };
        match tokio::time::timeout(left, answer).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.refused(error)),
            Err(_) => Err(Error::new(
                ErrorCode::LiveUnreachable,
                format!("{} takes connections and does not answer", self.label()),
            )),
        }
    }

    fn refused(&self, error: sqlx::Error) -> Error {
        let label = self.label();
        let state = error
            .as_database_error()
            .and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        let said = error.to_string();
        let (code, message, help) = match state.as_deref() {
            Some("28000") if said.contains("pg_hba.conf") => (
                ErrorCode::LiveRefused,
                format!("{label} takes no connection such as this one"),
                "Where it asks for encryption, sslmode=require brings it; else its pg_hba.conf has to let this user and address in.",
            ),
            Some("28P01" | "28000") => (
                ErrorCode::LiveRefused,
                format!("{label} refused user or password"),
                "Check user and password in the connection string; special characters of the password are percent-encoded.",
            ),
            Some("3D000") => (
                ErrorCode::LiveRefused,
                format!("{label} does not exist"),
                "Check the database's name, the last part of the connection string.",
            ),
            Some("53300") => (
                ErrorCode::LiveUnreachable,
                format!("{label} has no connection left"),
                "Use the connection pooler, or end connections that nobody uses.",
            ),
            _ => (
                ErrorCode::LiveUnreachable,
                format!("cannot connect to {label}"),
                self.way_in(&error),
            ),
        };
        Error::new(code, message)
            .with_help(help)
            .with_source(Said::from(error))
    }

    /// What to do where a connection does not come about.
    fn way_in(&self, error: &sqlx::Error) -> &'static str {
        let host = self.options.get_host();
        // The handshake's failures come as those of the stream.
        let is_of_tls = error.to_string().contains("certificate");
        match error {
            sqlx::Error::Tls(_) | sqlx::Error::Io(_) if is_of_tls => {
                "The server's certificate is not one that is trusted here: name its authority with sslrootcert=FILE, or Supabase's own with sslrootcert=supabase. sslmode=require encrypts without asking who answers."
            }
            sqlx::Error::Io(_) if is_direct(host) => {
                "Direct hosts of Supabase speak IPv6 only, and GitHub's runners IPv4: use the connection pooler's host, which the dashboard shows under Connect."
            }
            _ => {
                "Check that the server runs and that host, port and TLS mode are right. Inside a container, localhost is the container itself."
            }
        }
    }
}

/// Whether it is a project's own host at Supabase, which no name of version 4 leads to: looking it up fails, or nothing
/// is reached.
fn is_direct(host: &str) -> bool {
    let reference = host
        .strip_prefix("db.")
        .and_then(|host| host.strip_suffix(".supabase.co"));
    reference.is_some_and(|reference| !reference.is_empty())
}

/// Parameters that are understood, or that others put into connection strings without harm.
const PARAMETERS: &[&str] = &[
    "application_name",
    "connect_timeout",
    "connection_limit",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "pgbouncer",
    "pool_mode",
    "pool_timeout",
    "port",
    "schema",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "supa",
    "target_session_attrs",
    "user",
    "workaround",
];

/// Refuses what would be understood in another way than it was meant, without repeating any of it: a password
/// with a bare `@` or `/` ends up in host and database, and a misspelt parameter is passed over.
fn check_parts(url: &str) -> Result<(), String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (main, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let database = main.split_once('/').map_or("", |(_, database)| database);
    if main.matches('@').count() > 1 || database.contains(['@', '/', ':']) {
        return Err("the connection string's password is not percent-encoded, or its parts are out of order".to_owned());
    }
    let names = parameters
        .split('&')
        .filter_map(|pair| pair.split('=').next());
    let unknown = names
        .filter(|name| !name.is_empty())
        .find(|name| !PARAMETERS.contains(name) && !name.starts_with("options["));
    match unknown {
        Some(name)
            if name
                .chars()
                .all(|c| c.is_ascii_alphabetic() || c == '_' || c == '-') =>
        {
            Err(format!(
                "the connection string has an unknown parameter {name}"
            ))
        }
        Some(_) => Err("the connection string has a parameter that cannot be read".to_owned()),
        None => Ok(()),
    }
}

/// Reads catalogs, each time in a read-only snapshot of its own, or in what comes to the same.
#[derive(Debug)]
pub struct Session {
    transport: Transport,
    server: ServerVersion,
    label: String,
    reads_needs: bool,
}

/// How often catalogs are read through an API while they change.
const READINGS: usize = 4;

impl Session {
    /// Connects and asks who the server is.
    pub async fn open(target: &Connection, deadline: Duration) -> Result<Self> {
        let connection = target.connect(deadline).await?;
        let transport = Transport::over(connection, target.clone());
        Self::ask_who(transport, target.label()).await
    }

    /// The same through the Management API.
    pub async fn through_api(project: &Hosted) -> Result<Self> {
        Self::ask_who(Transport::through(project)?, project.label()).await
    }

    async fn ask_who(mut transport: Transport, label: String) -> Result<Self> {
        let server = server_version(&mut transport).await;
        let server = server.map_err(|fault| read_failed(&label, fault))?;
        Ok(Self {
            transport,
            server,
            label,
            reads_needs: false,
        })
    }

    /// Reads from now on what needs what as well, which only plans ask for.
    pub fn read_needs(&mut self) {
        self.reads_needs = true;
    }

    /// The server's version.
    pub fn server(&self) -> &ServerVersion {
        &self.server
    }

    /// Reads all classes in one snapshot. The ledger is known for a replayed scratch only.
    pub async fn read(&mut self, ledger: Option<&Ledger>) -> Result<Reading> {
        let label = self.label.clone();
        let reading = match self.transport.has_snapshots() {
            true => self.read_snapshot(ledger).await,
            false => self.read_until_still(ledger).await,
        };
        let reading = reading.map_err(|error| match error {
            run::Error::Database(fault) => read_failed(&label, fault),
            run::Error::Row { class, source } => Error::new(
                ErrorCode::InspectFailed,
                format!("{label} describes a {class} in a way this version does not know"),
            )
            .with_help("Look for a newer version of pgpact; if there is none, report this.")
            .with_source(source),
        })?;
        reading.ok_or_else(|| restless(&label))
    }

    /// A hash of the rows that the contract is read from: as long as it stays the same, so does the contract, read by the
    /// same program as the same login. None where no one moment can be seen, and where the server gives none.
    pub async fn fingerprint(&mut self) -> Result<Option<String>> {
        if !self.transport.has_snapshots() {
            return Ok(None);
        }
        let failed = |label: &str, fault| read_failed(label, fault);
        let begun = self.transport.begin(Snapshot::Catalogs).await;
        begun.map_err(|fault| failed(&self.label, fault))?;
        let taken = fingerprint::take(&mut self.transport, self.server.major).await;
        let ended = self.transport.end().await;
        ended.map_err(|fault| failed(&self.label, fault))?;
        match taken {
            Ok(fingerprint) => Ok(Some(fingerprint)),
            Err(fault) => {
                tracing::warn!(error = %fault, "no fingerprint of {}: it is read whole", self.label);
                Ok(None)
            }
        }
    }

    /// Answers a question about the database with the rows' first two columns, in a snapshot of its own.
    pub async fn ask(&mut self, query: &'static str) -> Result<Vec<(String, String)>> {
        let rows = self.ask_snapshot(query).await;
        rows.map_err(|fault| read_failed(&self.label, fault))
    }

    /// Ends the connection as the protocol wants it.
    pub async fn close(self) {
        self.transport.close().await;
    }

    async fn read_snapshot(
        &mut self,
        ledger: Option<&Ledger>,
    ) -> Result<Option<Reading>, run::Error> {
        self.transport.begin(Snapshot::Contract).await?;
        let before = self.transport.moment().await?;
        let reading = self.read_classes(ledger).await;
        self.transport.end().await?;
        let mut reading = reading?;
        reading.is_still = before == self.transport.moment().await?;
        Ok(Some(reading))
    }

    /// Several requests see several moments: what nobody changed meanwhile, or what comes out the same twice, is as good
    /// as one snapshot.
    async fn read_until_still(
        &mut self,
        ledger: Option<&Ledger>,
    ) -> Result<Option<Reading>, run::Error> {
        let mut last: Option<Reading> = None;
        for _ in 0..READINGS {
            self.transport.begin(Snapshot::Contract).await?;
            let mut reading = self.read_classes(ledger).await?;
            let is_one_moment = self.transport.end().await?;
            let is_same = last.is_some_and(|last| last.contract == reading.contract);
            if is_one_moment || is_same {
                reading.is_still = true;
                return Ok(Some(reading));
            }
            last = Some(reading);
        }
        Ok(None)
    }

    async fn read_classes(&mut self, ledger: Option<&Ledger>) -> Result<Reading, run::Error> {
        run::read(&mut self.transport, &self.server, ledger, self.reads_needs).await
    }

    async fn ask_snapshot(&mut self, query: &str) -> Result<Vec<(String, String)>, Fault> {
        self.transport.begin(Snapshot::Catalogs).await?;
        let rows = self.transport.rows(query, 2).await;
        self.transport.end().await?;
        let pair = |mut row: Cells| Ok((row.text(0)?, row.text(1)?));
        rows?.into_iter().map(pair).collect()
    }
}

async fn server_version(transport: &mut Transport) -> Result<ServerVersion, Fault> {
    let query = "select pg_catalog.current_setting('server_version'), pg_catalog.current_setting('server_version_num')";
    let rows = transport.rows(query, 2).await?;
    let mut row = rows.into_iter().next().ok_or(Fault::Cell(0))?;
    let text = row.text(0)?;
    let number: u32 = row.number(1)?;
    Ok(ServerVersion {
        text: text
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned(),
        major: number / 10_000,
    })
}

fn read_failed(label: &str, fault: Fault) -> Error {
    let failed = Error::new(ErrorCode::InspectFailed, format!("reading {label} failed"))
        .with_help("If the connection broke or timed out, try again; a role that may connect can read all catalogs that are needed.");
    match fault {
        Fault::Api(error) => error,
        Fault::Wire(error) => failed.with_source(Said::from(error)),
        Fault::Cell(_) => failed.with_source(fault),
    }
}

fn restless(label: &str) -> Error {
    let message = format!("the catalogs of {label} changed each time they were read");
    Error::new(ErrorCode::InspectFailed, message)
        .with_help("Try again when nobody changes them, or give pgpact a connection string, over which they are read at one moment.")
}

/// What a server or the way to it said, without what only a developer of Postgres wants to know.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

impl From<sqlx::Error> for Said {
    fn from(error: sqlx::Error) -> Self {
        Self(match &error {
            sqlx::Error::Database(error) => error.message().to_owned(),
            sqlx::Error::Io(error) => error.to_string(),
            _ => error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error as IoError, ErrorKind};

    use super::*;

    fn help(url: &str, kind: ErrorKind) -> String {
        let target = Connection::parse(&url.to_owned().into()).unwrap();
        let error = target.refused(sqlx::Error::Io(IoError::from(kind)));
        assert_eq!(error.code(), ErrorCode::LiveUnreachable);
        error.help().unwrap_or_default().to_owned()
    }

    #[test]
    fn whatever_keeps_one_from_a_direct_host_leads_to_the_pooler() {
        let direct = "postgres://postgres:p@db.abcdefghijklmnopqrst.supabase.co:5432/postgres";
        // Names that are not found are uncategorized, which has no name; "other" stands for it.
        for kind in [
            ErrorKind::Other,
            ErrorKind::NotFound,
            ErrorKind::NetworkUnreachable,
            ErrorKind::HostUnreachable,
            ErrorKind::AddrNotAvailable,
            ErrorKind::TimedOut,
            ErrorKind::ConnectionRefused,
        ] {
            assert!(help(direct, kind).contains("pooler"), "{kind}");
            for other in [
                "postgres://u:p@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
                "postgres://u:p@db.example.com/postgres",
            ] {
                assert!(!help(other, kind).contains("pooler"), "{kind}: {other}");
            }
        }
    }
}
