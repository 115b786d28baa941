//! `[serve]` of the configuration.

use std::net::SocketAddr;
use std::time::Duration;

use croner::Cron;
use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use super::Place;
use crate::error::Result;

/// What `[serve]` says, checked.
#[derive(Debug, Clone, Default)]
pub struct Serve {
    /// Where it listens.
    pub listen: Option<SocketAddr>,
    /// How long after one verification the next one begins.
    pub every: Option<Duration>,
    /// At which times instead.
    pub cron: Option<Cron>,
    /// Up to how much later.
    pub jitter: Option<Duration>,
    /// How old the last verdict may be for the server to be ready.
    pub max_age: Option<Duration>,
    /// How long an answer about health is good for.
    pub fresh: Option<Duration>,
    /// How long an answer of the database may take.
    pub slow: Option<Duration>,
    /// The variable that holds what `/admin` asks for.
    pub token: Option<String>,
    /// What else is checked.
    pub checks: Vec<ServeCheck>,
    /// Whether running databases are probed as `pgpact smoke` does.
    pub smoke: bool,
    /// Who is told when the verdict changes.
    pub alerts: Vec<ServeAlert>,
}

/// Who is told when the verdict changes; addresses and secrets are variables.
#[derive(Debug, Clone)]
pub enum ServeAlert {
    /// An address, and what the message is signed with.
    Webhook(String, String),
    /// An incoming webhook of Slack, or of what speaks like it.
    Slack(String),
    /// An issue in a repository, and what may write it; the address of the API where it is another than usual.
    Issue {
        /// As `owner/name`.
        repository: String,
        /// A variable.
        token: String,
        /// As it is.
        api: Option<String>,
    },
}

/// Something that is checked besides the database.
#[derive(Debug, Clone)]
pub struct ServeCheck {
    /// What it is called in answers.
    pub name: String,
    /// What it is, and its address or `env:NAME`.
    pub target: ServeTarget,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Whether nothing works without it.
    pub is_required: bool,
}

