//! Functions of one name: which calls could mean either of two.

use crate::classes::rules::{Site, split_outside_quotes};
use crate::contract::{Object, ObjectId};

/// Those that go, where a call could mean one of them as well: with arguments left out Postgres does not choose.
pub(super) fn going(site: &Site<'_>) -> Vec<ObjectId> {
    let Some((name, _)) = split_outside_quotes(site.path(), "(") else {
        return Vec::new();
    };
    let head = format!("{name}(");
    let first = ObjectId::new(site.object.id.class.clone(), head.clone());
    let others = site.other.contract.objects.range(first..);
    let others = others.map(|(_, other)| other).take_while(|other| {
        other.id.class == site.object.id.class && other.id.path.starts_with(&head)
    });
    let own = Calls::of(site.object);
    let is_going =
        |other: &&Object| site.whole.get(&other.id).is_none() && own.could_mean(&Calls::of(other));
    others
        .filter(is_going)
        .map(|other| other.id.clone())
        .collect()
}

/// How many arguments a call may have.
struct Calls {
    least: usize,
    /// None where there may be any number.
    most: Option<usize>,
}

impl Calls {
    fn of(object: &Object) -> Self {
        let arguments = split(object.text("arguments").unwrap_or_default());
        let taken = arguments.iter().filter(|one| !one.starts_with("OUT "));
        let taken: Vec<_> = taken.collect();
        let optional = taken.iter().filter(|one| one.contains(" DEFAULT "));
        let is_open = taken.iter().any(|one| one.starts_with("VARIADIC "));
        let least = taken.len() - optional.count();
        Self {
            least: if is_open {
                least.saturating_sub(1)
            } else {
                least
            },
            most: (!is_open).then_some(taken.len()),
        }
    }

    fn could_mean(&self, other: &Self) -> bool {
        let reaches = |least: usize, most: Option<usize>| most.is_none_or(|most| least <= most);
        let is_exact = |calls: &Self| Some(calls.least) == calls.most;
        !(is_exact(self) && is_exact(other))
            && reaches(self.least, other.most)
            && reaches(other.least, self.most)
    }
}

/// The arguments of a list, which may have commas in quotes and parentheses.
fn split(list: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (at, c) in list.char_indices() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('(' | '[', None) => depth += 1,
            (')' | ']', None) => depth = depth.saturating_sub(1),
            (',', None) if depth == 0 => {
                parts.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}
