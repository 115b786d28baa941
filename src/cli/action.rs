//! `pgpact action`: the same as `verify`, told by a workflow and reported to GitHub.

mod base;
mod proposal;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Parser as _, ValueEnum};
use secrecy::SecretString;

use super::flags::{Flags, Format};
use super::output::Output;
use super::targets::{self, Work};
use super::{Cli, Command, verify};
use crate::app::{self, Settings};
use crate::error::{Error, ErrorCode, Result};
use crate::github::{
    self, CheckRunMode, CommentMode, Environment, Event, Published, Publisher, commands,
};
use crate::progress::Progress;
use crate::report::{self, Report, Side, Threshold};

type Variables = BTreeMap<String, String>;

pub(super) async fn run(
    variables: Variables,
    progress: &dyn Progress,
    interrupted: impl Future<Output = ()>,
) -> Result<Output> {
    tokio::pin!(interrupted);
    mask(&variables, progress);
    let environment = Environment::from_variables(&variables);
    let event = Event::read(&environment)?;
    let has_no_secrets = event
        .pull_request()
        .is_some_and(|pull| pull.from_fork || pull.by_dependabot);
    let publishing = publishing(&variables)?;
    let mut publisher =
        Publisher::begin(environment.clone(), event.clone(), publishing.clone()).await;
    let work = async {
        let mut work = prepare(&variables, has_no_secrets)?;
        if work.finds_base {
            let config = work.flags.configured()?;
            for settings in work.what.settings() {
                let expected = &settings.expected;
                let base = base::of(&event, &environment, &publishing, expected, &config).await?;
                if let Some(base) = base {
                    settings.base = Some(base.sources);
                    settings.always_looks = base.touches_config;
                }
            }
        }
        Ok(work)
    };
    let (flags, settings, report) = tokio::select! {
        outcome = look(work, progress) => outcome,
        () = &mut interrupted => {
            say_notices(&publisher.cancel().await, progress);
            return Err(Error::new(ErrorCode::Interrupted, "interrupted"));
        }
    };
    let status = written(flags.as_ref(), &report, progress);
    if let Some(settings) = &settings {
        tokio::select! {
            () = proposal::keep(&mut publisher, &environment, settings, &report, progress) => {}
            () = &mut interrupted => progress.command(&commands::remark(
                report::annotations::Level::Notice,
                "pgpact",
                "interrupted before a pull request was written",
            )),
        }
    }
    let json = flags.as_ref().and_then(json_report);
    let published = publisher.finish(&report, json.as_deref()).await;
    say(&published, progress);
    let text = anstream::adapter::strip_str(&verify::render(&report, Format::Text)).to_string();
    Ok(Output {
        text: commands::untrusted(&text) + "\n",
        status,
    })
}

/// Writes the reports that were asked for; the exit status, which a report that cannot be written makes worse.
fn written(flags: Option<&Flags>, report: &Report, progress: &dyn Progress) -> u8 {
    let status = report.exit_status();
    let Some(Err(error)) = flags.map(|flags| verify::write_reports(flags, report)) else {
        return status;
    };
    progress.command(&commands::remark(
        report::annotations::Level::Failure,
        "report",
        &error.chain(),
    ));
    status.max(error.code().exit_status())
}

/// Sides as the pipeline takes them; without live where that is to be expected.
struct Prepared {
    flags: Flags,
    what: Work,
    looks_at_live: bool,
    finds_base: bool,
}

/// A wrong input must end as a report that says so, not as a job that says nothing.
async fn look(
    work: impl Future<Output = Result<Prepared>>,
    progress: &dyn Progress,
) -> (Option<Flags>, Option<Settings>, Report) {
    let ended = async {
        let Prepared {
            flags,
            what,
            looks_at_live,
            ..
        } = work.await?;
        // A proposal is one database's.
        let (settings, report) = match what {
            Work::One(settings) if looks_at_live => {
                let report = app::verify(&settings, progress).await;
                (Some(*settings), report)
            }
            Work::One(settings) => (None, app::replay(&settings, progress).await),
            what @ (Work::Fleet(_) | Work::Reported(_)) => {
                (None, verify::look(what, progress).await?)
            }
        };
        Ok((flags, settings, report))
    };
    match ended.await {
        Ok((flags, settings, report)) => (Some(flags), settings, report),
        Err(error) => {
            let nothing = Side::default;
            let report = Report::unknown(&error, nothing(), nothing(), Threshold::Never);
            (None, None, report)
        }
    }
}

