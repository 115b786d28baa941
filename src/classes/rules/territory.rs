//! What a partition takes of its whole, and whether another one takes some of the same.

use std::cmp::Ordering;

use crate::contract::Object;

/// The part of something that only one object can have at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Territory {
    /// The path of what it is a part of.
    pub of: String,
    part: Part,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Rest,
    Listed(Vec<String>),
    Range(Vec<String>, Vec<String>),
    Hash(u64, u64),
    /// Nothing that is known here: it may be anything.
    Unknown,
}

impl Territory {
    /// That of a partition, from its bound as `pg_get_expr` prints it.
    pub(in crate::classes) fn of_partition(object: &Object) -> Option<Self> {
        let bound = object.text("partition_bound")?;
        let of = super::texts(object, "inherits").first()?.to_string();
        let part = Part::read(bound).unwrap_or(Part::Unknown);
        Some(Self { of, part })
    }

    /// Whether both cannot be there at once, as far as can be told: numbers are compared as numbers, all else as text.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.of == other.of && self.part.overlaps(&other.part)
    }

    /// Whether another can be taken only once this one has left: rows that are in the rest may belong to any other.
    pub fn is_in_the_way_of(&self, other: &Self) -> bool {
        self.of == other.of && self.part == Part::Rest || self.overlaps(other)
    }
}

impl Part {
    fn read(bound: &str) -> Option<Self> {
        if bound.eq_ignore_ascii_case("default") {
            return Some(Self::Rest);
        }
        let (_, rest) = bound.split_once("FOR VALUES ")?;
        let (word, rest) = rest.split_once(' ')?;
        match word {
            "IN" => Some(Self::Listed(values(rest).0)),
            "FROM" => {
                let (from, rest) = values(rest);
                Some(Self::Range(from, values(rest).0))
            }
            "WITH" => {
                let (list, _) = values(rest);
                let number = |index: usize| list.get(index)?.split_once(' ')?.1.parse().ok();
                Some(Self::Hash(number(0)?, number(1)?))
            }
            _ => None,
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rest, Self::Rest) => true,
            (Self::Rest, _) | (_, Self::Rest) => false,
            (Self::Listed(one), Self::Listed(other)) => {
                one.iter().any(|value| other.contains(value))
            }
            (Self::Range(from, to), Self::Range(other_from, other_to)) => {
                compared(from, other_to) == Ordering::Less
                    && compared(other_from, to) == Ordering::Less
            }
            (Self::Hash(one, first), Self::Hash(other, second)) => {
                let shared = shared_divisor(*one, *other).max(1);
                first % shared == second % shared
            }
            _ => true,
        }
    }
}

/// What stands between the first parentheses, and what follows them.
fn values(text: &str) -> (Vec<String>, &str) {
    let mut list = vec![String::new()];
    let (mut in_quotes, mut depth) = (false, 0_u32);
    for (index, c) in text.char_indices() {
        match c {
            '\'' => in_quotes = !in_quotes,
            '(' if !in_quotes => {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            }
            ')' if !in_quotes => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return (trimmed(&list), &text[index + 1..]);
                }
            }
            ',' if !in_quotes && depth == 1 => {
                list.push(String::new());
                continue;
            }
            _ => {}
        }
        if depth > 0 {
            list.last_mut().expect("begins with one").push(c);
        }
    }
    (trimmed(&list), "")
}

fn trimmed(list: &[String]) -> Vec<String> {
    list.iter().map(|value| value.trim().to_owned()).collect()
}

/// Bounds by their first values that differ; what follows a `MINVALUE` or `MAXVALUE` says nothing.
fn compared(one: &[String], other: &[String]) -> Ordering {
    for (one, other) in one.iter().zip(other) {
        let order = match (end(one), end(other)) {
            (None, None) => of_values(one.trim_matches('\''), other.trim_matches('\'')),
            (one, other) => return one.unwrap_or(0).cmp(&other.unwrap_or(0)),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn end(value: &str) -> Option<i8> {
    match value {
        "MINVALUE" => Some(-1),
        "MAXVALUE" => Some(1),
        _ => None,
    }
}

fn of_values(one: &str, other: &str) -> Ordering {
    if let (Ok(one), Ok(other)) = (one.parse::<i128>(), other.parse::<i128>()) {
        return one.cmp(&other);
    }
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        _ => one.cmp(other),
    }
}

fn shared_divisor(one: u64, other: u64) -> u64 {
    if other == 0 {
        one
    } else {
        shared_divisor(other, one % other)
    }
}
