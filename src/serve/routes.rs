//! What may be asked over HTTP.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::board::Board;
use super::health::Status;
use super::{page, token};
use crate::report;

type Shared = State<Arc<Board>>;

/// All routes over one board.
pub(super) fn router(board: Arc<Board>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/admin/health", get(health))
        .route("/admin/verify", post(verify))
        .route("/metrics", get(metrics))
        .route("/report", get(last_report))
        .with_state(board)
        .layer(middleware::from_fn(guarded))
}

/// Nothing that is said here may be kept, framed, sniffed, or run as a script; a page says what it came with itself.
async fn guarded(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn ready(State(board): Shared) -> Response {
    match board.is_ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

async fn health(State(board): Shared, headers: HeaderMap) -> Response {
    if let Some(refusal) = refused(&board, &headers) {
        return refusal;
    }
    let health = board.health().await;
    let status = match health.overall() {
        Status::Down => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    (status, axum::Json(health.json())).into_response()
}

async fn verify(State(board): Shared, headers: HeaderMap) -> Response {
    if let Some(refusal) = refused(&board, &headers) {
        return refusal;
    }
    match board.order() {
        true => (StatusCode::ACCEPTED, axum::Json(json!({ "queued": true }))).into_response(),
        false => {
            let why = "one verification waits already";
            let told = axum::Json(json!({ "queued": false, "why": why }));
            (StatusCode::TOO_MANY_REQUESTS, told).into_response()
        }
    }
}

async fn metrics(State(board): Shared) -> Response {
    let health = board.health().await;
    match board.metrics.text(&board, &health) {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A page for people, JSON for programs. It shows definitions, so it asks for the token as `/admin` does.
async fn last_report(State(board): Shared, headers: HeaderMap) -> Response {
    if let Some(refusal) = refused(&board, &headers) {
        return refusal;
    }
    let wants_page = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("text/html"));
    match (board.seen(), wants_page) {
        (None, _) => (StatusCode::NOT_FOUND, "nothing was verified yet\n").into_response(),
        (Some(seen), true) => {
            let policy = [(header::CONTENT_SECURITY_POLICY, report::html_policy())];
            (policy, axum::response::Html(page::render(&seen))).into_response()
        }
        (Some(seen), false) => {
            let text = report::render_json(&seen.report);
            ([(header::CONTENT_TYPE, "application/json")], text).into_response()
        }
    }
}

/// What somebody is told who may not know more.
fn refused(board: &Board, headers: &HeaderMap) -> Option<Response> {
    let status = token::admits(headers, board.settings().token.as_ref()).err()?;
    Some(match status {
        StatusCode::UNAUTHORIZED => {
            (status, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response()
        }
        status => status.into_response(),
    })
}
