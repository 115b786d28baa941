//! What has to be known of the live database before the expected contract can be elaborated.

use crate::error::Result;
use crate::inspect::Session;

/// The answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Whether it has Supabase's schemas and roles.
    pub is_supabase: bool,
    /// Whether new objects in `public` are open to the API roles by default.
    pub exposes_new_objects: bool,
    /// The role that owns most of what is in it.
    pub owner: String,
    /// The server's major version.
    pub major: u32,
}

/// Asks a live database.
pub async fn probe(session: &mut Session) -> Result<Probe> {
    let answers = session.ask(include_str!("probe.sql")).await?;
    let answer = |fact: &str| {
        answers
            .iter()
            .find(|(name, _)| name == fact)
            .map(|(_, answer)| answer.clone())
            .unwrap_or_default()
    };
    Ok(Probe {
        is_supabase: answer("is_supabase") == "true",
        exposes_new_objects: answer("exposes_new_objects") == "true",
        owner: answer("owner"),
        major: session.server().major,
    })
}
