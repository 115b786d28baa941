//! The download of an archive, held to the checksum that its release gives.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::release::Release;
use super::{failed, refused};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::web::{Ask, Flow, Lost};

/// An archive is some 10 MiB, on Windows 50.
const MOST: usize = 256 << 20;
/// A checksum is a line.
const MOST_OF_CHECKSUM: usize = 4 << 10;
/// How long nothing may come.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a service may be out of order, and how long it is left alone then.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);
/// From where a release is named to where it lies.
const REDIRECTS: usize = 5;

/// What went wrong with a request, and whether it may go better the next time.
struct Trouble {
    error: Error,
    may_pass: bool,
}

/// Downloads a release's archive into a file. The checksum comes first: without one, nothing is.
pub(super) async fn download(
    from: &str,
    release: &Release,
    file: &Path,
    progress: &dyn Progress,
) -> Result<()> {
    let address = release.address(from);
    progress.phase(&format!(
        "fetching Postgres {} from {}, kB",
        release.version,
        host(&address)
    ));
    let checksum_address = format!("{address}.sha256");
    let mut tries = Tries::default();
    let checksum = loop {
        match checksum(&checksum_address).await {
            Ok(checksum) => break checksum,
            Err(trouble) => tries.pause(trouble).await?,
        }
    };
    let found = loop {
        match archive(&address, file, progress).await {
            Ok(found) => break found,
            Err(trouble) => tries.pause(trouble).await?,
        }
    };
    if found != checksum {
        return Err(refused(format!(
            "{} from {} is not what its release says: SHA-256 {found}, not {checksum}",
            file_name(&address),
            host(&address)
        )));
    }
    Ok(())
}

/// How often it was tried.
#[derive(Default)]
struct Tries(u32);

impl Tries {
    /// Waits before the next one, where that may help.
    async fn pause(&mut self, trouble: Trouble) -> Result<()> {
        self.0 += 1;
        if !trouble.may_pass || self.0 >= TRIES {
            return Err(trouble.error);
        }
        tokio::time::sleep(PAUSE * self.0).await;
        Ok(())
    }
}

/// The SHA-256 that a release gives. Other words stand beside it, which differ by who wrote it.
async fn checksum(address: &str) -> Result<String, Trouble> {
    let mut flow = follow(address).await?;
    let mut text = Vec::new();
    while let Some(part) = flow.next().await.map_err(|lost| way(address, &lost))? {
        text.extend_from_slice(&part);
        if text.len() > MOST_OF_CHECKSUM {
            break;
        }
    }
    let text = String::from_utf8_lossy(&text);
    let is_sum = |word: &&str| word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
    let sum = text.split_whitespace().find(is_sum);
    sum.map(str::to_lowercase).ok_or_else(|| Trouble {
        error: refused(format!(
            "{} from {} holds no checksum",
            file_name(address),
            host(address)
        )),
        may_pass: false,
    })
}

/// Writes what comes into a file, and gives its SHA-256.
async fn archive(address: &str, file: &Path, progress: &dyn Progress) -> Result<String, Trouble> {
    let cannot = |source: std::io::Error| Trouble {
        error: failed(format!("cannot write {}", file.display())).with_source(source),
        may_pass: false,
    };
    let mut flow = follow(address).await?;
    let total = flow.length().unwrap_or(0);
    let mut file = std::fs::File::create(file).map_err(cannot)?;
    let mut hash = Sha256::new();
    let mut done = 0;
    while let Some(part) = flow.next().await.map_err(|lost| way(address, &lost))? {
        done += part.len();
        if done > MOST {
            return Err(way(address, &Lost::TooLarge));
        }
        hash.update(&part);
        file.write_all(&part).map_err(cannot)?;
        progress.advance(done >> 10, total.max(done) >> 10);
    }
    let sum = hash.finalize();
    Ok(sum.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Asks, and goes where it is sent: from a secure address to none that is not.
async fn follow(address: &str) -> Result<Flow, Trouble> {
    let mut at = address.to_owned();
    for _ in 0..REDIRECTS {
        let flow = Ask::get(at.clone()).open(PATIENCE).await;
        let flow = flow.map_err(|lost| way(address, &lost))?;
        match flow.status {
            200 => return Ok(flow),
            301 | 302 | 303 | 307 | 308 => {
                let to = flow.header("location").unwrap_or_default();
                at = moved(&at, to).ok_or_else(|| Trouble {
                    error: refused(format!("{} sends to an address that is none", host(&at))),
                    may_pass: false,
                })?;
            }
            status => return Err(answered(address, status)),
        }
    }
    Err(Trouble {
        error: failed(format!("{} sends in circles", host(address))),
        may_pass: false,
    })
}

/// Where a redirect leads, if one may go there.
fn moved(from: &str, to: &str) -> Option<String> {
    if to.starts_with("https://") || (to.starts_with("http://") && from.starts_with("http://")) {
        return Some(to.to_owned());
    }
    let is_path = to.starts_with('/') && !to.starts_with("//");
    let begin = from.find("://")? + 3;
    let end = from[begin..].find('/').map_or(from.len(), |at| begin + at);
    is_path.then(|| format!("{}{to}", &from[..end]))
}

fn way(address: &str, lost: &Lost) -> Trouble {
    let why = match lost {
        Lost::Way(why) => why.as_str(),
        Lost::TooLarge => "it is too large",
    };
    Trouble {
        error: failed(format!(
            "cannot fetch {} from {}: {why}",
            file_name(address),
            host(address)
        )),
        may_pass: matches!(lost, Lost::Way(_)),
    }
}

fn answered(address: &str, status: u16) -> Trouble {
    let (file, host) = (file_name(address), host(address));
    let message = match status {
        404 | 410 => format!("{host} has no {file}"),
        _ => format!("cannot fetch {file} from {host}: the answer's status is {status}"),
    };
    Trouble {
        error: failed(message),
        may_pass: status == 429 || status >= 500,
    }
}

/// The host of an address: what else it holds may be a mirror's secret.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

fn file_name(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leads_from_a_secure_address_to_another() {
        let secure = "https://github.com/a/b";
        let to = "https://objects.example.org/c?d=e";
        assert_eq!(moved(secure, to).as_deref(), Some(to));
        assert_eq!(moved(secure, "http://objects.example.org/c"), None);
        assert_eq!(moved(secure, "ftp://example.org"), None);
        assert_eq!(moved(secure, "//example.org/c"), None);
        assert_eq!(moved(secure, ""), None);
        let within = moved(secure, "/c/d");
        assert_eq!(within.as_deref(), Some("https://github.com/c/d"));
        let plain = moved("http://127.0.0.1:80/a", "http://127.0.0.1:81/b");
        assert_eq!(plain.as_deref(), Some("http://127.0.0.1:81/b"));
    }

    #[test]
    fn a_message_names_the_host_and_no_login() {
        let address = "https://somebody:invented@mirror.example.org/postgres/x.tar.gz";
        assert_eq!(host(address), "mirror.example.org");
        assert_eq!(file_name(address), "x.tar.gz");
    }
}
