//! A Postgres of our own over TCP, that can be killed and started again: what a scratch is made never to be.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::postgres::installation;

/// Nobody's numbers: Postgres refuses to run as root.
pub(crate) const NOBODY: u32 = 65_534;

/// So many columns that reading them is worth a second connection.
pub(crate) const WIDE: &str = "do $$ begin
  for i in 1 .. 30 loop
    execute format('create table public.wide_%s (%s)', i,
      (select string_agg(format('column_%s int', j), ', ') from generate_series(1, 1500) j));
  end loop;
end $$;";

pub(crate) struct OwnServer {
    bin: PathBuf,
    arguments: Vec<String>,
    process: Option<Child>,
    pub(crate) port: u16,
    pub(crate) folder: tempfile::TempDir,
}

impl OwnServer {
    /// A cluster in a folder, not started; none where there is no such server on this machine.
    pub(crate) fn new() -> Option<Self> {
        let bin = installation(15)?;
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            bin,
            arguments: Vec::new(),
            process: None,
            port: listener.local_addr().unwrap().port(),
            folder,
        };
        server.give(server.folder.path());
        let made = server
            .program("initdb")
            .args(["-D", "data", "-A", "trust", "-U", "postgres", "--no-sync"])
            .status()
            .unwrap();
        assert!(made.success());
        Some(server)
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Gives a file to who runs the server.
    pub(crate) fn give(&self, path: &Path) {
        if is_root() {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }

    /// Starts it with settings, and waits until it takes connections.
    pub(crate) fn start(&mut self, settings: &[String]) {
        self.set(settings);
        self.restart();
    }

    /// Starts it with a log of all statements, each line with the application and the process, and these settings.
    pub(crate) fn start_logging(&mut self, settings: &[&str]) {
        let logging = [
            "log_statement=all",
            "logging_collector=on",
            "log_directory=log",
            "log_filename=all.log",
            "log_line_prefix=%m|%a|%p|",
            "log_min_error_statement=panic",
            "autovacuum=off",
        ];
        let all = logging.iter().chain(settings);
        self.start(&all.map(|setting| (*setting).to_owned()).collect::<Vec<_>>());
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.at("data/log/all.log")).unwrap()
    }

    /// A connection of the test's own, which the log tells apart by its name.
    pub(crate) async fn connect(&self, user: &str) -> PgConnection {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(user)
            .database("postgres")
            .application_name("test");
        options.connect().await.unwrap()
    }

    /// Settings for the next start.
    pub(crate) fn set(&mut self, settings: &[String]) {
        self.arguments = settings
            .iter()
            .flat_map(|setting| ["-c".to_owned(), setting.clone()])
            .collect();
    }

    /// Starts it as it was started before, and waits until it takes connections.
    pub(crate) fn restart(&mut self) {
        let begin = Instant::now();
        let mut process = self.spawn();
        while !self.is_ready() {
            // What is left of one that was killed keeps its place for a moment.
            if process.try_wait().unwrap().is_some() {
                process = self.spawn();
            }
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "it never listens"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        self.process = Some(process);
    }

    fn spawn(&self) -> Child {
        self.program("postgres")
            .args(["-D", "data", "-k", "", "-h", "127.0.0.1"])
            .args(["-p", &self.port.to_string(), "-c", "fsync=off"])
            .args(&self.arguments)
            .spawn()
            .unwrap()
    }

    /// Whether it answers a startup packet with anything but that it is not there yet (SQLSTATE 57P03).
    fn is_ready(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let parameters = b"user\0postgres\0database\0postgres\0\0";
        let length = u32::try_from(8 + parameters.len()).unwrap();
        let mut packet = length.to_be_bytes().to_vec();
        packet.extend(196_608_u32.to_be_bytes());
        packet.extend(parameters);
        let mut answer = [0; 256];
        let read = stream
            .write_all(&packet)
            .and_then(|()| stream.read(&mut answer));
        let answer = &answer[..read.unwrap_or(0)];
        !answer.is_empty() && !answer.windows(5).any(|code| code == b"57P03")
    }

    /// Ends it as no administrator would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Ends it in order, so that nothing has to be recovered.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let pid = process.id().to_string();
            Command::new("kill").args(["-INT", &pid]).status().unwrap();
            process.wait().unwrap();
        }
    }

    /// Sends a signal to it and to whatever serves connections.
    pub(crate) fn signal(&self, name: &str) {
        let Some(process) = &self.process else { return };
        let children = format!("/proc/{0}/task/{0}/children", process.id());
        let children = fs::read_to_string(children).unwrap_or_default();
        let own = process.id().to_string();
        for pid in std::iter::once(own.as_str()).chain(children.split_whitespace()) {
            Command::new("kill")
                .args(["-s", name, pid])
                .status()
                .unwrap();
        }
    }

    /// Starts it and does not wait for it to take connections.
    pub(crate) fn start_only(&mut self) {
        self.process = Some(self.spawn());
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // What is stopped takes no other signal.
        self.signal("CONT");
        if let Some(mut process) = self.process.take() {
            // At once, but in order: nothing of it stays in shared memory.
            let pid = process.id().to_string();
            Command::new("kill").args(["-QUIT", &pid]).status().ok();
            process.wait().ok();
        }
    }
}

pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
