//! What stands between us and a server: a way that is slow, stalls or breaks off, and a service that answers badly.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What happens to what the server says.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Way {
    /// How long each piece waits.
    pub(crate) delay: Duration,
    /// After so many bytes of a connection it is cut.
    pub(crate) cut_after: Option<usize>,
    /// After so many bytes nothing comes any more.
    pub(crate) stalls_after: Option<usize>,
    /// How many bytes pass in a second.
    pub(crate) rate: Option<usize>,
}

/// Listens on a port of its own and passes on what comes; for as long as the test runs.
pub(crate) fn way_to(port: u16, way: Way) -> u16 {
    counted_way_to(port, way).0
}

/// The same, with how many bytes the server said.
pub(crate) fn counted_way_to(port: u16, way: Way) -> (u16, Arc<AtomicUsize>) {
    let said = Arc::new(AtomicUsize::new(0));
    let counter = said.clone();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
                continue;
            };
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                std::io::copy(&mut from, &mut to).ok();
                to.shutdown(Shutdown::Write).ok();
            });
            let counter = counter.clone();
            thread::spawn(move || pass(server, client, way, &counter));
        }
    });
    (own, said)
}

fn pass(mut server: TcpStream, mut client: TcpStream, way: Way, said: &AtomicUsize) {
    let mut piece = [0; 8192];
    let mut passed = 0;
    while let Ok(read) = server.read(&mut piece) {
        if read == 0 {
            break;
        }
        thread::sleep(way.delay);
        let left = way.cut_after.map_or(read, |most| read.min(most - passed));
        if way.stalls_after.is_some_and(|most| passed + read > most) {
            thread::sleep(Duration::from_secs(600));
        }
        if !slowly(&mut client, &piece[..left], way.rate) {
            break;
        }
        passed += left;
        said.fetch_add(left, Ordering::SeqCst);
        if way.cut_after.is_some_and(|most| passed >= most) {
            break;
        }
    }
    client.shutdown(Shutdown::Both).ok();
    server.shutdown(Shutdown::Both).ok();
}

/// Writes at a rate; false when nobody listens any more.
fn slowly(to: &mut TcpStream, bytes: &[u8], rate: Option<usize>) -> bool {
    let Some(rate) = rate else {
        return to.write_all(bytes).is_ok();
    };
    bytes.chunks((rate / 20).max(1)).all(|chunk| {
        thread::sleep(Duration::from_millis(50));
        to.write_all(chunk).is_ok()
    })
}

/// How a service answers everything it is asked.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Status and its word.
    pub(crate) status: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) body: String,
    /// So many of the bytes that it promises.
    pub(crate) sent: usize,
    pub(crate) rate: Option<usize>,
}

impl Answer {
    pub(crate) fn new(status: &'static str, kind: &'static str, body: &str) -> Self {
        Self {
            status,
            kind,
            body: body.to_owned(),
            sent: body.len(),
            rate: None,
        }
    }
}

/// A service over HTTP; its address.
pub(crate) fn service(answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || {
                asked(&mut client);
                let head = format!(
                    "HTTP/1.1 {}\r\ncontent-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    answer.status,
                    answer.kind,
                    answer.body.len()
                );
                client.write_all(head.as_bytes()).ok();
                slowly(
                    &mut client,
                    &answer.body.as_bytes()[..answer.sent],
                    answer.rate,
                );
                client.shutdown(Shutdown::Write).ok();
                // Until the other side is done: what is closed with something unread is reset.
                std::io::copy(&mut client, &mut std::io::sink()).ok();
            });
        }
    });
    address
}

/// Reads a request to its end.
fn asked(client: &mut TcpStream) {
    let mut request = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"));
            let length = length.map_or(0, |length| length.trim().parse().unwrap_or(0));
            if body.len() >= length {
                return;
            }
        }
        match client.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend(&piece[..read]),
        }
    }
}
