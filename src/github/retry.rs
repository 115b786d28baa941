//! Asking again: which answers are worth another try, after how long, and when to stop.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

/// How long GitHub is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Before the second try; doubled for each further one.
    pub first_pause: Duration,
    /// The longest such pause.
    pub longest_pause: Duration,
    /// After a secondary rate limit that does not say how long.
    pub secondary_limit: Duration,
    /// To establish a connection.
    pub connect: Duration,
    /// For one answer.
    pub answer: Duration,
    /// For creating the check run, before the work starts.
    pub begin: Duration,
    /// For each step of publishing.
    pub step: Duration,
    /// For closing the check run of an interrupted run.
    pub cancel: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(8),
            secondary_limit: Duration::from_secs(60),
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(20),
            begin: Duration::from_secs(20),
            step: Duration::from_secs(90),
            // The runner kills a container ten seconds after its first signal.
            cancel: Duration::from_secs(5),
        }
    }
}

/// Why one try failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rejection {
    /// GitHub answered, with no success.
    Answer(Answer),
    /// There was no answer, so nobody knows whether GitHub acted.
    NoAnswer(String),
    /// The request or the answer makes no sense; asking again would not help.
    Nonsense(String),
}

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) message: String,
    /// What the header `Retry-After` says.
    pub(super) retry_after: Option<Duration>,
    /// How long until the hour's requests are there again, where none are left.
    pub(super) limit_reset: Option<Duration>,
}

/// Why a request failed in the end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// The token may not do this.
    #[error("the token may not do this ({status}: {message})")]
    Denied { status: u16, message: String },
    /// GitHub does not take the request.
    #[error("GitHub answered {status}: {message}")]
    Refused { status: u16, message: String },
    /// No success before the deadline.
    #[error("gave up after {tries} tries: {last}")]
    GaveUp { tries: u32, last: String },
    /// The request or the answer makes no sense.
    #[error("{0}")]
    Nonsense(String),
}

/// What to do after a rejection.
enum Next {
    /// Try again after this; GitHub surely did nothing.
    Wait(Duration),
    /// Try again after the usual pause, but look first: GitHub may have acted.
    Look,
    /// Do not try again.
    End(Trouble),
}

/// Tries until it succeeds, is refused, or the deadline comes.
///
/// `exists` looks whether an earlier try succeeded though its answer was lost; what it finds is the result,
/// so that nothing is made twice.
pub(super) async fn persist<T>(
    patience: &Patience,
    deadline: Instant,
    mut attempt: impl AsyncFnMut() -> Result<T, Rejection>,
    mut exists: impl AsyncFnMut() -> Result<Option<T>, Trouble>,
) -> Result<T, Trouble> {
    let mut tries = 0;
    let mut pause = patience.first_pause;
    loop {
        tries += 1;
        let rejection = match timeout_at(deadline, attempt()).await {
            Ok(Ok(result)) => return Ok(result),
            Ok(Err(rejection)) => rejection,
            Err(_) => Rejection::NoAnswer("no answer in time".to_owned()),
        };
        let (wait, look) = match next(&rejection, patience) {
            Next::Wait(wait) => (wait, false),
            Next::Look => (pause, true),
            Next::End(trouble) => return Err(trouble),
        };
        if Instant::now() + wait >= deadline {
            let last = describe(&rejection);
            return Err(Trouble::GaveUp { tries, last });
        }
        sleep(wait).await;
        pause = (pause * 2).min(patience.longest_pause);
        if look && let Some(found) = exists().await? {
            return Ok(found);
        }
    }
}

fn next(rejection: &Rejection, patience: &Patience) -> Next {
    let answer = match rejection {
        Rejection::NoAnswer(_) => return Next::Look,
        Rejection::Nonsense(what) => return Next::End(Trouble::Nonsense(what.clone())),
        Rejection::Answer(answer) => answer,
    };
    let message = answer.message.clone();
    let status = answer.status;
    match (status, answer.retry_after.or(answer.limit_reset)) {
        (500.., _) => Next::Look,
        (403 | 429, Some(wait)) => Next::Wait(wait),
        (429, None) => Next::Wait(patience.secondary_limit),
        // GitHub does not always say how long, nor use the status meant for it.
        (403, None) if is_secondary_limit(&message) => Next::Wait(patience.secondary_limit),
        (401 | 403, _) => Next::End(Trouble::Denied { status, message }),
        _ => Next::End(Trouble::Refused { status, message }),
    }
}

fn is_secondary_limit(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("secondary rate limit") || message.contains("abuse detection")
}

fn describe(rejection: &Rejection) -> String {
    match rejection {
        Rejection::Answer(answer) => format!("{}: {}", answer.status, answer.message),
        Rejection::NoAnswer(what) | Rejection::Nonsense(what) => what.clone(),
    }
}
