//! Chains and queries as lines of text, to compare with.

use pgpact::usage::code::{At, Certainty, Chain, Client, File, Value};

/// All that files say, a line for each chain.
pub(crate) fn said(files: &[File]) -> String {
    let mut lines = Vec::new();
    for file in files {
        for chain in &file.chains {
            lines.push(format!("{} {}", file.path.display(), line(chain)));
        }
        for query in &file.queries {
            let text: Vec<&str> = query.text.split_whitespace().collect();
            let place = query.place;
            lines.push(format!(
                "{} {}:{} sql {}",
                file.path.display(),
                place.line,
                place.column,
                text.join(" ")
            ));
        }
    }
    lines.join("\n")
}

fn line(chain: &Chain) -> String {
    let client = match chain.client {
        Client::User => "user",
        Client::Service => "service",
        Client::Unknown => "",
    };
    let doubt = match chain.certainty {
        Certainty::Known => "",
        Certainty::Likely => "?",
    };
    let storage = if chain.is_of_storage { "storage" } else { "" };
    let calls: Vec<String> = chain
        .calls
        .iter()
        .map(|call| {
            let arguments: Vec<String> = call.arguments.iter().map(value).collect();
            let place = call.place;
            format!(
                ".{}@{}:{}({})",
                call.method,
                place.line,
                place.column,
                arguments.join(", ")
            )
        })
        .collect();
    format!("{client}{doubt}{storage}{}", calls.concat())
}

fn value(at: &At) -> String {
    written(&at.value)
}

fn written(value: &Value) -> String {
    match value {
        Value::Text { text, is_verbatim } => {
            format!("{}'{text}'", if *is_verbatim { "" } else { "~" })
        }
        Value::Mold(mold) => format!("`{}`", mold.replace('\0', "_")),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null => "null".to_owned(),
        Value::List { items, is_whole } => {
            let mut all: Vec<String> = items.iter().map(|item| written(&item.value)).collect();
            all.extend((!is_whole).then(|| "…".to_owned()));
            format!("[{}]", all.join(", "))
        }
        Value::Fields { fields, is_whole } => {
            let mut all: Vec<String> = fields
                .iter()
                .map(|field| {
                    let mark = if field.is_optional { "?" } else { "" };
                    format!("{}{mark}: {}", field.name, written(&field.value))
                })
                .collect();
            all.extend((!is_whole).then(|| "…".to_owned()));
            format!("{{{}}}", all.join(", "))
        }
        Value::OneOf(items) => {
            let all: Vec<String> = items.iter().map(|item| written(&item.value)).collect();
            format!("({})", all.join(" | "))
        }
        Value::Unknown => "_".to_owned(),
    }
}
