//! The way to the database: how long it takes, whether it is encrypted, what stands in between.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _, Row as _};

use super::certificate::{Certificate, certificate};
use super::probe::{Kind, Outcome, Probe, Seen, Way};
use super::session::broken;
use crate::contract::{ClassName, ObjectId};
use crate::error::Result;
use crate::inspect::Connection;

const DEADLINE: Duration = Duration::from_secs(20);

/// A connection, and what was seen on the way to it.
pub(super) struct Reached {
    pub(super) connection: PgConnection,
    pub(super) login: String,
    pub(super) version: String,
    pub(super) probes: Vec<Probe>,
}

/// Encryption is asked of the server: behind a pooler that is the pooler's own way to it.
const WHO: &str = "\
select
  session_user::text,
  pg_catalog.current_setting('server_version'),
  pg_catalog.pg_backend_pid()::text,
  coalesce(s.ssl::text, 'false'),
  coalesce(s.version, ''),
  coalesce(s.cipher, ''),
  (pg_catalog.inet_client_addr() is null)::text
from (select 1) x (y)
left join pg_catalog.pg_stat_ssl s on s.pid = pg_catalog.pg_backend_pid()";

const PID: &str = "select pg_catalog.pg_backend_pid()::text";

/// Connects and looks around.
pub(super) async fn reach(target: &Connection) -> Result<Reached> {
    let label = target.label();
    let what = ObjectId::new(ClassName::new("connection"), label.as_str());
    let begin = Instant::now();
    let mut connection = target.connect(DEADLINE).await?;
    let connect = begin.elapsed();
    let begin = Instant::now();
    let row = connection.fetch_one(sqlx::raw_sql("select 1")).await;
    row.map_err(|error| broken(&label, &error))?;
    let query = begin.elapsed();
    let about = texts(&mut connection, WHO)
        .await
        .map_err(|error| broken(&label, &error))?;
    let [login, version, pid, ssl, tls, cipher, is_local] = about.as_slice() else {
        unreachable!("seven columns were asked for")
    };
    let encrypted = match encryption(ssl == "true", tls, cipher, is_local == "true") {
        seen if target.address().is_none() => seen,
        seen => shown(target, seen).await,
    };
    let route = route(target, &mut connection, pid).await;
    let say = |kind, seen: Seen, took| seen.probe(kind, Way::Sql, login, &what, took);
    let probes = vec![
        say(Kind::Connect, Seen::passed(""), connect),
        say(Kind::Query, Seen::passed(""), query),
        say(Kind::Tls, encrypted, Duration::ZERO),
        say(Kind::Route, route, Duration::ZERO),
        say(
            Kind::Server,
            Seen::passed(format!("Postgres {version}")),
            Duration::ZERO,
        ),
    ];
    Ok(Reached {
        login: login.clone(),
        version: version
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned(),
        connection,
        probes,
    })
}

fn encryption(is_encrypted: bool, version: &str, cipher: &str, is_local: bool) -> Seen {
    match (is_encrypted, is_local) {
        (true, _) => Seen::passed(format!("{version}, {cipher}, as the server sees its side")),
        (false, true) => Seen::skipped("a socket on this machine"),
        (false, false) => Seen {
            outcome: Outcome::Unproven,
            ..Seen::passed(
                "the server sees no encryption on its side; behind a pooler that is no word about ours",
            )
        },
    }
}

/// What the server sees of encryption, and the certificate that it shows.
async fn shown(target: &Connection, seen: Seen) -> Seen {
    let Some((host, port)) = target.address() else {
        return seen;
    };
    match certificate(host, port).await {
        Ok(Certificate { words, is_valid }) => Seen {
            outcome: if is_valid {
                seen.outcome
            } else {
                Outcome::Unproven
            },
            ..Seen::passed(match is_valid {
                true => format!("{}; {words}", seen.why),
                false => format!("{}; {words}: today is none of its days", seen.why),
            })
        },
        Err(why) => Seen {
            outcome: seen.outcome,
            ..Seen::passed(format!("{}; {why}", seen.why))
        },
    }
}

/// A pooler in transaction mode gives our place to others between transactions, or gives us the place of
/// another connection of ours. One in session mode cannot be told from none.
async fn route(target: &Connection, first: &mut PgConnection, pid: &str) -> Seen {
    let looks_pooled = target.label().contains("pooler.") || target.label().contains(":6543/");
    let pooled = async {
        let mut second = target.connect(DEADLINE).await.ok()?;
        second
            .execute(sqlx::raw_sql("begin read only"))
            .await
            .ok()?;
        let other = texts(&mut second, PID).await.ok()?;
        let again = texts(first, PID).await.ok()?;
        second.execute(sqlx::raw_sql("rollback")).await.ok()?;
        second.close().await.ok();
        Some(other[0] == pid || again[0] != pid)
    };
    match (pooled.await, looks_pooled) {
        (Some(true), _) => Seen::passed("a pooler in transaction mode"),
        (Some(false), true) => {
            Seen::passed("a pooler, by its name; it keeps one connection for us")
        }
        (Some(false), false) => {
            Seen::passed("direct, or a pooler that keeps one connection for us")
        }
        (None, _) => Seen::unproven("a second connection was not to be had"),
    }
}

async fn texts(
    connection: &mut PgConnection,
    query: &'static str,
) -> Result<Vec<String>, sqlx::Error> {
    let row = connection.fetch_one(sqlx::raw_sql(query)).await?;
    (0..row.len())
        .map(|index| row.try_get_unchecked(index))
        .collect()
}
