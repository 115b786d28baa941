//! What is missing under one name and unexpected under another, and is the same thing all the same.

use std::collections::{BTreeMap, BTreeSet};

use super::{Step, Verb};
use crate::classes::{self, Class, Likeness, PartRename, Site, Statement, Whole};
use crate::contract::{self, Change, Contract, Facts, Object, ObjectId};
use crate::sql;

/// One object under two names.
#[derive(Debug, Clone, PartialEq)]
pub struct Rename {
    /// As live calls it.
    pub from: ObjectId,
    /// As the contract calls it.
    pub to: ObjectId,
    /// Where the object keeps its name and something inside of it has another: what that is, as live calls it
    /// and as the contract does.
    pub part: Option<(&'static str, String, String)>,
    /// What gives it the other name.
    pub statement: Statement,
}

impl Rename {
    /// What it has the one name of on live, for people and to know it again.
    pub fn old(&self) -> String {
        let noun = Class::named(self.from.class.as_str()).map_or("", |class| class.noun);
        let path = &self.from.path;
        match &self.part {
            Some((what, from, _)) => format!("{what} {} of {noun} {path}", sql::literal(from)),
            None => format!("{noun} {path}"),
        }
    }

    /// The name it gets.
    pub fn new_name(&self) -> String {
        match &self.part {
            Some((_, _, to)) => sql::literal(to),
            None => self.to.path.to_string(),
        }
    }

