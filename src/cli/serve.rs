//! `pgpact serve`.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::mpsc;

use super::flags::{Flags, SideFlags};
use super::output::Output;
use crate::app::{self, SmokeRequest};
use crate::config::{Config, Serve, ServeAlert, ServeCheck, ServeTarget};
use crate::error::{Error, ErrorCode, Result};
use crate::github::IssueKeeper;
use crate::progress::Progress;
use crate::report::{Report, markdown};
use crate::serve::{self, Alert, Board, Check, Database, Round, Schedule, Settings, Target};
use crate::smoke;
use crate::source::Sources;
use crate::web::Ask;

/// How old a verdict may be where a pattern says when there is one: daily ones are, and a little late.
const DAILY: Duration = Duration::from_secs(25 * 60 * 60);

/// The variable that holds what `/admin` asks for, unless the configuration names another.
const TOKEN: &str = "PGPACT_ADMIN_TOKEN";

/// What `serve` takes.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// What is compared.
    #[command(flatten)]
    pub sides: SideFlags,
    /// Where to listen [default: `listen` under [serve] in pgpact.toml, else 127.0.0.1:8080]
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "PGPACT_LISTEN",
        hide_env_values = true
    )]
    pub listen: Option<SocketAddr>,
    /// Ask a server that listens there whether it is ready, and exit with 0 or 1: for the health check of a container
    #[arg(long)]
    pub check: bool,
}

pub(super) async fn run(
    flags: &Flags,
    arguments: &Arguments,
    progress: &dyn Progress,
    interrupted: impl Future<Output = ()>,
) -> Result<Output> {
    if arguments.check {
        return ask(flags, arguments).await;
    }
    let hangups = hangups()?;
    let (settings, work) = settings(flags, arguments)?;
    let (orders, asked) = mpsc::channel(1);
    let board = Arc::new(Board::new(settings, orders));
    let verifier = Verifier {
        flags,
        arguments,
        progress,
        work,
    };
    serve::run(board, asked, verifier, hangups, interrupted).await?;
    Ok(Output {
        text: String::new(),
        status: 0,
    })
}

/// Asks a server on this machine whether it is ready.
async fn ask(flags: &Flags, arguments: &Arguments) -> Result<Output> {
    let mut address = listen(&flags.config()?, arguments)?;
    if address.ip().is_unspecified() {
        let here = match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        address.set_ip(here);
    }
    let asked = Ask::get(format!("http://{address}/readyz")).send();
    let answer = tokio::time::timeout(Duration::from_secs(5), asked).await;
    let (text, status) = match answer {
        Ok(Ok(answer)) if answer.status == 200 => ("ready\n".to_owned(), 0),
        Ok(Ok(answer)) => (format!("not ready: status {}\n", answer.status), 1),
        Ok(Err(why)) => (format!("not ready: {why}\n"), 1),
        Err(_) => ("not ready: no answer\n".to_owned(), 1),
    };
    Ok(Output { text, status })
}

/// Verifies as the configuration says that was read last.
struct Verifier<'a> {
    flags: &'a Flags,
    arguments: &'a Arguments,
    progress: &'a dyn Progress,
    work: Work,
}

/// What is done each time.
struct Work {
    verify: app::Settings,
    smoke: Option<(app::Settings, SmokeRequest)>,
    issues: Vec<Issue>,
}

/// An issue that says how things stand.
struct Issue {
    keeper: IssueKeeper,
    /// What it says; none where nobody knows.
    said: Option<String>,
}

impl Issue {
    /// Brings it up to date, unless it says this already. What GitHub does not take is tried the next time.
    async fn keep(&mut self, report: &Report) {
        let says = markdown::render(
            report,
            &markdown::Options {
                timing: false,
                ..markdown::Options::default()
            },
        );
        if self.said.as_ref() == Some(&says) {
            return;
        }
        match self.keeper.keep(report).await {
            Ok(_) => self.said = Some(says),
            Err(why) => tracing::warn!("an issue was not written: {why}"),
        }
    }
}

impl serve::Orders for Verifier<'_> {
    fn listening(&self, address: SocketAddr) {
        self.progress
            .phase(&format!("listening on http://{address}"));
    }

    async fn verify(&mut self) -> Round {
        let report = app::verify(&self.work.verify, self.progress).await;
        let probes = match &self.work.smoke {
            Some((settings, request)) => Some(app::smoke(settings, request, self.progress).await),
            None => None,
        };
        Round { report, probes }
    }

    async fn told(&mut self, report: &Report) {
        for issue in &mut self.work.issues {
            issue.keep(report).await;
        }
    }

    fn reload(&mut self, board: &Board) {
        match settings(self.flags, self.arguments) {
            Ok((settings, work)) => {
                self.work = work;
                board.reload(settings);
                tracing::info!("read the configuration again");
            }
            Err(error) => tracing::error!("the configuration stays as it was: {}", error.chain()),
        }
    }
}

/// SIGHUP, as often as it comes.
fn hangups() -> Result<mpsc::Receiver<()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut stream = signal(SignalKind::hangup()).map_err(|error| {
        Error::new(ErrorCode::ConfigInvalid, "signals cannot be listened to").with_source(error)
    })?;
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        while stream.recv().await.is_some() {
            // One that waits is as good as two.
            sender.try_send(()).ok();
        }
    });
    Ok(receiver)
}

