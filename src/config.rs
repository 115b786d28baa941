//! `pgpact.toml`: read, checked, and turned into what the pipeline takes.

mod access;
mod lint;
mod serve;
mod smoke;
mod target;
mod usage;

pub use lint::Lint;
pub use serve::{Serve, ServeAlert, ServeCheck, ServeTarget};
pub use smoke::Smoke;
pub use target::{Target, Tenants};
pub use usage::Usage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use lint::RawLint;
use smoke::RawSmoke;

use crate::classes::{Class, Severity};
use crate::contract::Pattern;
use crate::error::{Error, ErrorCode, Result};
use crate::findings::{Baseline, DriftGate, Ignore, all_codes};
use crate::report::Threshold;
use crate::scratch::Platform;

pub use access::Stated;

/// The file's name, looked for upwards from the working directory.
pub const FILE_NAME: &str = "pgpact.toml";

/// The file that keeps what was accepted when pgpact was adopted, beside the configuration.
pub const BASELINE_NAME: &str = "pgpact.baseline.json";

/// The file that keeps who may do what, beside the configuration.
pub const MATRIX_NAME: &str = "pgpact.access.json";

/// What a configuration file says, checked.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The folder that relative sources start from.
    pub base: PathBuf,
    /// Sources of the expected side.
    pub expected: Vec<String>,
    /// Sources of the live side; `env:NAME` stands for a variable.
    pub live: Vec<String>,
    /// Schemas to compare.
    pub schemas: Vec<Pattern>,
    /// The platform.
    pub platform: Option<Platform>,
    /// From where on findings fail the run.
    pub fail_on: Option<FailOn>,
    /// Which drift fails a run that looks at a change.
    pub fail_on_drift: Option<DriftGate>,
    /// Findings to live with.
    pub ignores: Vec<Ignore>,
    /// Where the baseline is, when the configuration says so.
    pub baseline_path: Option<PathBuf>,
    /// Severities by code.
    pub severities: BTreeMap<String, Severity>,
    /// What is tried on the running database.
    pub smoke: Smoke,
    /// What was stated about who may do what.
    pub access: Stated,
    /// What is advised on.
    pub lint: Lint,
    /// Where code is that is held to the contract.
    pub usage: Usage,
    /// How a server listens and what it checks.
    pub serve: Serve,
    /// Databases, where there are several.
    pub targets: Vec<Target>,
}

/// The spelling of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// Only what lets somebody reach what they should not.
    Critical,
    /// Whatever breaks the contract.
    Error,
    /// Also what deserves a look.
    Warning,
    /// Everything.
    Note,
    /// Nothing: the run succeeds unless it could not look.
    Never,
}

