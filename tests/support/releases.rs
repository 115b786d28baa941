//! A stand-in for what serves releases of Postgres: archives made of the one this machine has, over HTTP.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use sha2::{Digest as _, Sha256};

use super::postgres::installation;

/// What is answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
    /// So many bytes are sent of what was announced.
    pub(crate) sent: usize,
}

impl Reply {
    pub(crate) fn of(body: Vec<u8>) -> Self {
        Self {
            status: 200,
            location: None,
            sent: body.len(),
            body,
        }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::of(Vec::new())
        }
    }
}

/// Serves releases for as long as the test runs.
pub(crate) struct Releases {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Releases {
    /// Answers what a function says of a path.
    pub(crate) fn serving(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (asked.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (log.clone(), answer.clone());
                std::thread::spawn(move || respond(stream, &log, &*answer));
            }
        });
        Self { port, asked }
    }

    /// The release that was asked for, made of files, and its checksum.
    pub(crate) fn of(files: fn(name: &str) -> Vec<u8>) -> Self {
        Self::serving(move |path| release(path, files))
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/releases", self.port)
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Answers a path with the archive of its name or the checksum of that.
pub(crate) fn release(path: &str, files: impl Fn(&str) -> Vec<u8>) -> Reply {
    let file = path.rsplit('/').next().unwrap();
    match file.strip_suffix(".sha256") {
        Some(archive) => Reply::of(checksum(archive, &files(name_of(archive)))),
        None => Reply::of(files(name_of(file))),
    }
}

fn name_of(file: &str) -> &str {
    file.strip_suffix(".tar.gz").unwrap()
}

/// A line as `shasum` writes it.
pub(crate) fn checksum(file: &str, archive: &[u8]) -> Vec<u8> {
    let sum = Sha256::digest(archive);
    let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{sum}  {file}\n").into_bytes()
}

fn respond(stream: TcpStream, log: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Reply) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else {
        return;
    };
    while lines
        .next()
        .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
    {}
    let path = first.split(' ').nth(1).unwrap().to_owned();
    log.lock().unwrap().push(path.clone());
    let reply = answer(&path);
    let location = reply.location.map(|to| format!("location: {to}\r\n"));
    let head = format!(
        "HTTP/1.1 {} -\r\ncontent-length: {}\r\nconnection: close\r\n{}\r\n",
        reply.status,
        reply.body.len(),
        location.unwrap_or_default()
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes()).ok();
    stream.write_all(&reply.body[..reply.sent]).ok();
}

/// An archive of files with their text; programs in `bin` can be run.
pub(crate) fn archive(files: &[(String, String)]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        // Written as it is: the library refuses to write what nobody should unpack.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_mode(if path.contains("/bin/") { 0o755 } else { 0o644 });
        header.set_size(text.len() as u64);
        header.set_cksum();
        builder.append(&header, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// A release whose programs are those of this machine.
pub(crate) fn small(name: &str) -> Vec<u8> {
    scripts(name, &installation(15).unwrap())
}

/// A release whose programs are those of a folder.
pub(crate) fn scripts(name: &str, bin: &Path) -> Vec<u8> {
    let files = ["initdb", "postgres"].map(|program| {
        let real = bin.join(program);
        let script = format!("#!/bin/sh\nexec {} \"$@\"\n", real.display());
        (format!("{name}/bin/{program}"), script)
    });
    archive(&files)
}

/// A release that holds the programs themselves, their libraries and what is shared; packed once, since two archives of
/// the same files differ by when they were packed.
pub(crate) fn whole(name: &str) -> Vec<u8> {
    static PACKED: OnceLock<Vec<u8>> = OnceLock::new();
    PACKED.get_or_init(|| packed(name)).clone()
}

fn packed(name: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let real = installation(15).unwrap();
    let top = folder.path().join(name);
    std::fs::create_dir_all(top.join("bin")).unwrap();
    for program in ["initdb", "postgres"] {
        std::fs::copy(real.join(program), top.join("bin").join(program)).unwrap();
    }
    let copy = |from: &Path, to: &str| {
        let mut copy = Command::new("cp");
        let copied = copy.arg("-rL").arg(from).arg(top.join(to)).status();
        assert!(copied.unwrap().success());
    };
    copy(&real.parent().unwrap().join("lib"), "lib");
    std::fs::remove_dir_all(top.join("lib/bitcode")).ok();
    let share = Path::new("/usr/share/postgresql/15");
    if share.exists() {
        copy(share, "share");
    }
    let packed = Command::new("tar")
        .args(["-cz", "-C"])
        .arg(folder.path())
        .arg(name)
        .output()
        .unwrap();
    assert!(packed.status.success());
    packed.stdout
}
