//! Values that a column may take, likely ones first; Postgres says which are valid.

use super::model::{Check, Column, Relation};
use super::sample::sample;
use super::world::{World, uuid};

/// What is written into a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// What the table says itself.
    Default,
    Null,
    Text(String),
}

/// Which row values are made for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    pub world: World,
    /// A number of the table.
    pub table: usize,
    /// A number that no other row of the table has.
    pub number: i64,
}

fn text(value: impl Into<String>) -> Value {
    Value::Text(value.into())
}

fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|value| text(*value)).collect()
}

/// Values of a column that means nothing in particular.
pub(super) fn plain(
    relation: &Relation,
    column: &Column,
    seat: Seat,
    literals: &[String],
) -> Vec<Value> {
    let is_key = relation
        .keys
        .iter()
        .any(|key| key.columns.contains(&column.name));
    let is_decisive = is_open(&column.name) || is_good(&column.name) || is_end(&column.name);
    let mut values = Vec::new();
    let has_default = column.default.is_some() || column.identity == "a";
    if has_default && !is_key && !is_decisive {
        values.push(Value::Default);
    }
    let is_telling = column.category == "S" && column.labels.is_empty() && column.kind == "b";
    // What is null as well has a row of its own.
    let is_left_open = is_end(&column.name) || (is_open(&column.name) && !is_telling);
    if !column.required && !is_key && is_left_open {
        values.push(Value::Null);
    }
    let mined = mined(relation, column, literals, seat);
    let is_constrained =
        !mined.is_empty() && (column.category != "S" || is_open(&column.name) || !is_key);
    match is_constrained && column.category != "D" {
        true => {
            values.extend(mined.iter().map(text));
            values.extend(of_type(column, seat, is_key));
        }
        false => {
            values.extend(of_type(column, seat, is_key));
            values.extend(mined.iter().map(text));
        }
    }
    if !column.required {
        values.push(Value::Null);
    }
    if has_default {
        values.push(Value::Default);
    }
    // A cast would cut what an insert refuses.
    let fits = |text: &str| {
        column
            .length
            .is_none_or(|length| text.chars().count() <= length)
    };
    values.retain(|value| !matches!(value, Value::Text(text) if !fits(text)));
    if values.is_empty() {
        values.push(Value::Null);
    }
    values
}

/// Whether a column says that something is for everybody.
pub(super) fn is_open(name: &str) -> bool {
    let words = [
        "public", "publish", "visib", "shared", "privacy", "listed", "open",
    ];
    words.iter().any(|word| name.contains(word))
}

/// Whether a column says that something is in force.
pub(super) fn is_good(name: &str) -> bool {
    let words = [
        "active",
        "enabled",
        "approved",
        "verified",
        "confirmed",
        "accepted",
        "joined",
    ];
    words.iter().any(|word| name.contains(word)) && !name.contains("inactive")
}

/// Whether a column says when or that something ended.
fn is_end(name: &str) -> bool {
    let words = [
        "delet", "archiv", "revok", "banned", "suspend", "disabled", "blocked", "cancel", "super",
    ];
    words.iter().any(|word| name.contains(word))
}

/// Words that would open a row to everybody.
pub(super) fn opens(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let words = [
        "public", "publish", "shared", "open", "everyone", "anyone", "listed", "world",
    ];
    words.iter().any(|word| value.contains(word)) && !value.contains("unlisted")
}

