//! What the head of the file says: where the plan comes from and what was proven.

use super::{Request, Sides};
use crate::app::Settings;
use crate::contract::Contract;
use crate::error::Result;
use crate::plan::ReconcilePlan;
use crate::prove::{self, Claim, Proof};

pub(super) fn head(settings: &Settings, request: &Request, plan: &ReconcilePlan) -> Vec<String> {
    let what = match (request.full, plan.is_empty()) {
        (true, _) => "The whole contract, for a database that has nothing or a part of it.",
        (false, true) => "Nothing to do: live is what the contract says.",
        (false, false) => {
            "Brings live to the contract. It can be run again, also after it stopped half-way."
        }
    };
    let mut lines = vec![
        format!("pgpact {}: {what}", env!("CARGO_PKG_VERSION")),
        format!("expected: {}", settings.expected.label()),
    ];
    if !request.full {
        lines.push(format!("live:     {}", settings.live.label()));
    }
    match plan.withheld.len() {
        0 => {}
        1 => lines.push(
            "1 step is withheld; it stands at the end, with what lets it through.".to_owned(),
        ),
        count => lines.push(format!(
            "{count} steps are withheld; they stand at the end, with what lets them through."
        )),
    }
    lines
}

/// Tries the plan where it will run; the whole contract from nothing as well.
pub(super) async fn proven(
    sides: &Sides,
    request: &Request,
    nothing: &Contract,
    plan: &ReconcilePlan,
) -> Result<Vec<String>> {
    let claim = |live| Claim {
        expected: &sides.expected,
        live,
        default_grants: &sides.default_grants,
        scope: &sides.scope,
    };
    let start = if request.full { nothing } else { &sides.live };
    let proof = prove::prove(&sides.choice, &sides.environment, &claim(start), plan).await?;
    let mut lines = told(request, &proof);
    if request.full {
        let claim = claim(&sides.live);
        let trial = prove::try_on(&sides.choice, &sides.environment, &claim, plan);
        lines.push(on_live(trial.await?));
    }
    Ok(lines)
}

fn on_live(trial: prove::Trial) -> String {
    match trial {
        prove::Trial::Applied { differing } if differing.is_empty() => {
            "Proven on a copy of live's definitions too: applied twice, equal to the contract."
                .to_owned()
        }
        prove::Trial::Applied { differing } => {
            let names: Vec<String> = differing.iter().map(ToString::to_string).collect();
            format!(
                "Applied twice to a copy of live's definitions: these keep differences that only `reconcile` without --full takes away: {}",
                names.join(", ")
            )
        }
        prove::Trial::Stopped { id, message } => format!(
            "On a copy of live's definitions it stops at {id} ({message}): use `reconcile` without --full there."
        ),
    }
}

fn told(request: &Request, proof: &Proof) -> Vec<String> {
    let from = if request.full {
        "an empty database"
    } else {
        "a copy of live's definitions"
    };
    let mut lines = vec![format!(
        "Proven on PostgreSQL {}: applied to {from}, read again and found equal to the contract, twice.",
        proof.server_version
    )];
    if !proof.unrebuilt.is_empty() {
        let names: Vec<String> = proof.unrebuilt.iter().map(ToString::to_string).collect();
        lines.push(format!(
            "Not proven for what could not be copied, or takes a superuser: {}",
            names.join(", ")
        ));
    }
    lines.extend(
        proof
            .gaps
            .iter()
            .map(|gap| format!("Proven without {}: {}", gap.what, gap.why)),
    );
    lines
}