impl From<FailOn> for Threshold {
    fn from(word: FailOn) -> Self {
        match word {
            FailOn::Critical => Self::From(Severity::Critical),
            FailOn::Error => Self::From(Severity::Error),
            FailOn::Warning => Self::From(Severity::Warning),
            FailOn::Note => Self::From(Severity::Note),
            FailOn::Never => Self::Never,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    expected: Option<OneOrMany>,
    live: Option<OneOrMany>,
    #[serde(default)]
    schemas: Vec<Spanned<String>>,
    platform: Option<Platform>,
    fail_on: Option<FailOn>,
    fail_on_drift: Option<DriftGate>,
    baseline: Option<PathBuf>,
    #[serde(default)]
    ignore: Vec<Spanned<RawIgnore>>,
    #[serde(default)]
    severity: BTreeMap<Spanned<String>, Severity>,
    #[serde(default)]
    smoke: RawSmoke,
    #[serde(default)]
    lint: RawLint,
    #[serde(default)]
    access: Vec<Spanned<access::RawRule>>,
    #[serde(default, rename = "owner-only")]
    owner_only: Vec<Spanned<String>>,
    #[serde(default)]
    actor: Vec<access::RawActor>,
    #[serde(default)]
    usage: usage::RawUsage,
    #[serde(default)]
    serve: serve::RawServe,
    #[serde(default)]
    target: Vec<Spanned<target::RawTarget>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIgnore {
    object: Option<Spanned<String>>,
    code: Option<Spanned<String>>,
    reason: String,
    until: Option<Spanned<String>>,
}

/// Finds the file upwards from a folder.
pub fn find(from: &Path) -> Option<PathBuf> {
    from.ancestors()
        .map(|folder| folder.join(FILE_NAME))
        .find(|path| path.is_file())
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Config> {
    let shown = crate::source::shown(path);
    let text = std::fs::read_to_string(path).map_err(|source| {
        Error::new(ErrorCode::ConfigInvalid, format!("{shown} cannot be read")).with_source(source)
    })?;
    let mut config = parse(&text, &shown)?;
    config.base = path.parent().map(Path::to_owned).unwrap_or_default();
    config.baseline_path = config.baseline_path.map(|path| config.base.join(path));
    Ok(config)
}

/// Reads a baseline.
pub fn baseline(path: &Path) -> Result<Baseline> {
    let shown = crate::source::shown(path);
    let invalid = |why: &str| {
        let message = format!("{shown} cannot be read as a baseline: {why}");
        Error::new(ErrorCode::ConfigInvalid, message).with_help(
            "It is written by `pgpact baseline`; restore it from the repository's history.",
        )
    };
    let text = std::fs::read_to_string(path).map_err(|error| invalid(&error.to_string()))?;
    Baseline::from_json(&text).map_err(|why| invalid(&why))
}

/// Checks a file's text; `name` is what errors call it.
pub fn parse(text: &str, name: &str) -> Result<Config> {
    let place = Place { text, name };
    let raw: Raw = toml::from_str(text).map_err(|error| place.syntax(&error))?;
    let schemas = raw.schemas.iter().map(|schema| place.pattern(schema));
    let ignores = raw.ignore.iter().map(|ignore| place.ignore(ignore));
    let severities = raw
        .severity
        .iter()
        .map(|(code, severity)| Ok((place.code(code)?, *severity)));
    if let (Some(_), Some(first)) = (&raw.live, raw.target.first()) {
        return Err(place
            .error(first.span().start, "live and targets exclude each other")
            .with_help("Make the database of `live` a target as well."));
    }
    Ok(Config {
        base: PathBuf::new(),
        expected: list(raw.expected),
        live: list(raw.live),
        schemas: schemas.collect::<Result<_>>()?,
        platform: raw.platform,
        fail_on: raw.fail_on,
        fail_on_drift: raw.fail_on_drift,
        baseline_path: raw.baseline,
        ignores: ignores.collect::<Result<_>>()?,
        severities: severities.collect::<Result<_>>()?,
        smoke: raw.smoke.checked(&place)?,
        lint: raw.lint.checked(),
        access: Stated::check(&place, &raw.access, &raw.owner_only, raw.actor)?,
        usage: raw.usage.checked(&place)?,
        serve: raw.serve.checked(&place)?,
        targets: Target::check_all(&place, raw.target)?,
    })
}

fn list(value: Option<OneOrMany>) -> Vec<String> {
    match value {
        None => Vec::new(),
        Some(OneOrMany::One(one)) => vec![one],
        Some(OneOrMany::Many(many)) => many,
    }
}

/// Where in the file something stands, for errors that name file and line.
struct Place<'a> {
    text: &'a str,
    name: &'a str,
}

impl Place<'_> {
    fn line(&self, offset: usize) -> usize {
        self.text[..offset.min(self.text.len())]
            .matches('\n')
            .count()
            + 1
    }

    fn error(&self, offset: usize, message: &str) -> Error {
        let line = self.line(offset);
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("{}:{line}: {message}", self.name),
        )
    }

    /// An unknown key or word is named with the nearest known one.
    fn syntax(&self, error: &toml::de::Error) -> Error {
        let offset = error.span().map_or(0, |span| span.start);
        let message = error.message();
        let Some((found, known)) = unknown_word(message) else {
            return self.error(offset, message);
        };
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let what = if message.starts_with("unknown field") {
            "key"
        } else {
            "value"
        };
        let error = self.error(offset, &format!("unknown {what} {found:?}"));
        error.with_help(did_you_mean(&found, &known))
    }

    fn code(&self, code: &Spanned<String>) -> Result<String> {
        let codes = all_codes();
        let known: Vec<&str> = codes.iter().map(|origin| origin.code.as_str()).collect();
        if known.contains(&code.get_ref().as_str()) {
            return Ok(code.get_ref().clone());
        }
        let error = self.error(
            code.span().start,
            &format!("unknown code {:?}", code.get_ref()),
        );
        Err(error.with_help(did_you_mean(code.get_ref(), &known)))
    }

    fn pattern(&self, pattern: &Spanned<String>) -> Result<Pattern> {
        Pattern::parse(pattern.get_ref()).map_err(|message| {
            self.error(
                pattern.span().start,
                &format!("pattern {:?}: {message}", pattern.get_ref()),
            )
        })
    }

    /// A pattern over objects; a word before its colon must be a class, or a pattern of classes.
    fn object(&self, object: &Spanned<String>) -> Result<Pattern> {
        let mut known: Vec<&str> = Class::ALL.iter().map(|class| class.name).collect();
        known.extend([
            "migration",
            "configuration",
            "connection",
            "access",
            "usage",
        ]);
        let word = object.get_ref().split_once(':').map(|(word, _)| word);
        match word.filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-')) {
            Some(word) if !known.contains(&word) => {
                let error = self.error(object.span().start, &format!("unknown class {word:?}"));
                Err(error.with_help(did_you_mean(word, &known)))
            }
            Some(_) | None => self.pattern(object),
        }
    }

