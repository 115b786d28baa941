//! The steps of all objects: what the rules say is done to each, and what is left to be done along with others.

use std::collections::BTreeSet;

use super::Verb;
use super::fate::Fates;
use crate::classes::{Class, Section, Site, Statement, Whole, leave_extension};
use crate::contract::{Object, ObjectId};

/// What is done at once to one object: the statements stay together.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) id: &'a ObjectId,
    pub(super) verb: Verb,
    /// The part of a creation that waits for what the object needs, where the rest does not.
    pub(super) is_late: bool,
    /// The part of a change that comes before what is inside changes.
    pub(super) is_early: bool,
    /// A change that comes after what is to go, but does without where that is withheld.
    pub(super) is_gentle: bool,
    /// What has to go all the same.
    pub(super) awaits: Vec<ObjectId>,
    pub(super) statements: Vec<Statement>,
    /// Why it cannot be done at all, if so.
    pub(super) impossible: Option<String>,
    /// What a person has to do instead of running the statements.
    pub(super) by_hand: Option<String>,
    /// The name for `--allow` that it takes.
    pub(super) loses: Option<&'static str>,
    /// Its place among those of its class.
    pub(super) position: usize,
    /// A statement that makes an empty one, where everything left waits for each other.
    pub(super) outline: Option<Statement>,
    /// What its statement makes as well.
    pub(super) absorbs: Vec<ObjectId>,
    /// The place of its class in `Class::ALL`.
    pub(super) rank: usize,
}

/// The nodes of a plan.
pub(super) fn nodes<'a>(
    fates: &Fates<'a>,
    wanted: &Whole<'a>,
    present: &Whole<'a>,
    major: u32,
) -> Vec<Node<'a>> {
    let maker = Maker {
        fates,
        wanted,
        present,
        major,
    };
    let mut nodes = Vec::new();
    let absorbed = maker.absorbed();
    let taken_along = maker.taken_along();
    for (id, fate) in fates {
        let Some((rank, class)) = class_of(id) else {
            continue;
        };
        if fate.drops && !maker.goes_with_parent(id) && !taken_along.contains(id) {
            nodes.extend(maker.drop(id, class, rank));
        }
        if fate.creates && absorbed.contains(id) {
            nodes.push(Node::new(id, Verb::Create, rank, Vec::new()));
        } else if fate.creates {
            nodes.extend(maker.create(id, class, rank));
        } else if !fate.drops {
            nodes.extend(maker.alter(id, class, rank));
        }
    }
    nodes.extend(maker.in_the_way(&absorbed));
    for node in nodes.iter_mut().filter(|node| node.verb != Verb::Drop) {
        node.impossible = node.impossible.take().or_else(|| maker.lacks(node));
    }
    nodes
}

struct Maker<'a, 'w> {
    fates: &'w Fates<'a>,
    wanted: &'w Whole<'a>,
    present: &'w Whole<'a>,
    major: u32,
}

