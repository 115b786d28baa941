//! When is verified: on a schedule, when somebody asks, and after the configuration was read again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::alert;
use super::board::{Board, Round};
use super::routes::router;
use crate::error::{Error, ErrorCode, Result};
use crate::report::Report;

/// What a server does besides answering.
pub trait Orders {
    /// Where it listens, once it does.
    fn listening(&self, address: SocketAddr);
    /// Verifies now. Whatever goes wrong is a report as well.
    fn verify(&mut self) -> impl Future<Output = Round>;
    /// Does what goes with a verification that everybody can see now, for as long as that may take.
    fn told(&mut self, report: &Report) -> impl Future<Output = ()>;
    /// Reads the configuration again; what is wrong with it is told and changes nothing.
    fn reload(&mut self, board: &Board);
}

/// Listens and verifies until `stopped` ends; answers that were begun are finished.
///
/// # Errors
/// When nobody may listen there.
pub async fn run(
    board: Arc<Board>,
    mut asked: mpsc::Receiver<()>,
    mut orders: impl Orders,
    mut reloads: mpsc::Receiver<()>,
    stopped: impl Future<Output = ()>,
) -> Result<()> {
    let listen = board.settings().listen;
    let refused = |error: std::io::Error| {
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("cannot listen on {listen}"),
        )
        .with_help("Name another address with --listen, or end what listens there.")
        .with_source(error)
    };
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    orders.listening(address);
    let (stop, stopping) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, router(board.clone())).with_graceful_shutdown(async {
        stopping.await.ok();
    });
    let server = tokio::spawn(async move { server.await });
    let verifying = async {
        loop {
            let before = board.seen().map(|seen| seen.report.verdict);
            let seen = board.tell(orders.verify().await);
            let verdict = seen.report.verdict;
            tracing::info!("{}", verdict.as_str());
            if alert::is_news(before, verdict) {
                let settings = board.settings();
                // Somebody who does not listen keeps nobody from verifying.
                let seen = seen.clone();
                tokio::spawn(async move { alert::tell(&settings.alerts, before, &seen).await });
            }
            orders.told(&seen.report).await;
            let next = Instant::now() + pause(&board);
            tokio::select! {
                () = tokio::time::sleep_until(next.into()) => (),
                Some(()) = asked.recv() => (),
                Some(()) = reloads.recv() => orders.reload(&board),
            }
        }
    };
    tokio::select! {
        () = verifying => (),
        () = stopped => (),
    }
    stop.send(()).ok();
    // Nobody who keeps a connection open keeps the server from ending.
    tokio::time::timeout(Duration::from_secs(10), server)
        .await
        .ok();
    Ok(())
}

/// Until the next verification: the same on average, and not at the same moment as all others.
fn pause(board: &Board) -> Duration {
    let settings = board.settings();
    let jitter = settings.jitter.mul_f64(fastrand::f64());
    settings.schedule.wait(Timestamp::now()) + jitter
}