fn prepare(variables: &Variables, has_no_secrets: bool) -> Result<Prepared> {
    let (flags, arguments) = parse(variables)?;
    let verify::Arguments {
        sides,
        change,
        targets,
        watch: _,
    } = arguments;
    let merged = lines(input(variables, "merge").unwrap_or_default());
    if !merged.is_empty() {
        return Ok(Prepared {
            flags,
            what: Work::Reported(merged.into_iter().map(PathBuf::from).collect()),
            looks_at_live: true,
            finds_base: false,
        });
    }
    let config = flags.config()?;
    let finds_base = change.base.is_empty();
    // Targets stand in the file whether there are secrets to reach them or not.
    let is_given = (has_live(variables) || !config.live.is_empty())
        // The source's name is no secret, what is asked for there is.
        && !(has_no_secrets && flags.is_locked_out_of(&sides.live(&config)?));
    let looks_at_live = is_given || !has_no_secrets;
    let what = match looks_at_live {
        true => targets.work(&flags, config, &sides, &change)?,
        false => {
            let expected = sides.expected(&config)?;
            let settings = targets::settings(&flags, config, &change, expected.clone(), expected)?;
            Work::One(Box::new(settings))
        }
    };
    Ok(Prepared {
        flags,
        what,
        looks_at_live,
        finds_base,
    })
}

/// What stands on lines of their own.
fn lines(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).collect()
}

fn has_live(variables: &Variables) -> bool {
    let names = ["PGPACT_LIVE", "DATABASE_URL", "SUPABASE_DB_URL"];
    live_input(variables).is_some()
        || names.iter().any(|name| {
            variables
                .get(*name)
                .is_some_and(|value| !value.trim().is_empty())
        })
}

/// Inputs as the flags of the same name.
fn arguments(variables: &Variables) -> Vec<String> {
    let mut arguments = vec!["pgpact".to_owned(), "verify".to_owned()];
    let mut add = |flag: &str, value: &str| arguments.push(format!("--{flag}={value}"));
    for name in [
        "config",
        "fail-on",
        "fail-on-drift",
        "wait",
        "scratch",
        "scratch-limit",
        "cache",
        "platform",
        "access",
        "lint",
        "shard",
        "jobs",
        "supabase-access-token",
    ] {
        if let Some(value) = input(variables, name) {
            add(name, value);
        }
    }
    if let Some(value) = input(variables, "timeout") {
        add("timeout", value.trim_end_matches('s').trim());
    }
    for (name, flag) in [
        ("expected", "expected"),
        ("base", "base"),
        ("schemas", "schema"),
        ("report", "report"),
        ("usage", "usage"),
        ("target", "target"),
    ] {
        let value = input(variables, name).unwrap_or_default();
        let separators: &[char] = if matches!(name, "expected" | "base") {
            &['\n']
        } else {
            &['\n', ',']
        };
        value
            .split(separators)
            .map(str::trim)
            .filter(|one| !one.is_empty())
            .for_each(|one| add(flag, one));
    }
    let live = live_input(variables).unwrap_or_default();
    lines(live).into_iter().for_each(|one| add("live", one));
    arguments
}

/// Inputs are checked as the flags are.
fn parse(variables: &Variables) -> Result<(Flags, verify::Arguments)> {
    let arguments = arguments(variables);
    let cli = Cli::try_parse_from(arguments).map_err(|error| {
        let text = error.to_string();
        let first = text
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned();
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("an input cannot be used: {first}"),
        )
        .with_help("Inputs have the names and values of the flags of `pgpact verify`.")
    })?;
    match cli.command {
        Command::Verify(arguments) => Ok((cli.flags, arguments)),
        Command::Diff(_)
        | Command::Reconcile(_)
        | Command::Smoke(_)
        | Command::Inventory(_)
        | Command::Baseline(_)
        | Command::Access(_)
        | Command::Lint(_)
        | Command::Usage(_)
        | Command::Serve(_)
        | Command::Matrix(_)
        | Command::Merge(_)
        | Command::Scratch(_)
        | Command::Init(_)
        | Command::Explain(_)
        | Command::Man(_)
        | Command::Action
        | Command::Completions(_) => {
            unreachable!("the arguments begin with verify")
        }
    }
}