impl<'a> Maker<'a, '_> {
    fn drop(&self, id: &'a ObjectId, class: &Class, rank: usize) -> Option<Node<'a>> {
        let site = Site {
            object: self.present.get(id)?,
            whole: self.present,
            other: self.wanted,
            is_inside_new: false,
            major: self.major,
        };
        let statements = (class.rules.drop)(&site);
        let mut node = Node::new(id, Verb::Drop, rank, statements);
        node.outline = (class.rules.outline)(&site);
        // What goes with something else is asked for there.
        if node.statements.iter().any(|one| !one.sql.is_empty()) {
            node.loses = (class.rules.data)(site.object).or_else(|| loss_of(&node.statements));
        }
        if node.statements.is_empty() {
            node.impossible = Some(format!("no rule says how to drop a {}", class.noun));
        }
        Some(node)
    }

    /// What is altered, in up to three nodes: what comes early, the rest, and what waits.
    fn alter(&self, id: &'a ObjectId, class: &Class, rank: usize) -> Vec<Node<'a>> {
        let fate = &self.fates[id];
        let mut nodes = Vec::new();
        let part = |is_part: fn(&Statement) -> bool| {
            let statements = fate.alters.iter().filter(|one| is_part(one));
            statements.cloned().collect::<Vec<_>>()
        };
        let early = part(|one| one.is_early);
        let late = part(|one| one.is_late);
        for (statements, is_late) in [(early, false), (late, true)] {
            if !statements.is_empty() {
                let mut node = Node::new(id, Verb::Alter, rank, statements);
                node.is_late = is_late;
                node.is_early = !is_late;
                node.loses = loss_of(&node.statements);
                nodes.push(node);
            }
        }
        let main = part(|one| !one.is_early && !one.is_late);
        if main.is_empty() && !fate.alters.is_empty() {
            return nodes;
        }
        let mut node = Node::new(id, Verb::Alter, rank, main);
        node.is_gentle = fate.is_gentle;
        let site = self.site_of_new(id);
        node.by_hand = site.and_then(|site| (class.rules.by_hand)(&site));
        node.outline = site.and_then(|site| (class.rules.outline)(&site));
        let there = self.present.get(id);
        let awaits = site
            .zip(there)
            .map(|(site, there)| (class.rules.awaits)(&site, there));
        node.awaits = awaits.unwrap_or_default();
        // What takes the place of another one brings what is made with it.
        let is_swapped = !fate.is_gentle && !fate.is_disturbing;
        let absorbs = site
            .filter(|_| is_swapped)
            .map(|site| (class.rules.absorbs)(&site));
        let is_made = |id: &ObjectId| self.fates.get(id).is_some_and(|fate| fate.creates);
        node.absorbs = absorbs.unwrap_or_default();
        node.absorbs.retain(is_made);
        node.loses = loss_of(&node.statements);
        if node.statements.is_empty() {
            let usual = || format!("no rule says how to change a {}", class.noun);
            let known = node.by_hand.clone();
            let known = known.or_else(|| fate.impossible.map(str::to_owned));
            node.impossible = Some(known.unwrap_or_else(usual));
        }
        nodes.push(node);
        nodes
    }

    /// Why something cannot be made that uses what somebody put into an extension: that does not bring it.
    fn lacks(&self, node: &Node<'_>) -> Option<String> {
        let made = node.absorbs.iter().chain([node.id]);
        let needs = |id: &ObjectId| self.wanted.contract.needs.get(id);
        let mut lacking = made.filter_map(needs).flatten().filter_map(|need| {
            let extension = self.wanted.contract.members.get(need)?;
            let is_there = self.present.contract.members.contains_key(need)
                || self.present.get(need).is_some();
            (!is_there).then_some((need, extension))
        });
        lacking.next().map(|(need, extension)| {
            format!("it uses {need}, which somebody put into the extension {extension}: nothing is known of it but its name")
        })
    }

    /// What is new and needs what is made anew: the second time it has to go first.
    fn in_the_way(&self, absorbed: &BTreeSet<ObjectId>) -> Vec<Node<'a>> {
        let anew = self
            .fates
            .iter()
            .filter(|(_, fate)| fate.drops && fate.creates || fate.is_disturbing);
        let mut pending: Vec<&'a ObjectId> = anew.map(|(id, _)| *id).collect();
        let mut seen = BTreeSet::new();
        let mut nodes = Vec::new();
        while let Some(id) = pending.pop() {
            for dependent in self.wanted.dependents(id).iter().copied() {
                let is_new = self.present.get(dependent).is_none()
                    && self
                        .fates
                        .get(dependent)
                        .is_some_and(|fate| fate.creates && !fate.drops);
                let (Some(object), Some((rank, class))) =
                    (self.wanted.get(dependent), class_of(dependent))
                else {
                    continue;
                };
                // A column waits for its type only the first time, and is in no way the second.
                let is_shape =
                    |id: &ObjectId| class_of(id).is_some_and(|(_, it)| it.rules.is_shape);
                let stays = self.fates.get(id).is_some_and(|fate| !fate.drops);
                if stays && is_shape(id) && is_shape(dependent) {
                    continue;
                }
                // What is made with something else goes with it.
                let is_made_along = absorbed.contains(dependent);
                if !is_new || is_made_along || !seen.insert(dependent) {
                    continue;
                }
                if (class.rules.data)(object).is_some() {
                    continue;
                }
                let site = Site {
                    object,
                    whole: self.wanted,
                    other: self.present,
                    is_inside_new: false,
                    major: self.major,
                };
                let mut statements = (class.rules.drop)(&site);
                // Nothing else runs where there is nothing yet.
                if statements.iter().all(Statement::is_quiet) {
                    for statement in &mut statements {
                        statement.risk = crate::classes::Risk::default();
                    }
                    let mut node = Node::new(dependent, Verb::Drop, rank, statements);
                    node.outline = (class.rules.outline)(&site);
                    nodes.push(node);
                }
                pending.push(dependent);
            }
        }
        nodes
    }

    /// What is made by the statement of something else.
    fn absorbed(&self) -> BTreeSet<ObjectId> {
        let made = self.fates.iter().filter(|(_, fate)| fate.creates);
        made.flat_map(|(id, _)| self.absorbed_by(id)).collect()
    }

    /// What goes with something else that it was made with: the functions of a base type.
    fn taken_along(&self) -> BTreeSet<ObjectId> {
        let gone = self.fates.iter().filter(|(_, fate)| fate.drops);
        let sites = gone.filter_map(|(id, _)| {
            let site = Site {
                object: self.present.get(id)?,
                whole: self.present,
                other: self.wanted,
                is_inside_new: false,
                major: self.major,
            };
            Some(((class_of(id)?.1).rules.absorbs)(&site))
        });
        sites.flatten().collect()
    }

    fn absorbed_by(&self, id: &'a ObjectId) -> Vec<ObjectId> {
        match (self.site_of_new(id), class_of(id)) {
            (Some(site), Some((_, class))) => (class.rules.absorbs)(&site),
            _ => Vec::new(),
        }
    }

    fn site_of_new(&self, id: &'a ObjectId) -> Option<Site<'_>> {
        let object = self.wanted.get(id)?;
        Some(Site {
            object,
            whole: self.wanted,
            other: self.present,
            is_inside_new: self.is_inside_new(object),
            major: self.major,
        })
    }

    fn create(&self, id: &'a ObjectId, class: &Class, rank: usize) -> Vec<Node<'a>> {
        let Some(site) = self.site_of_new(id) else {
            return Vec::new();
        };
        let (late, main): (Vec<_>, Vec<_>) = (class.rules.create)(&site)
            .into_iter()
            .partition(|statement| statement.is_late);
        let mut nodes = vec![Node::new(id, Verb::Create, rank, main)];
        let release = leave_extension(id, self.wanted, self.present);
        nodes[0].statements.splice(0..0, release);
        nodes[0].by_hand = (class.rules.by_hand)(&site);
        if nodes[0].statements.is_empty() && late.is_empty() && !(class.rules.comes_along)(&site) {
            let usual = || format!("no statement makes this {}", class.noun);
            nodes[0].impossible = Some(nodes[0].by_hand.clone().unwrap_or_else(usual));
        }
        nodes[0].outline = (class.rules.outline)(&site);
        nodes[0].absorbs = (class.rules.absorbs)(&site);
        nodes[0].position = (class.rules.position)(&site);
        if !late.is_empty() {
            let mut node = Node::new(id, Verb::Create, rank, late);
            node.is_late = true;
            nodes.push(node);
        }
        nodes
    }

    /// Whether a container that holds data is made by the same plan.
    fn is_inside_new(&self, object: &Object) -> bool {
        let mut parent = object.parent.as_ref();
        while let Some(id) = parent {
            let takes_children = class_of(id).is_some_and(|(_, class)| class.rules.takes_children);
            if takes_children && self.fates.get(id).is_some_and(|fate| fate.creates) {
                return true;
            }
            parent = self
                .wanted
                .get(id)
                .and_then(|object| object.parent.as_ref());
        }
        false
    }

    fn goes_with_parent(&self, id: &ObjectId) -> bool {
        let goes_along = class_of(id).is_some_and(|(_, class)| class.rules.goes_along);
        let mut parent = self
            .present
            .get(id)
            .and_then(|object| object.parent.as_ref());
        while let Some(id) = parent {
            let takes_children = class_of(id).is_some_and(|(_, class)| class.rules.takes_children);
            let takes_it = takes_children || goes_along;
            if takes_it && self.fates.get(id).is_some_and(|fate| fate.drops) {
                return true;
            }
            parent = self
                .present
                .get(id)
                .and_then(|object| object.parent.as_ref());
        }
        false
    }
}

impl<'a> Node<'a> {
    fn new(id: &'a ObjectId, verb: Verb, rank: usize, statements: Vec<Statement>) -> Self {
        Self {
            id,
            verb,
            is_late: false,
            is_early: false,
            is_gentle: false,
            awaits: Vec::new(),
            statements,
            impossible: None,
            by_hand: None,
            loses: None,
            outline: None,
            absorbs: Vec::new(),
            position: 0,
            rank,
        }
    }
}

fn loss_of(statements: &[Statement]) -> Option<&'static str> {
    statements.iter().find_map(|statement| statement.risk.loses)
}

pub(super) fn class_of(id: &ObjectId) -> Option<(usize, &'static Class)> {
    Class::ranked(id.class.as_str())
}

/// The section of a node: that of its first statement.
pub(super) fn section(node: &Node<'_>) -> Section {
    node.statements
        .first()
        .map_or(Section::Transaction, |statement| statement.section)
}
