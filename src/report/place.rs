//! Where something stands in the repository, for those who make links of it.

use super::Report;

/// What stands for findings that no line is known of, where the expected side is no folder or file.
const CONFIGURATION: &str = "pgpact.toml";

/// A path relative to the repository; none of what is outside of it.
pub(super) fn in_repository(file: &str) -> Option<&str> {
    let file = file.trim_start_matches("./");
    let outside = file.is_empty() || file.starts_with('/') || file.split('/').any(|p| p == "..");
    (!outside).then_some(file)
}

/// A path as it stands in a URL.
pub(super) fn url_path(path: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

    const KEPT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'/')
        .remove(b'.')
        .remove(b'-')
        .remove(b'_');
    utf8_percent_encode(path, KEPT).to_string()
}

/// What everything that is found is about, as a path in the repository: the migrations.
pub(super) fn home(report: &Report) -> &str {
    let sources = report.expected.source.split(" + ");
    let paths = sources.filter_map(|source| {
        let source = source.split(", as far as").next().unwrap_or(source);
        // `git:REV:DIR`, and what a base is called.
        let path = source.rsplit(':').next().unwrap_or(source);
        let is_path = !source.contains("://")
            && path.contains(['/', '.'])
            && !path.contains(char::is_whitespace);
        in_repository(path).filter(|_| is_path)
    });
    paths.last().unwrap_or(CONFIGURATION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorCode};
    use crate::report::{Side, Threshold};

    fn home_of(source: &str) -> String {
        let expected = Side {
            source: source.to_owned(),
            ..Side::default()
        };
        let error = Error::new(ErrorCode::TimedOut, "no time");
        let report = Report::unknown(&error, expected, Side::default(), Threshold::Never);
        home(&report).to_owned()
    }

    #[test]
    fn the_migrations_stand_for_what_has_no_line() {
        for (source, path) in [
            ("supabase/migrations", "supabase/migrations"),
            ("./db/schema.sql", "db/schema.sql"),
            ("contract.json + supabase/migrations", "supabase/migrations"),
            ("git:main:supabase/migrations", "supabase/migrations"),
            (
                "supabase/migrations, as far as applied",
                "supabase/migrations",
            ),
            ("postgres://db.example:5432/app", "pgpact.toml"),
            ("supabase:abcdefghijklmnopqrst", "pgpact.toml"),
            ("/srv/migrations", "pgpact.toml"),
            ("../elsewhere/migrations", "pgpact.toml"),
            ("not looked at", "pgpact.toml"),
            ("", "pgpact.toml"),
        ] {
            assert_eq!(home_of(source), path, "{source}");
        }
    }
}