    /// The step of a plan.
    pub fn step(&self) -> Step {
        Step {
            id: self.to.clone(),
            verb: Verb::Alter,
            statement: self.statement.clone(),
        }
    }
}

/// Pairs that are held against each other. Where there are more, live is another database rather than the
/// same one with other names.
const MOST: usize = 10_000;

/// Finds renames: content and dependants match, and nothing else matches either of the two. Where nothing is the
/// same but for its name, what is close to it counts.
pub fn renames(expected: &Contract, live: &Contract, major: u32) -> Vec<Rename> {
    let (mut one, mut other) = (expected.clone(), live.clone());
    classes::align(&mut one, live);
    classes::align(&mut other, expected);
    let deltas = contract::fold(contract::diff(&one, &other));
    let mut groups: BTreeMap<_, (Vec<&Object>, Vec<&Object>)> = BTreeMap::new();
    for delta in &deltas {
        match (&delta.change, delta.expected, delta.live) {
            (Change::Missing, Some(object), _) => {
                groups.entry(shape(object)).or_default().1.push(object);
            }
            (Change::Unexpected, _, Some(object)) => {
                groups.entry(shape(object)).or_default().0.push(object);
            }
            _ => {}
        }
    }
    let (wanted, present) = (Whole::new(&one), Whole::new(&other));
    let matcher = Matcher {
        wanted: &wanted,
        present: &present,
        major,
    };
    let mut found: Vec<Rename> = matcher.parts_of(&deltas);
    let mut add = |with_close| {
        let groups = groups.values();
        found.extend(groups.flat_map(|(gone, new)| matcher.unambiguous(gone, new, with_close)));
        found.is_empty()
    };
    if add(false) {
        add(true);
    }
    found
}

/// What two names of one object share, so that few have to be held against each other.
fn shape(object: &Object) -> (&str, Option<&ObjectId>, Vec<&str>) {
    let facts = object.facts.keys().map(String::as_str);
    (
        object.id.class.as_str(),
        object.parent.as_ref(),
        facts.collect(),
    )
}

pub(super) struct Matcher<'a, 'w> {
    pub(super) wanted: &'w Whole<'a>,
    pub(super) present: &'w Whole<'a>,
    major: u32,
}

impl<'a> Matcher<'a, '_> {
    /// What is inside of facts under another name.
    fn parts_of(&self, deltas: &[contract::Delta<'_>]) -> Vec<Rename> {
        let changed: BTreeSet<&ObjectId> = deltas
            .iter()
            .filter(|delta| matches!(delta.change, Change::Changed { .. }))
            .map(|delta| delta.id)
            .collect();
        let found = changed.into_iter().filter_map(|id| {
            let (wanted, there) = (self.wanted.get(id)?, self.present.get(id)?);
            let class = Class::named(id.class.as_str())?;
            let parts = (class.rules.part_renames)(&self.site(wanted, self.wanted), there);
            Some((id, parts))
        });
        let each = found.flat_map(|(id, parts)| parts.into_iter().map(move |part| (id, part)));
        each.map(|(id, part)| {
            let PartRename {
                noun,
                from,
                to,
                statement,
            } = part;
            Rename {
                from: id.clone(),
                to: id.clone(),
                part: Some((noun, from, to)),
                statement,
            }
        })
        .collect()
    }

    fn unambiguous(
        &self,
        gone: &[&'a Object],
        new: &[&'a Object],
        with_close: bool,
    ) -> Vec<Rename> {
        if gone.len() * new.len() > MOST {
            return Vec::new();
        }
        let matches = |from: &&'a Object| -> Vec<&'a Object> {
            let new = new.iter().copied();
            new.filter(|to| self.is_same(from, to) || with_close && self.is_close(from, to))
                .collect()
        };
        let pairs: Vec<_> = gone.iter().map(|from| (*from, matches(from))).collect();
        let mut found = Vec::new();
        for (from, candidates) in &pairs {
            let [to] = candidates.as_slice() else {
                continue;
            };
            let is_wanted_once = pairs
                .iter()
                .filter(|(_, others)| others.iter().any(|other| other.id == to.id))
                .count()
                == 1;
            if is_wanted_once && let Some(statement) = self.statement(from, to) {
                found.push(Rename {
                    from: from.id.clone(),
                    to: to.id.clone(),
                    part: None,
                    statement,
                });
            }
        }
        found
    }

    fn statement(&self, from: &Object, to: &Object) -> Option<Statement> {
        let class = Class::named(from.id.class.as_str())?;
        (class.rules.rename)(&self.site(from, self.present), &self.site(to, self.wanted))
    }

    fn site<'s>(&'s self, object: &'s Object, whole: &'s Whole<'a>) -> Site<'s> {
        Site {
            object,
            whole,
            other: if std::ptr::eq(whole, self.wanted) {
                self.present
            } else {
                self.wanted
            },
            is_inside_new: false,
            major: self.major,
        }
    }

    fn is_same(&self, from: &'a Object, to: &'a Object) -> bool {
        let Some(class) = Class::named(from.id.class.as_str()) else {
            return false;
        };
        if matches!(class.rules.likeness, Likeness::Content | Likeness::Mentions) {
            return false;
        }
        let mask = Mask::of(&from.id, &to.id);
        mask.facts(class, &from.facts) == mask.facts(class, &to.facts)
            && self.parts(&mask, class, from, self.present)
                == self.parts(&mask, class, to, self.wanted)
            && self.dependants_match(from, to)
    }

    /// What the statement that makes it makes along with it: the columns of a table.
    pub(super) fn parts(
        &self,
        mask: &Mask,
        class: &Class,
        object: &'a Object,
        whole: &Whole<'a>,
    ) -> BTreeSet<(String, String)> {
        let ids = (class.rules.absorbs)(&self.site(object, whole));
        let parts = ids.iter().filter_map(|id| whole.get(id));
        parts
            .map(|part| {
                let class = Class::named(part.id.class.as_str()).unwrap_or(class);
                (
                    mask.text(&part.id.to_string()),
                    mask.facts(class, &part.facts),
                )
            })
            .collect()
    }

    /// Whatever is there on both sides depends on both names or on neither.
    pub(super) fn dependants_match(&self, from: &'a Object, to: &'a Object) -> bool {
        let of = |object: &Object, whole: &Whole<'a>| -> BTreeSet<&'a ObjectId> {
            let is_on_both =
                |id: &&ObjectId| self.wanted.get(id).is_some() && self.present.get(id).is_some();
            whole
                .dependents(&object.id)
                .iter()
                .copied()
                .filter(is_on_both)
                .collect()
        };
        of(from, self.present) == of(to, self.wanted)
    }
}

/// Both names read as one.
pub(super) struct Mask {
    longer: String,
    shorter: String,
}

impl Mask {
    pub(super) fn of(from: &ObjectId, to: &ObjectId) -> Self {
        // The arguments of a function are no part of its name.
        let name = |id: &ObjectId| {
            let path = match id.path.ends_with(')') {
                true => id.path.split('(').next().unwrap_or_default(),
                false => &id.path,
            };
            sql::parts(path).pop().unwrap_or_default()
        };
        let (one, other) = (name(from), name(to));
        if one.len() >= other.len() {
            Self {
                longer: one,
                shorter: other,
            }
        } else {
            Self {
                longer: other,
                shorter: one,
            }
        }
    }

    pub(super) fn text(&self, text: &str) -> String {
        text.replace(&self.longer, "\u{1}")
            .replace(&self.shorter, "\u{1}")
    }

    /// Facts that a statement can change, without the names.
    pub(super) fn facts(&self, class: &Class, facts: &Facts) -> String {
        let is_told = |name: &str| class.fact(name).is_none_or(|fact| fact.stays.is_none());
        let told = facts.iter().filter(|(name, _)| is_told(name));
        let told: Vec<String> = told
            .map(|(name, value)| format!("{name}={}", self.text(&value.to_string())))
            .collect();
        told.join("\n")
    }
}