/// Texts that checks, bounds of partitions and policies compare a column with.
fn mined(relation: &Relation, column: &Column, literals: &[String], seat: Seat) -> Vec<String> {
    let about = |check: &&Check| check.columns.contains(&column.name);
    let checks = relation
        .checks
        .iter()
        .filter(about)
        .map(|check| check.text.as_str());
    let bounds = relation.bounds.iter().map(String::as_str);
    let bounds = bounds.filter(|_| relation.partitioned_by.contains(&column.name));
    let domain = column.checks.iter().map(String::as_str);
    let mut found: Vec<String> = Vec::new();
    for source in checks.chain(domain).chain(bounds) {
        for literal in constants(source) {
            let is_expression = source.contains('~') && literal.contains(['^', '$', '[', '\\']);
            let number = seat.world.number() + seat.number;
            let literal = match is_expression {
                true => sample(&literal, number).unwrap_or(literal),
                false => literal,
            };
            if !found.contains(&literal) {
                found.push(literal);
            }
        }
    }
    found.extend(literals.iter().filter(|_| column.category != "B").cloned());
    found.sort_by_key(|literal| opens(literal));
    found.truncate(24);
    found
}

/// Quoted texts, and numbers with their neighbours, of an expression.
fn constants(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, part) in source.split('\'').enumerate() {
        if index % 2 == 1 {
            found.push(part.to_owned());
            continue;
        }
        let is_part = |c: char| !c.is_ascii_digit() && c != '.' && c != '-';
        for word in part.split(|c: char| c.is_whitespace() || "(),[]".contains(c)) {
            if word.is_empty() || word.contains(is_part) {
                continue;
            }
            if let Ok(number) = word.parse::<i64>() {
                found.extend([number, number + 1, number - 1].map(|number| number.to_string()));
            } else if word.parse::<f64>().is_ok() {
                found.push(word.to_owned());
            }
        }
    }
    found
}

fn of_type(column: &Column, seat: Seat, is_key: bool) -> Vec<Value> {
    let name = column.name.as_str();
    if !column.labels.is_empty() {
        let mut labels = column.labels.clone();
        labels.sort_by_key(|label| opens(label));
        if is_good(name) {
            labels.sort_by_key(|label| !is_good(label));
        }
        return labels.into_iter().map(Value::Text).collect();
    }
    match (column.category.as_str(), column.base.as_str()) {
        (_, "uuid") => vec![text(uuid(seat.world, seat.table, seat.number))],
        ("S", _) => words(column, seat),
        ("N", _) => numbers(column, seat, is_key),
        ("B", _) => match is_good(name) {
            true => texts(&["true", "false"]),
            false => texts(&["false", "true"]),
        },
        ("D", _) => moments(column, seat),
        ("T", _) => texts(&["1 hour", "00:00:00"]),
        ("A", _) => texts(&["{}", "{1}", "{a}"]),
        ("R", _) => spans(seat),
        ("I", _) => vec![
            text(format!("10.0.{}.{}", seat.table % 250, seat.number % 250)),
            text("10.0.0.0/8"),
        ],
        (_, "json" | "jsonb") => texts(&["{}", "[]", "\"a\"", "1"]),
        (_, "bytea") => texts(&["\\x00"]),
        (_, "xml") => texts(&["<a/>"]),
        ("G", _) => texts(&[
            "(0,0)",
            "((0,0),(1,1))",
            "<(0,0),1>",
            "{1,1,0}",
            "[(0,0),(1,1)]",
        ]),
        ("V", _) => texts(&["0", "1"]),
        (_, "macaddr") => texts(&["08:00:2b:01:02:03"]),
        (_, "tsvector" | "tsquery") => texts(&["a"]),
        _ => texts(&[
            "",
            "{}",
            "0",
            "1",
            "[1,2,3]",
            "[0]",
            "a",
            "POINT(0 0)",
            "(,)",
            "(,,)",
            "(,,,)",
            "00000000-0000-4000-8000-000000000000",
        ]),
    }
}

