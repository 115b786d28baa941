//! The name that somebody may have meant.

/// The nearest of names, where one is near enough to be meant.
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let wanted = bare(name);
    let scored = names.filter_map(|candidate| {
        let found = bare(candidate);
        // The same words in another spelling are surely meant.
        let score = match found == wanted {
            true => 1.0,
            false => strsim::normalized_damerau_levenshtein(&wanted, &found),
        };
        (score >= 0.6).then_some((score, candidate))
    });
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)));
    best.map(|(_, name)| name.to_owned())
}

/// Without case, underscores and a plural's ending.
fn bare(name: &str) -> String {
    let lower: String = name
        .chars()
        .filter(|c| *c != '_' && *c != '-')
        .flat_map(char::to_lowercase)
        .collect();
    lower.strip_suffix('s').unwrap_or(&lower).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_spelling_is_nearest_and_a_stranger_is_not() {
        let names = ["organization_members", "organizations", "invitations"];
        let near = |name| nearest(name, names.into_iter());
        assert_eq!(
            near("organizationMembers").as_deref(),
            Some("organization_members")
        );
        assert_eq!(near("invitation").as_deref(), Some("invitations"));
        assert_eq!(near("payments"), None);
    }
}