fn publishing(variables: &Variables) -> Result<github::Settings> {
    let usual = github::Settings::default();
    let text = |name: &str| input(variables, name).map(str::to_owned);
    Ok(github::Settings {
        check_run: word::<CheckRunMode>(variables, "check-run")?.unwrap_or_default(),
        check_name: text("check-name").unwrap_or(usual.check_name),
        comment: word::<CommentMode>(variables, "comment")?.unwrap_or_default(),
        comment_key: text("comment-key").unwrap_or_default(),
        issue_on_schedule: input(variables, "issue-on-schedule") != Some("false"),
        open_pull_request: input(variables, "open-pull-request") == Some("true"),
        token: text("token").map(SecretString::from),
        today: usual.today,
        patience: usual.patience,
    })
}

fn word<T: ValueEnum>(variables: &Variables, name: &str) -> Result<Option<T>> {
    let Some(value) = input(variables, name) else {
        return Ok(None);
    };
    T::from_str(value, true).map(Some).map_err(|_| {
        let known: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|variant| Some(variant.to_possible_value()?.get_name().to_owned()))
            .collect();
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("input {name}: {value:?} is none of {}", known.join(", ")),
        )
        .with_help("Correct the input in the workflow.")
    })
}

/// An input as the runner hands it over: upper case, dashes kept; an empty one counts as not given.
fn input<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    let dashed = format!("INPUT_{}", name.to_uppercase());
    let value = variables
        .get(&dashed)
        .or_else(|| variables.get(&dashed.replace('-', "_")))?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

fn live_input(variables: &Variables) -> Option<&str> {
    input(variables, "live").or_else(|| input(variables, "database-url"))
}

/// Before anything else is printed, the runner is told what must never show.
fn mask(variables: &Variables, progress: &dyn Progress) {
    let names = [
        "PGPACT_LIVE",
        "DATABASE_URL",
        "SUPABASE_DB_URL",
        "PGPACT_SCRATCH",
    ];
    let inputs = [live_input(variables), input(variables, "scratch")];
    let given = names
        .iter()
        .filter_map(|name| variables.get(*name).map(String::as_str))
        .chain(inputs.into_iter().flatten())
        // Variables of targets have any name.
        .chain(
            variables
                .values()
                .map(String::as_str)
                .filter(|value| is_connection(value)),
        );
    let keys = [
        "SUPABASE_ACCESS_TOKEN",
        "PGPACT_REST_KEY",
        "SUPABASE_SERVICE_ROLE_KEY",
    ];
    let keys = keys
        .iter()
        .filter_map(|name| variables.get(*name).map(|key| key.trim()))
        .chain(input(variables, "supabase-access-token"));
    for key in keys.filter(|key| !key.is_empty()) {
        progress.command(&commands::add_mask(&SecretString::from(key.to_owned())));
    }
    for url in given
        .flat_map(str::lines)
        .map(str::trim)
        .filter(|one| one.contains("://"))
    {
        for secret in github::masks_for(&SecretString::from(url.to_owned())) {
            progress.command(&commands::add_mask(&secret));
        }
    }
}

fn is_connection(value: &str) -> bool {
    let value = value.trim_start();
    value.starts_with("postgres://") || value.starts_with("postgresql://")
}

fn json_report(flags: &Flags) -> Option<PathBuf> {
    let mut files = flags.reports.iter();
    files
        .find(|(format, _)| *format == Format::Json)
        .map(|(_, path)| path.clone())
}

fn say(published: &Published, progress: &dyn Progress) {
    published
        .log_lines
        .iter()
        .for_each(|line| progress.command(line));
    say_notices(&published.notices, progress);
}

fn say_notices(notices: &[String], progress: &dyn Progress) {
    for notice in notices {
        progress.command(&commands::remark(
            report::annotations::Level::Notice,
            "pgpact",
            notice,
        ));
    }
}
