//! How large a table is, for people.

use crate::classes::Size;

const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];

/// A size in one phrase: `12 MB, about 34,000 rows`.
pub fn told(size: Size) -> String {
    let (mut amount, mut unit) = (size.bytes, 0);
    while amount >= 10_240 && unit + 1 < UNITS.len() {
        amount /= 1024;
        unit += 1;
    }
    let rows = size.rows.map_or_else(
        || "rows never counted".to_owned(),
        |rows| format!("about {} rows", grouped(rounded(rows))),
    );
    format!("{} {}, {rows}", grouped(amount), UNITS[unit])
}

/// Two digits that count: the planner does not know better.
fn rounded(count: u64) -> u64 {
    let mut step = 1;
    while count / step >= 100 {
        step *= 10;
    }
    count / step * step
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_units_that_people_read() {
        let size = |bytes, rows| told(Size { bytes, rows });
        assert_eq!(size(0, Some(0)), "0 bytes, about 0 rows");
        assert_eq!(size(49_152, None), "48 kB, rows never counted");
        assert_eq!(
            size(5_368_709_120, Some(3_456_789)),
            "5,120 MB, about 3,400,000 rows"
        );
    }
}
