//! Numbers for Prometheus, in its text format (`OpenMetrics`).

use std::fmt;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::board::Board;
use super::health::{Health, Status};
use crate::classes::Severity;
use crate::report::{Report, Verdict};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Named {
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSeverity {
    severity: &'static str,
}

/// What is counted from the start on, and what the last verification left.
pub(super) struct Metrics {
    registry: Registry,
    verifications: Family<Named, Counter>,
    verdict: Family<Named, Gauge>,
    findings: Family<OfSeverity, Gauge>,
    took: Gauge<f64, AtomicU64>,
    age: Gauge<f64, AtomicU64>,
    checks: Counter,
    component: Family<Named, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("pgpact");
        let verifications = Family::default();
        let verdict = Family::default();
        let findings = Family::default();
        let (took, age) = (Gauge::default(), Gauge::default());
        let checks = Counter::default();
        let component = Family::default();
        registry.register(
            "verifications",
            "Verifications by verdict",
            verifications.clone(),
        );
        registry.register(
            "verdict",
            "The last verdict: 1 for the one it is",
            verdict.clone(),
        );
        registry.register(
            "findings",
            "Findings of the last verification that count",
            findings.clone(),
        );
        registry.register_with_unit(
            "verification_duration",
            "How long the last verification took",
            Unit::Seconds,
            took.clone(),
        );
        registry.register_with_unit(
            "verification_age",
            "How long ago the last verification ended",
            Unit::Seconds,
            age.clone(),
        );
        registry.register(
            "health_checks",
            "How often dependencies were looked at",
            checks.clone(),
        );
        registry.register(
            "component",
            "How a component stands: 0 skipped, 1 ok, 2 degraded, 3 down",
            component.clone(),
        );
        Self {
            registry,
            verifications,
            verdict,
            findings,
            took,
            age,
            checks,
            component,
        }
    }
}

impl Metrics {
    pub(super) fn verified(&self, report: &Report) {
        let named = |verdict: Verdict| Named {
            name: verdict.as_str().to_owned(),
        };
        self.verifications
            .get_or_create(&named(report.verdict))
            .inc();
        for verdict in [Verdict::Holds, Verdict::Broken, Verdict::Unknown] {
            let is_it = i64::from(verdict == report.verdict);
            self.verdict.get_or_create(&named(verdict)).set(is_it);
        }
        for severity in Severity::WORST_FIRST {
            let count = i64::try_from(report.count(severity)).unwrap_or(i64::MAX);
            let severity = severity.as_str();
            self.findings
                .get_or_create(&OfSeverity { severity })
                .set(count);
        }
        self.took.set(report.timing.total.as_secs_f64());
    }

    pub(super) fn looked(&self) {
        self.checks.inc();
    }

    /// All of them as text.
    pub(super) fn text(&self, board: &Board, health: &Health) -> Result<String, fmt::Error> {
        if let Some(seen) = board.seen() {
            self.age.set(seen.ended.elapsed().as_secs_f64());
        }
        for component in &health.components {
            let name = component.name.clone();
            let value = match component.status {
                Status::Skipped => 0,
                Status::Ok => 1,
                Status::Degraded => 2,
                Status::Down => 3,
            };
            self.component.get_or_create(&Named { name }).set(value);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Metrics")
    }
}