fn words(column: &Column, seat: Seat) -> Vec<Value> {
    let (letter, number) = (seat.world.letter(), seat.world.number() + seat.number);
    let marker = format!("tenant-{letter}-{number}");
    let mut values = vec![marker.clone()];
    let likely = [
        ("email", format!("u{number}@tenant-{letter}.test")),
        ("url", format!("https://tenant-{letter}.test/{number}")),
        (
            "color",
            format!("#{}", &uuid(seat.world, seat.table, seat.number)[..6]),
        ),
        ("phone", format!("+1555{number}")),
        ("code", format!("{}{number}", letter.to_ascii_uppercase())),
        ("currency", "USD".to_owned()),
        ("country", "US".to_owned()),
        ("locale", "en".to_owned()),
        ("time", "2026-01-01".to_owned()),
        ("id", uuid(seat.world, seat.table, seat.number)),
        ("name", format!("tenant{letter}{number}")),
        ("label", format!("tenant_{letter}_{number}")),
        ("version", format!("1.0.{number}")),
        ("digits", number.to_string()),
        ("host", format!("tenant-{letter}-{number}.test")),
        ("path", format!("/tenant-{letter}/{number}")),
    ];
    let mut likely: Vec<_> = likely.into_iter().collect();
    likely.sort_by_key(|(word, _)| !column.name.contains(word));
    values.extend(likely.into_iter().map(|(_, value)| value));
    if let Some(length) = column.length {
        let tail = |value: &String| value[value.len().saturating_sub(length)..].to_owned();
        let fitting: Vec<String> = values
            .iter()
            .filter(|value| value.len() <= length)
            .cloned()
            .collect();
        let cut: Vec<String> = values
            .iter()
            .filter(|value| value.len() > length)
            .map(tail)
            .collect();
        values = fitting.into_iter().chain(cut).collect();
    }
    values.extend([
        "A".to_owned(),
        "a".to_owned(),
        "en".to_owned(),
        String::new(),
    ]);
    values.into_iter().map(Value::Text).collect()
}

fn numbers(column: &Column, seat: Seat, is_key: bool) -> Vec<Value> {
    let number = match column.base.as_str() {
        "int2" => seat.world.number() / 1000 + seat.number,
        // Keys of two tables are no keys of each other.
        _ => {
            let table = i64::try_from(seat.table % 99).unwrap_or_default() + 1;
            seat.world.number() + table * 1000 + seat.number % 1000
        }
    };
    let usual = ["1", "0", "2", "5", "10", "50", "100", "0.5", "-1", "2026"];
    match is_key {
        true => std::iter::once(text(number.to_string()))
            .chain(texts(&usual))
            .collect(),
        false => texts(&usual),
    }
}

/// Ranges, the ones of different rows apart from each other.
fn spans(seat: Seat) -> Vec<Value> {
    let number = 2 * seat.number + i64::from(seat.world == World::B);
    let (year, month, day) = (2026 + number / 336, 1 + number / 28 % 12, 1 + number % 28);
    let date = format!("{year}-{month:02}-{day:02}");
    let mut values = texts(&["empty", "{}"]);
    values.push(text(format!("[{date} 10:00,{date} 11:00)")));
    values.push(text(format!("[{date},{date}]")));
    values.push(text(format!("[{number},{})", number + 1)));
    values
}

fn moments(column: &Column, seat: Seat) -> Vec<Value> {
    if column.base.starts_with("time") && !column.base.starts_with("timestamp") {
        return texts(&["12:00:00", "13:00:00"]);
    }
    let name = column.name.as_str();
    let is_late = [
        "expire", "end", "until", "due", "valid_to", "finish", "last",
    ]
    .iter()
    .any(|word| name.contains(word));
    let is_early = ["start", "begin", "from", "first"]
        .iter()
        .any(|word| name.contains(word));
    let year = match (is_late, is_early) {
        (true, _) => 2999,
        (_, true) => 2020,
        _ => 2026,
    };
    let day = format!(
        "{year}-{:02}-{:02}",
        1 + seat.number / 28 % 12,
        1 + seat.number % 28
    );
    let mut values = vec![text(day)];
    values.extend(texts(&[
        "2026-01-01",
        "2020-01-01",
        "2999-01-01",
        "infinity",
    ]));
    values
}