    fn ignore(&self, ignore: &Spanned<RawIgnore>) -> Result<Ignore> {
        let offset = ignore.span().start;
        let raw = ignore.get_ref();
        if raw.object.is_none() && raw.code.is_none() {
            return Err(self.error(offset, "an ignore names neither object nor code")
                .with_help("Say what is ignored: object = \"table:public.legacy_*\", code = \"table-unexpected\", or both."));
        }
        if raw.reason.trim().is_empty() {
            return Err(self
                .error(offset, "an ignore has an empty reason")
                .with_help("Say why this is fine, for whoever reads it in a year."));
        }
        let until = raw.until.as_ref().map(|until| {
            until.get_ref().parse::<Date>().map_err(|_| {
                self.error(
                    until.span().start,
                    &format!("{:?} is no date", until.get_ref()),
                )
                .with_help("Spell it 2027-03-01.")
            })
        });
        Ok(Ignore {
            object: raw
                .object
                .as_ref()
                .map(|object| self.object(object))
                .transpose()?,
            code: raw.code.as_ref().map(|code| self.code(code)).transpose()?,
            reason: raw.reason.clone(),
            until: until.transpose()?,
            place: format!("{}:{}", self.name, self.line(offset)),
        })
    }
}

/// The word and its alternatives from serde's "unknown field `a`, expected one of `b`, `c`".
fn unknown_word(message: &str) -> Option<(String, Vec<String>)> {
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return None;
    }
    let mut words = message.split('`').skip(1).step_by(2).map(str::to_owned);
    Some((words.next()?, words.collect()))
}

/// The nearest known word, and all where they are few.
pub fn did_you_mean(found: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .max_by(|a, b| strsim::jaro_winkler(found, a).total_cmp(&strsim::jaro_winkler(found, b)));
    match nearest {
        Some(nearest) if known.len() > 12 => format!("Did you mean {nearest:?}?"),
        Some(nearest) => format!("Did you mean {nearest:?}? Known are {}.", known.join(", ")),
        None => "Nothing is known here.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(text: &str) -> (String, String) {
        let error = parse(text, "pgpact.toml").unwrap_err();
        (error.chain(), error.help().unwrap_or_default().to_owned())
    }

    #[test]
    fn an_unknown_key_names_line_and_nearest_key() {
        let (message, help) = failure("schemas = []\n\nexpcted = \"a\"\n");
        assert_eq!(message, "pgpact.toml:3: unknown key \"expcted\"");
        assert!(help.starts_with("Did you mean \"expected\"?"), "{help}");
    }

    #[test]
    fn an_unknown_code_names_the_nearest() {
        let (message, help) = failure("[severity]\nrls-disable = \"note\"\n");
        assert_eq!(message, "pgpact.toml:2: unknown code \"rls-disable\"");
        assert_eq!(help, "Did you mean \"rls-disabled\"?");
    }

    #[test]
    fn an_unknown_severity_names_the_nearest() {
        let (message, help) = failure("[severity]\nrls-disabled = \"warn\"\n");
        assert_eq!(message, "pgpact.toml:2: unknown value \"warn\"");
        assert!(help.starts_with("Did you mean \"warning\"?"), "{help}");
    }

    #[test]
    fn an_ignore_needs_a_reason_and_an_aim() {
        assert!(
            failure("[[ignore]]\ncode = \"rls-disabled\"\n")
                .0
                .contains("reason")
        );
        assert!(
            failure("[[ignore]]\nreason = \"x\"\n")
                .0
                .contains("neither object nor code")
        );
        assert!(
            failure("[[ignore]]\ncode = \"rls-disabled\"\nreason = \" \"\n")
                .0
                .contains("empty reason")
        );
        let (message, _) =
            failure("[[ignore]]\ncode = \"rls-disabled\"\nreason = \"x\"\nuntil = \"soon\"\n");
        assert_eq!(message, "pgpact.toml:4: \"soon\" is no date");
    }

    #[test]
    fn an_ignore_of_an_unknown_class_names_the_nearest() {
        let (message, help) =
            failure("[[ignore]]\nobject = \"tabel:app.orders\"\nreason = \"x\"\n");
        assert_eq!(message, "pgpact.toml:2: unknown class \"tabel\"");
        assert_eq!(help, "Did you mean \"table\"?");
    }

    #[test]
    fn a_whole_file_is_read() {
        let config = parse(
            "expected = [\"a\", \"b.sql\"]\nschemas = [\"public\"]\nplatform = \"plain\"\nfail_on = \"warning\"\n\
             [[ignore]]\nobject = \"table:public.legacy_*\"\nreason = \"BI\"\nuntil = \"2027-03-01\"\n",
            "pgpact.toml",
        )
        .unwrap();
        assert_eq!(config.expected, ["a", "b.sql"]);
        assert_eq!(config.platform, Some(Platform::Plain));
        assert_eq!(config.ignores[0].place, "pgpact.toml:5");
    }
}
