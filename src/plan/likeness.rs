//! How much of an object has to be alike for it to be the same one under another name.

use std::collections::BTreeSet;

use super::renames::{Mask, Matcher};
use crate::classes::{Class, Likeness, Whole};
use crate::contract::{Object, ObjectId};
use crate::sql;

impl<'a> Matcher<'a, '_> {
    /// Whether two objects, which are not the same but for their names, are close enough for it.
    ///
    /// A table: at least half of its columns are the same, and two thirds when those of the same type under
    /// another name count as well, of the side with more columns; and what is on both sides depends on both or
    /// neither. A schema: two thirds of what is inside has the same name and class. A role: the same attributes,
    /// and two thirds of what names it has the same name but for the role's.
    pub(super) fn is_close(&self, from: &'a Object, to: &'a Object) -> bool {
        let Some(class) = Class::named(from.id.class.as_str()) else {
            return false;
        };
        let mask = Mask::of(&from.id, &to.id);
        match class.rules.likeness {
            Likeness::Whole => false,
            Likeness::Parts => {
                mask.facts(class, &from.facts) == mask.facts(class, &to.facts)
                    && self.parts_are_close(&mask, class, from, to)
                    && self.dependants_match(from, to)
            }
            Likeness::Content => is_most(
                &inside(&mask, from, self.present),
                &inside(&mask, to, self.wanted),
            ),
            Likeness::Mentions => {
                from.facts == to.facts
                    && is_most(
                        &mentions(&from.id, self.present),
                        &mentions(&to.id, self.wanted),
                    )
            }
        }
    }

    fn parts_are_close(
        &self,
        mask: &Mask,
        class: &Class,
        from: &'a Object,
        to: &'a Object,
    ) -> bool {
        let old = self.parts(mask, class, from, self.present);
        let new = self.parts(mask, class, to, self.wanted);
        let kept = old.intersection(&new).count();
        let mut left: Vec<&String> = new.difference(&old).map(|(_, facts)| facts).collect();
        let paired = old.difference(&new).filter(|(_, facts)| {
            let place = left.iter().position(|other| *other == facts);
            place.map(|place| left.swap_remove(place)).is_some()
        });
        let paired = paired.count();
        let larger = old.len().max(new.len());
        kept * 2 >= larger && kept > 0 && (kept + paired) * 3 >= larger * 2
    }
}

/// What is inside of an object, with its own name read as the other's.
fn inside(mask: &Mask, object: &Object, whole: &Whole<'_>) -> BTreeSet<String> {
    let children = whole.children(&object.id).iter();
    children
        .map(|child| mask.text(&child.id.to_string()))
        .collect()
}

/// The names of what names an object, with that name taken out.
fn mentions(id: &ObjectId, whole: &Whole<'_>) -> BTreeSet<String> {
    let bare = sql::parts(&id.path).concat();
    let names = |text: &str| respelled(text, &id.path, "\u{1}").is_some();
    let objects = whole.contract.objects.values();
    let named = objects.filter(|object| {
        let facts = || {
            serde_json::to_string(&object.facts)
                .is_ok_and(|text| names(&text) || respelled(&text, &bare, "").is_some())
        };
        object.id != *id && (names(&object.id.path) || facts())
    });
    let spelled = named.map(|object| {
        let path = respelled(&object.id.path, &id.path, "\u{1}");
        let path = path.unwrap_or_else(|| object.id.path.to_string());
        format!("{} {path}", object.id.class)
    });
    spelled.collect()
}

fn is_most(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let common = one.intersection(other).count();
    common > 0 && common * 3 >= one.len().max(other.len()) * 2
}

/// A text with one name in place of another, where that stands on its own: `s.f(s.t)` but not `status`.
pub fn respelled(text: &str, from: &str, to: &str) -> Option<String> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let mut parts = String::new();
    let mut rest = text;
    let mut before = None;
    let mut is_found = false;
    while let Some(place) = rest.find(from).filter(|_| !from.is_empty()) {
        let after = rest[place + from.len()..].chars().next();
        let before_it = rest[..place].chars().next_back().or(before);
        let is_alone = !before_it.is_some_and(is_part) && !after.is_some_and(is_part);
        parts += &rest[..place];
        parts += if is_alone { to } else { from };
        is_found |= is_alone;
        before = from.chars().next_back();
        rest = &rest[place + from.len()..];
    }
    parts += rest;
    is_found.then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_put_in_place_of_another_where_it_stands_alone() {
        let renamed = |text| respelled(text, "s", "shop");
        assert_eq!(renamed("s.f(s.t)").as_deref(), Some("shop.f(shop.t)"));
        assert_eq!(renamed("status.rows"), None);
        assert_eq!(renamed("public.s_s.s").as_deref(), Some("public.s_s.shop"));
    }
}
