//! Badges: the verdict and counts, in words of ours.

use pgpact::report::{badge, shields};
use serde_json::{Value, json};

use crate::support::reports::{broken_in, full, holding, unknown, warned};

fn endpoint(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_picture_says_the_verdict_to_eyes_and_ears() {
    insta::assert_snapshot!(badge(&full()));
    assert!(badge(&holding()).contains("aria-label=\"database contract: holds\""));
    assert!(badge(&unknown()).contains(">unknown</text>"));
}

#[test]
fn shields_gets_what_its_endpoints_are_made_of() {
    let broken = json!({
        "schemaVersion": 1, "label": "database contract", "message": "broken: 2 errors", "color": "red", "isError": false,
    });
    assert_eq!(endpoint(&shields(&broken_in(2))), broken);
    assert_eq!(endpoint(&shields(&holding()))["color"], "brightgreen");
    assert_eq!(endpoint(&shields(&warned()))["message"], "holds: 1 warning");
    let unknown = endpoint(&shields(&unknown()));
    assert_eq!(
        (&unknown["message"], &unknown["isError"]),
        (&json!("unknown"), &json!(true))
    );
}
