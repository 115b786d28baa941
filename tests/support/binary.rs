//! The real binary, with an environment of nothing but what a test gives it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A run of the binary.
pub(crate) struct Run {
    command: Command,
}

/// What came of it.
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgpact"));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null());
        for name in ["PGPACT_PG_BIN", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        Self { command }
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn end(mut self) -> Ended {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command.output().unwrap();
        Ended {
            status: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Begins, for who reads along while it runs.
    pub(crate) fn begin(mut self) -> std::process::Child {
        self.command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// The same, and the most memory that it took, in MiB; nothing where the system does not say.
    pub(crate) fn end_with_peak(mut self) -> (Ended, u64) {
        use std::io::{Read as _, Seek as _};

        let mut files = [tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap()];
        self.command.stdout(files[0].try_clone().unwrap());
        self.command.stderr(files[1].try_clone().unwrap());
        let mut child = self.command.spawn().unwrap();
        let path = format!("/proc/{}/status", child.id());
        let mut peak = 0;
        let status = loop {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
            peak = peak.max(kib.unwrap_or(0) >> 10);
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        let [stdout, stderr] = files.each_mut().map(|file| {
            let mut text = String::new();
            file.rewind().unwrap();
            file.read_to_string(&mut text).unwrap();
            text
        });
        let status = status.code().unwrap_or(-1);
        let ended = Ended {
            status,
            stdout,
            stderr,
        };
        (ended, peak)
    }

    /// Gives standard output to a file.
    pub(crate) fn stdout_to(mut self, path: &str) -> i32 {
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        let status = self.command.stdout(file).stderr(Stdio::null()).status();
        status.unwrap().code().unwrap_or(-1)
    }

    /// Runs by way of another program.
    pub(crate) fn by(self, program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .env_clear()
            .current_dir(self.command.get_current_dir().unwrap())
            .stdin(Stdio::null());
        for (name, value) in self.command.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        Self { command }
    }

    /// Runs as nobody, where we are root: what root may do would hide what others may not.
    pub(crate) fn by_nobody(mut self) -> Self {
        use std::os::unix::process::CommandExt as _;

        if super::own::is_root() {
            self.command.uid(super::own::NOBODY).gid(super::own::NOBODY);
        }
        self
    }

    pub(crate) fn spawn(mut self) -> std::process::Child {
        self.command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in {}{}", self.stdout, self.stderr))
    }

    /// Findings as `.findings` files spell them.
    pub(crate) fn findings(&self) -> Vec<String> {
        let report = self.json();
        let findings = report["findings"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let mut lines: Vec<String> = findings
            .map(|finding| {
                format!(
                    "{} {} {}:{} {}",
                    text(&finding["severity"]),
                    text(&finding["code"]),
                    text(&finding["class"]),
                    text(&finding["object"]),
                    text(&finding["fact"])
                )
            })
            .collect();
        lines.sort();
        lines
    }
}
