//! Parses, runs, prints, and ends with the right status: the only place that prints.

use std::borrow::Cow;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use clap::Parser as _;
use indicatif::{ProgressBar, ProgressStyle};
use pgpact::cli::{Cli, ColorChoice, Command, Flags, Format};
use pgpact::error::{Error, ErrorCode};
use pgpact::github::commands;
use pgpact::progress::Progress;
use pgpact::report::visible;

fn main() -> ExitCode {
    keep_memory_to_ourselves();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(source) => {
            let error = Error::new(ErrorCode::ScratchFailed, "cannot start").with_source(source);
            return ExitCode::from(complain(&error, ColorChoice::Auto));
        }
    };
    let status = runtime.block_on(run());
    // What still parses or counts after a time-out is waited for by nobody.
    runtime.shutdown_background();
    status
}

async fn run() -> ExitCode {
    let interrupted = interrupts();
    let cli = Cli::parse();
    let flags = cli.flags.clone();
    let reading = Reading::of(&cli);
    log_to_stderr(&flags);
    let progress = Shown::new(&flags, reading);
    let outcome = pgpact::cli::run(cli, &progress, interrupted).await;
    progress.clear();
    ExitCode::from(match outcome {
        Ok(output) => {
            let text = progress.reading.prepare(&output.text);
            print(&text, output.status, flags.color)
        }
        Err(error) => complain(&error, flags.color),
    })
}

/// Connection strings and tokens are in memory: no core dump writes them to a disk, and nobody else's process reads
/// them or our environment, one of the same user included. What does not work here is no reason to stop.
fn keep_memory_to_ourselves() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).ok();
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).ok();
}

/// Who acts on standard output besides people: terminals, and a workflow's runner, which takes lines of it for commands.
/// Names and comments are a stranger's.
enum Reading {
    AsItIs,
    Json,
    TextOnRunner,
}

impl Reading {
    /// What is SQL, a script or meant for the runner stays as it is.
    fn of(cli: &Cli) -> Self {
        let is_report = matches!(
            cli.command,
            Command::Verify(_)
                | Command::Diff(_)
                | Command::Smoke(_)
                | Command::Baseline(_)
                | Command::Access(_)
                | Command::Lint(_)
                | Command::Usage(_)
        );
        let is_json = match cli.command {
            Command::Inventory(_) => true,
            Command::Reconcile(_) => cli.flags.format == Format::Json,
            _ => is_report && cli.flags.format == Format::Json,
        };
        match is_json {
            true => Self::Json,
            false if is_report && is_on_runner() => Self::TextOnRunner,
            false => Self::AsItIs,
        }
    }

    fn prepare<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self {
            Self::AsItIs => Cow::Borrowed(text),
            Self::Json => Cow::Owned(commands::harmless_json(text)),
            Self::TextOnRunner => Cow::Owned(commands::harmless(text)),
        }
    }
}

/// Whether lines of output may be taken for commands.
fn is_on_runner() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some()
}

/// Standard error, which the runner reads as well.
struct Log;

impl std::io::Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        std::io::stderr().write_all(for_log(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

fn for_log(text: &str) -> Cow<'_, str> {
    match is_on_runner() {
        true => Cow::Owned(commands::harmless(text)),
        false => Cow::Borrowed(text),
    }
}

fn print(text: &str, status: u8, color: ColorChoice) -> u8 {
    let mut stdout = anstream::AutoStream::new(std::io::stdout(), choice(color));
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => status,
        // A reader that has seen enough, such as `head`, is no failure of ours; a full disk is.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => status,
        Err(error) => complain(
            &Error::new(ErrorCode::ReportFailed, "cannot print the report").with_source(error),
            color,
        ),
    }
}

fn complain(error: &Error, color: ColorChoice) -> u8 {
    let mut stderr = anstream::AutoStream::new(std::io::stderr(), choice(color));
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let help = error
        .help()
        .map(|help| format!("  help: {help}\n"))
        .unwrap_or_default();
    let text = format!(
        "{red}error{red:#}[{}]: {}\n{help}",
        error.code(),
        visible(&error.chain())
    );
    stderr.write_all(for_log(&text).as_bytes()).ok();
    error.code().exit_status()
}

fn choice(color: ColorChoice) -> anstream::ColorChoice {
    match color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    }
}

fn log_to_stderr(flags: &Flags) {
    let level = match (flags.quiet, flags.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "warn,pgpact=info",
        (false, _) => "info,pgpact=debug",
    };
    // sqlx quotes statements and parameters of connection strings in its log.
    let filter = format!("{level},sqlx=error");
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(|| Log)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .with_target(false)
        .init();
}

/// Listens from now on; what comes back waits for the first SIGINT or SIGTERM.
fn interrupts() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};

    let streams = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = streams else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    }
}

/// A spinner or bar on a terminal, plain lines elsewhere, nothing when quiet.
enum Way {
    Bar(ProgressBar),
    Lines(Mutex<String>),
    Nothing,
}

/// The progress of a run, and where its product goes before the end.
struct Shown {
    way: Way,
    color: ColorChoice,
    reading: Reading,
}

impl Shown {
    fn new(flags: &Flags, reading: Reading) -> Self {
        let way = match (flags.quiet, std::io::stderr().is_terminal()) {
            (true, _) => Way::Nothing,
            (false, false) => Way::Lines(Mutex::default()),
            (false, true) => {
                let bar = ProgressBar::new_spinner();
                bar.enable_steady_tick(Duration::from_millis(100));
                Way::Bar(bar)
            }
        };
        let color = flags.color;
        Self {
            way,
            color,
            reading,
        }
    }

    fn clear(&self) {
        if let Way::Bar(bar) = &self.way {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Shown {
    fn phase(&self, what: &str) {
        match &self.way {
            Way::Bar(bar) => {
                bar.set_style(ProgressStyle::default_spinner());
                bar.set_message(what.to_owned());
            }
            Way::Lines(last) => {
                let mut last = last
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                if *last != what {
                    writeln!(Log, "pgpact: {what}").ok();
                    what.clone_into(&mut last);
                }
            }
            Way::Nothing => {}
        }
    }

    fn show(&self, text: &str) {
        let show = || {
            let mut stdout = anstream::AutoStream::new(std::io::stdout(), choice(self.color));
            stdout.write_all(self.reading.prepare(text).as_bytes()).ok();
            stdout.flush().ok();
        };
        match &self.way {
            Way::Bar(bar) => bar.suspend(show),
            Way::Lines(_) | Way::Nothing => show(),
        }
    }

    fn command(&self, line: &str) {
        writeln!(std::io::stdout(), "{line}").ok();
    }

    fn has_person(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    fn confirm(&self, question: &str) -> Option<bool> {
        if !self.has_person() {
            return None;
        }
        self.clear();
        write!(std::io::stderr(), "{question} [y/N] ").ok()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).ok()?;
        Some(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    fn advance(&self, done: usize, total: usize) {
        if let Way::Bar(bar) = &self.way
            && let Ok(style) =
                ProgressStyle::with_template("{spinner} {msg} [{bar:30}] {pos}/{len}")
        {
            bar.set_style(style);
            bar.set_length(u64::try_from(total).unwrap_or(u64::MAX));
            bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        }
    }
}
