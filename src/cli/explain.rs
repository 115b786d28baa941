//! `pgpact explain`.

use std::fmt::Write as _;

use super::Output;
use crate::config::did_you_mean;
use crate::error::{Error, ErrorCode, Result};
use crate::findings::all_codes;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The code, as reports and errors print it, e.g. rls-disabled; without one all are listed
    code: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Output> {
    let text = match &arguments.code {
        Some(code) => explained(code.trim())?,
        None => listed(),
    };
    Ok(Output { text, status: 0 })
}

fn explained(code: &str) -> Result<String> {
    let bold = anstyle::Style::new().bold();
    let title = |about: &str| format!("{bold}{code}{bold:#}, {about}\n\n");
    let codes = all_codes();
    if let Some(origin) = codes.iter().find(|origin| origin.code == code) {
        let about = format!("a finding, usually {}", origin.severity);
        return Ok(format!(
            "{}{}\n\n{}\n",
            title(&about),
            origin.meaning,
            origin.help
        ));
    }
    if let Some(error) = ErrorCode::named(code) {
        let about = format!("an error, exit status {}", error.exit_status());
        return Ok(format!(
            "{}{}\n\n{}\n",
            title(&about),
            error.meaning(),
            error.advice()
        ));
    }
    let known: Vec<&str> = codes
        .iter()
        .map(|origin| origin.code.as_str())
        .chain(ErrorCode::ALL.map(ErrorCode::as_str))
        .collect();
    let message = format!("there is no code {code:?}");
    let help = format!("{} `pgpact explain` lists all.", did_you_mean(code, &known));
    Err(Error::new(ErrorCode::ConfigInvalid, message).with_help(help))
}

fn listed() -> String {
    let mut text = String::new();
    for origin in all_codes() {
        let severity = origin.severity.to_string();
        writeln!(text, "{severity:<8}  {}", origin.code).ok();
    }
    for code in ErrorCode::ALL {
        writeln!(text, "exit {:<3}  {code}", code.exit_status()).ok();
    }
    text
}