/// What is checked; each is an address, or `env:NAME` for a variable that holds it.
#[derive(Debug, Clone)]
pub enum ServeTarget {
    /// A Redis server.
    Redis(String),
    /// A key of Stripe, and the API's address where it is another than usual.
    Stripe(String, Option<String>),
    /// An address that answers with success.
    Http(String),
    /// Host and port.
    Tcp(String),
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawServe {
    listen: Option<Spanned<String>>,
    every: Option<Spanned<String>>,
    cron: Option<Spanned<String>>,
    jitter: Option<Spanned<String>>,
    #[serde(alias = "max-age")]
    max_age: Option<Spanned<String>>,
    fresh: Option<Spanned<String>>,
    slow: Option<Spanned<String>>,
    token: Option<Spanned<String>>,
    #[serde(default)]
    smoke: bool,
    #[serde(default)]
    check: Vec<Spanned<RawCheck>>,
    #[serde(default)]
    alert: Vec<Spanned<RawAlert>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAlert {
    webhook: Option<String>,
    secret: Option<String>,
    slack: Option<String>,
    github: Option<String>,
    #[serde(alias = "github-api")]
    github_api: Option<String>,
    token: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    name: String,
    redis: Option<String>,
    stripe: Option<String>,
    #[serde(alias = "stripe-api")]
    stripe_api: Option<String>,
    http: Option<String>,
    tcp: Option<String>,
    timeout: Option<Spanned<String>>,
    required: Option<bool>,
}

impl RawServe {
    pub(super) fn checked(self, place: &Place<'_>) -> Result<Serve> {
        let duration = |spelled: &Option<Spanned<String>>| {
            let spelled = spelled.as_ref();
            spelled.map(|spelled| duration(place, spelled)).transpose()
        };
        let listen = self.listen.as_ref().map(|spelled| {
            spelled.get_ref().parse().map_err(|_| {
                place
                    .error(spelled.span().start, "listen is no address with a port")
                    .with_help("Spell it 127.0.0.1:8080, or 0.0.0.0:8080 for all interfaces.")
            })
        });
        let cron = self.cron.as_ref().map(|spelled| {
            let at = spelled.span().start;
            if self.every.is_some() {
                return Err(place.error(at, "cron and every exclude each other"));
            }
            spelled.get_ref().parse::<Cron>().map_err(|error| {
                place
                    .error(at, &format!("{:?}: {error}", spelled.get_ref()))
                    .with_help("Spell it as for cron, in UTC: \"17 2 * * *\".")
            })
        });
        let token = self.token.as_ref().map(|spelled| {
            let name = spelled.get_ref().strip_prefix("env:");
            name.map(str::to_owned).ok_or_else(|| {
                place
                    .error(spelled.span().start, "a token stands in no file")
                    .with_help(
                        "Name the variable that holds it: token = \"env:PGPACT_ADMIN_TOKEN\".",
                    )
            })
        });
        let checks = self.check.iter().map(|check| checked(place, check));
        let alerts = self.alert.iter().map(|alert| told(place, alert));
        Ok(Serve {
            listen: listen.transpose()?,
            every: duration(&self.every)?,
            cron: cron.transpose()?,
            jitter: duration(&self.jitter)?,
            max_age: duration(&self.max_age)?,
            fresh: duration(&self.fresh)?,
            slow: duration(&self.slow)?,
            token: token.transpose()?,
            checks: checks.collect::<Result<_>>()?,
            smoke: self.smoke,
            alerts: alerts.collect::<Result<_>>()?,
        })
    }
}

fn checked(place: &Place<'_>, check: &Spanned<RawCheck>) -> Result<ServeCheck> {
    let raw = check.get_ref();
    let named = [
        raw.redis.clone().map(ServeTarget::Redis),
        raw.stripe
            .clone()
            .map(|key| ServeTarget::Stripe(key, raw.stripe_api.clone())),
        raw.http.clone().map(ServeTarget::Http),
        raw.tcp.clone().map(ServeTarget::Tcp),
    ];
    let mut named = named.into_iter().flatten();
    let (Some(target), None) = (named.next(), named.next()) else {
        return Err(place
            .error(check.span().start, "a check names no target, or several")
            .with_help("Give it one of redis, stripe, http, tcp."));
    };
    if let ServeTarget::Stripe(key, _) = &target
        && !key.starts_with("env:")
    {
        return Err(place
            .error(check.span().start, "a key of Stripe stands in no file")
            .with_help("Name the variable that holds it: stripe = \"env:STRIPE_KEY\"."));
    }
    let timeout = raw.timeout.as_ref();
    Ok(ServeCheck {
        name: raw.name.clone(),
        target,
        timeout: timeout
            .map(|spelled| duration(place, spelled))
            .transpose()?,
        is_required: raw.required.unwrap_or(true),
    })
}

fn told(place: &Place<'_>, alert: &Spanned<RawAlert>) -> Result<ServeAlert> {
    let raw = alert.get_ref();
    let named = |spelled: &str| spelled.strip_prefix("env:").map(str::to_owned);
    let alert_of = match (
        &raw.webhook,
        &raw.secret,
        &raw.slack,
        &raw.github,
        &raw.token,
    ) {
        (Some(address), Some(secret), None, None, None) => named(address)
            .zip(named(secret))
            .map(|(address, secret)| ServeAlert::Webhook(address, secret)),
        (None, None, Some(address), None, None) => named(address).map(ServeAlert::Slack),
        (None, None, None, Some(repository), Some(token)) => {
            named(token).map(|token| ServeAlert::Issue {
                repository: repository.clone(),
                token,
                api: raw.github_api.clone(),
            })
        }
        _ => None,
    };
    alert_of.ok_or_else(|| {
        place
            .error(alert.span().start, "an alert names no variables that say whom to tell")
            .with_help("Give it slack = \"env:NAME\", or webhook and secret = \"env:NAME\", or github = \"owner/name\" and token = \"env:NAME\".")
    })
}

fn duration(place: &Place<'_>, spelled: &Spanned<String>) -> Result<Duration> {
    let parsed: Option<SignedDuration> = spelled.get_ref().parse().ok();
    let parsed = parsed.and_then(|parsed| Duration::try_from(parsed).ok());
    parsed.ok_or_else(|| {
        let message = format!("{:?} is no length of time", spelled.get_ref());
        place
            .error(spelled.span().start, &message)
            .with_help("Spell it 30s, 15m, 1h30m.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    #[test]
    fn lengths_of_time_and_targets_are_read() {
        let text = "[serve]\nlisten = \"0.0.0.0:9\"\nevery = \"1h30m\"\ntoken = \"env:T\"\n\
                    [[serve.check]]\nname = \"cache\"\nredis = \"env:REDIS_URL\"\ntimeout = \"250ms\"\n";
        let serve = parse(text, "pgpact.toml").unwrap().serve;
        assert_eq!(serve.every, Some(Duration::from_secs(5400)));
        assert_eq!(serve.token.as_deref(), Some("T"));
        assert!(
            matches!(&serve.checks[0].target, ServeTarget::Redis(env) if env == "env:REDIS_URL")
        );
        assert_eq!(serve.checks[0].timeout, Some(Duration::from_millis(250)));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, why) in [
            (
                "[serve]\nevery = \"soon\"\n",
                "pgpact.toml:2: \"soon\" is no length of time",
            ),
            (
                "[serve]\nevery = \"-5s\"\n",
                "pgpact.toml:2: \"-5s\" is no length of time",
            ),
            (
                "[serve]\nevery = \"1h\"\ncron = \"* * * * *\"\n",
                "pgpact.toml:3: cron and every exclude each other",
            ),
            (
                "[serve]\nlisten = \"8080\"\n",
                "pgpact.toml:2: listen is no address with a port",
            ),
            (
                "[serve]\ntoken = \"abc\"\n",
                "pgpact.toml:2: a token stands in no file",
            ),
            (
                "[[serve.check]]\nname = \"a\"\n",
                "pgpact.toml:1: a check names no target, or several",
            ),
            (
                "[[serve.check]]\nname = \"a\"\nstripe = \"sk_live_1\"\n",
                "pgpact.toml:1: a key of Stripe stands in no file",
            ),
        ] {
            assert_eq!(parse(text, "pgpact.toml").unwrap_err().to_string(), why);
        }
    }
}