fn settings(flags: &Flags, arguments: &Arguments) -> Result<(Settings, Work)> {
    let config = flags.config()?;
    let expected = arguments.sides.expected(&config)?;
    let live = arguments.sides.live(&config)?;
    let database = database(&live, flags);
    let serve = of_config(&config, arguments, database)?;
    let issues = config
        .serve
        .alerts
        .iter()
        .map(issue)
        .collect::<Result<Vec<_>>>()?;
    let issues = issues.into_iter().flatten().collect();
    let (probes, ignores) = (super::smoke::configured(&config), config.ignores.clone());
    let mut verify = flags.settings(config, expected, live)?;
    verify.uses_history = true;
    let smoke = serve.probes.then(|| {
        let request = SmokeRequest {
            probes: smoke::Settings {
                schemas: verify.schemas.clone(),
                ..probes
            },
            has_contract: true,
            has_live: true,
            endpoint: None,
        };
        let settings = app::Settings {
            baseline: None,
            ignores,
            ..verify.clone()
        };
        (settings, request)
    });
    Ok((
        serve,
        Work {
            verify,
            smoke,
            issues,
        },
    ))
}

/// What is asked whether it answers.
fn database(live: &Sources, flags: &Flags) -> Option<Database> {
    let wire = live.database().cloned().map(Box::new).map(Database::Wire);
    wire.or_else(|| {
        let project = live.hosted()?.clone();
        Some(Database::Hosted(project.with(&flags.service_access())))
    })
}

fn listen(config: &Config, arguments: &Arguments) -> Result<SocketAddr> {
    let named = arguments.listen.or(config.serve.listen);
    named.map_or_else(
        || {
            Settings::LISTEN.parse().map_err(|error| {
                Error::new(ErrorCode::ConfigInvalid, "the usual address is none").with_source(error)
            })
        },
        Ok,
    )
}

fn of_config(
    config: &Config,
    arguments: &Arguments,
    database: Option<Database>,
) -> Result<Settings> {
    let Serve {
        listen: _,
        every,
        cron,
        jitter,
        max_age,
        fresh,
        slow,
        token,
        checks,
        smoke,
        alerts,
    } = &config.serve;
    let every = every
        .unwrap_or(Duration::from_secs(15 * 60))
        .max(Duration::from_secs(1));
    let token = variable(token.as_deref().unwrap_or(TOKEN));
    if token.is_none() {
        tracing::warn!("{TOKEN} is not set: nobody gets into /admin and /report");
    }
    Ok(Settings {
        listen: listen(config, arguments)?,
        schedule: match cron {
            Some(cron) => Schedule::Cron(Box::new(cron.clone())),
            None => Schedule::Every(every),
        },
        jitter: jitter.unwrap_or(every / 10),
        max_age: max_age.unwrap_or(if cron.is_some() { DAILY } else { every * 4 }),
        fresh: fresh.unwrap_or_else(|| {
            let usual = database.as_ref().map(Database::usual_fresh);
            usual.unwrap_or(Settings::FRESH)
        }),
        slow: slow.unwrap_or(Duration::from_secs(1)),
        token,
        database,
        checks: checks.iter().map(check).collect(),
        probes: *smoke,
        alerts: alerts.iter().filter_map(alert).collect(),
    })
}

fn check(check: &ServeCheck) -> Check {
    let target = match &check.target {
        ServeTarget::Redis(address) => spelled(address).map(Target::Redis),
        ServeTarget::Stripe(key, base) => {
            let base = base.as_deref().unwrap_or("https://api.stripe.com");
            spelled(key).map(|key| Target::Stripe(base.to_owned(), key))
        }
        ServeTarget::Http(address) => spelled(address).map(Target::Http),
        ServeTarget::Tcp(address) => {
            spelled(address).map(|address| Target::Tcp(address.expose_secret().to_owned()))
        }
    };
    Check {
        name: check.name.clone(),
        target,
        timeout: check.timeout.unwrap_or(Duration::from_secs(3)),
        is_required: check.is_required,
    }
}

fn alert(alert: &ServeAlert) -> Option<Alert> {
    let told = match alert {
        ServeAlert::Webhook(address, secret) => {
            let address = variable(address).zip(variable(secret));
            address.map(|(address, secret)| Alert::Webhook(address, secret))
        }
        ServeAlert::Slack(address) => variable(address).map(Alert::Slack),
        // An issue is kept, not told of changes alone.
        ServeAlert::Issue { .. } => return None,
    };
    if told.is_none() {
        tracing::warn!("a variable that an alert names is not set: nobody is told");
    }
    told
}

fn issue(alert: &ServeAlert) -> Result<Option<Issue>> {
    let ServeAlert::Issue {
        repository,
        token,
        api,
    } = alert
    else {
        return Ok(None);
    };
    let Some(token) = variable(token) else {
        tracing::warn!("a variable that an alert names is not set: no issue is written");
        return Ok(None);
    };
    let keeper = IssueKeeper::new(repository, api.as_deref(), &token).map_err(|why| {
        Error::new(ErrorCode::ConfigInvalid, format!("an alert by GitHub cannot be used: {why}"))
            .with_help("Give it github = \"owner/name\" and token = \"env:NAME\", with permission to write issues.")
    })?;
    Ok(Some(Issue { keeper, said: None }))
}

/// What a text says, or the variable that it names; none where that is not set.
fn spelled(text: &str) -> Option<SecretString> {
    match text.strip_prefix("env:") {
        Some(name) => variable(name),
        None => Some(text.to_owned().into()),
    }
}

fn variable(name: &str) -> Option<SecretString> {
    let value = std::env::var(name).unwrap_or_default();
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned().into())
}
