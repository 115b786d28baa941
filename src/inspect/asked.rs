//! Which classes are asked for: planning a query takes a small database longer than answering it, and most have nothing
//! of the rarer classes. A line of such a class' query says which rows there are wherever it has one itself.

use crate::classes::Class;

const MARK: &str = "-- asked where there are: ";

/// An expression for the classes that say so, in their order: a text with a 1 for each that there may be something of.
pub(super) fn probe() -> String {
    let asked = Class::ALL.iter().filter_map(|class| rows(class));
    let exist: Vec<String> = asked
        .map(|rows| format!("exists (select from {rows})::int4"))
        .collect();
    format!("concat({})", exist.join(", "))
}

/// The places of classes that there is nothing of, by the text that the expression gave.
pub(super) fn absent(found: &str) -> Vec<usize> {
    let all = Class::ALL.iter().enumerate();
    let asked = all.filter(|(_, class)| rows(class).is_some());
    let told = asked.zip(found.chars());
    told.filter(|(_, found)| *found == '0')
        .map(|((at, _), _)| at)
        .collect()
}

/// What follows `from`.
fn rows(class: &Class) -> Option<&'static str> {
    let mut lines = class.query.lines();
    lines.find_map(|line| line.strip_prefix(MARK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_told_to_be_absent_is() {
        let marked = Class::ALL.iter().filter(|class| rows(class).is_some());
        let number = marked.count();
        assert!(number > 20, "{number}");
        assert!(absent(&"1".repeat(number)).is_empty());
        assert_eq!(absent(&"0".repeat(number)).len(), number);
        let last = absent(&format!("{}0", "1".repeat(number - 1)));
        let name = Class::ALL[last[0]].name;
        assert_eq!(
            (last.len(), name),
            (1, marked_names().last().copied().unwrap_or_default())
        );
        assert!(absent("").is_empty());
    }

    fn marked_names() -> Vec<&'static str> {
        let marked = Class::ALL.iter().filter(|class| rows(class).is_some());
        marked.map(|class| class.name).collect()
    }
}
