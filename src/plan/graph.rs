//! The steps of all objects in one graph, drops and creates together, with what must come before what.

use std::collections::{BTreeMap, BTreeSet};

use super::nodes::{Node, class_of, section};
use super::{Verb, moves};
use crate::classes::{Naming, Rules, Section, Site, Whole};
use crate::contract::{Object, ObjectId};

/// For each node, by index, the nodes that come before it.
pub(super) type Edges = Vec<BTreeSet<usize>>;

/// What must come before what.
pub(super) fn edges<'a>(nodes: &[Node<'a>], wanted: &Whole<'a>, present: &Whole<'a>) -> Edges {
    let mut places = Places::default();
    for (index, node) in nodes.iter().enumerate() {
        if node.verb == Verb::Alter && (node.is_early || node.is_late) {
            if node.is_late {
                places.joins.insert(node.id, index);
            }
            continue;
        }
        let map = match (node.verb, node.is_late) {
            (Verb::Drop, _) => &mut places.drops,
            (Verb::Create, true) => &mut places.late,
            (Verb::Create, false) => &mut places.makes,
            (Verb::Alter, _) => &mut places.alters,
        };
        map.insert(node.id, index);
        if let (Verb::Create, Some(of)) = (node.verb, stands_for(node.id, wanted, present)) {
            places.behind.entry(of).or_default().push(index);
        }
        if node.verb == Verb::Alter && !node.is_gentle {
            places.disturbing.insert(node.id, index);
        }
        if !is_facet(node.id) {
            if node.verb == Verb::Drop {
                places.by_path.entry(&node.id.path).or_default().push(index);
            }
        } else if node.verb != Verb::Drop
            && !node.is_late
            && let Some(container) = wanted
                .get(node.id)
                .and_then(|object| object.parent.as_ref())
        {
            places.facets.entry(container).or_default().push(index);
        }
    }
    for object in present.contract.objects.values() {
        let apart = || is_named_apart(object).then(|| object.id.path.to_string());
        if let Some(name) = relation(object).or_else(apart) {
            places.by_relation.entry(name).or_default().push(&object.id);
        }
    }
    let mut edges: Edges = vec![BTreeSet::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        if node.verb == Verb::Alter && (node.is_early || node.is_late) {
            continue;
        }
        let before = match node.verb {
            Verb::Drop => places.before_drop(node, wanted, present),
            Verb::Create => places.before_create(node, wanted, present),
            Verb::Alter => places.before_alter(node, wanted, present),
        };
        edges[index].extend(before.into_iter().filter(|other| *other != index));
        for heir in places.of_heirs(node, wanted, present) {
            edges[heir].insert(index);
        }
    }
    moves::moves(nodes, &places, wanted, present, &mut edges);
    after_mistaken(nodes, &places, wanted, present, &mut edges);
    edges
}

/// What is made waits for what its users' calls could mean as well, unless that waits for it.
fn after_mistaken(
    nodes: &[Node<'_>],
    places: &Places<'_>,
    wanted: &Whole<'_>,
    present: &Whole<'_>,
    edges: &mut Edges,
) {
    for (index, node) in nodes.iter().enumerate() {
        if node.verb == Verb::Drop {
            continue;
        }
        for other in asked(|rules| rules.mistaken_for, node.id, wanted, present) {
            if let Some(drop) = places.drops.get(&other)
                && !comes_after(*drop, index, edges)
            {
                edges[index].insert(*drop);
            }
        }
    }
}

/// Whether a node waits for another one, however many are between them.
fn comes_after(index: usize, other: usize, edges: &Edges) -> bool {
    let mut pending = vec![index];
    let mut seen = BTreeSet::new();
    while let Some(at) = pending.pop() {
        if at == other {
            return true;
        }
        if seen.insert(at) {
            pending.extend(&edges[at]);
        }
    }
    false
}

/// Where the nodes of an object are.
#[derive(Default)]
pub(super) struct Places<'a> {
    pub(super) drops: BTreeMap<&'a ObjectId, usize>,
    pub(super) makes: BTreeMap<&'a ObjectId, usize>,
    late: BTreeMap<&'a ObjectId, usize>,
    pub(super) alters: BTreeMap<&'a ObjectId, usize>,
    /// What is made of an object and used by way of it, though nothing says so: the cast of a function.
    behind: BTreeMap<ObjectId, Vec<usize>>,
    /// Where tables take parents in the end.
    joins: BTreeMap<&'a ObjectId, usize>,
    /// Of these, those that carry along what is of a type.
    disturbing: BTreeMap<&'a ObjectId, usize>,
    /// Drops by name, whatever the class.
    by_path: BTreeMap<&'a str, Vec<usize>>,
    /// What makes or changes the facets of an object: a schema has as many children as there are tables.
    facets: BTreeMap<&'a ObjectId, Vec<usize>>,
    /// What takes a name among relations that is not its own.
    by_relation: BTreeMap<String, Vec<&'a ObjectId>>,
}

impl<'a> Places<'a> {
    /// What is done to the shape of tables: their columns.
    pub(super) fn of_shapes(
        &self,
        ids: &[ObjectId],
        wanted: &Whole<'a>,
        present: &Whole<'a>,
    ) -> Vec<usize> {
        let children = ids
            .iter()
            .flat_map(|id| present.children(id).iter().chain(wanted.children(id)));
        let shapes = children
            .filter(|child| class_of(&child.id).is_some_and(|(_, class)| class.rules.is_shape));
        let nodes = shapes.flat_map(|child| {
            [
                self.drops.get(&child.id),
                self.makes.get(&child.id),
                self.alters.get(&child.id),
            ]
        });
        nodes.flatten().copied().collect()
    }

    /// What takes part in what is done to an object, and comes after it.
    fn of_heirs(&self, node: &Node<'a>, wanted: &Whole<'a>, present: &Whole<'a>) -> Vec<usize> {
        let heirs = match node.verb {
            Verb::Drop => heirs(node.id, present, wanted),
            Verb::Create => heirs(node.id, wanted, present),
            Verb::Alter => {
                let mut both = heirs(node.id, wanted, present);
                both.extend(heirs(node.id, present, wanted));
                both
            }
        };
        let nodes = heirs.iter().flat_map(|heir| match node.verb {
            Verb::Drop => [self.drops.get(heir), self.alters.get(heir)],
            _ => [self.makes.get(heir), self.alters.get(heir)],
        });
        nodes.flatten().copied().collect()
    }

    /// Whatever is inside of it or cannot be without it goes before, or is changed so that it can.
    fn before_drop(&self, node: &Node<'a>, wanted: &Whole<'a>, present: &Whole<'a>) -> Vec<usize> {
        let mut before = Vec::new();
        let mut pending = with_heirs(node.id, present, wanted);
        let heirs = heirs(node.id, present, wanted);
        let later = wanted.dependents(node.id).iter();
        before.extend(later.filter_map(|other| self.drops.get(other)));
        before.extend(self.freed(node.id, wanted, present));
        let mut seen = BTreeSet::new();
        while let Some(id) = pending.pop() {
            let inside = present.children(id).iter().map(|child| &child.id);
            for other in inside.chain(present.dependents(id).iter().copied()) {
                if !seen.insert(other) {
                    continue;
                }
                before.extend(self.drops.get(other));
                before.extend(self.alters.get(other));
                // What goes with it without a word may have dependents of its own.
                if !self.drops.contains_key(other) {
                    before.extend(self.replaced_with(other, wanted, present));
                    before.extend(self.goes_with(other, present));
                    pending.push(other);
                }
            }
        }
        // What takes part in it comes after it.
        let heirs: BTreeSet<usize> = heirs
            .iter()
            .filter_map(|heir| self.drops.get(heir))
            .copied()
            .collect();
        before.retain(|index| !heirs.contains(index));
        before
    }

    /// After whatever it needs is there, and after the object of the same name is gone.
    fn before_create(
        &self,
        node: &Node<'a>,
        wanted: &Whole<'a>,
        present: &Whole<'a>,
    ) -> Vec<usize> {
        let mut before: Vec<usize> = self.gone(node.id, present).into_iter().collect();
        before.extend(self.namesakes(node.id, wanted, present));
        before.extend(self.elsewhere(node.id, wanted, present, 2));
        if node.is_late {
            before.extend(self.makes.get(node.id));
            before.extend(self.there(node.id, wanted, present));
        } else if self.late.contains_key(node.id) {
            // The rest waits for what it needs; this part is what others wait for.
            let mut parent = wanted
                .get(node.id)
                .and_then(|object| object.parent.as_ref());
            while let Some(id) = parent {
                let next = wanted.get(id).and_then(|object| object.parent.as_ref());
                if next.is_none() {
                    before.extend(self.makes.get(id));
                }
                parent = next;
            }
        } else {
            before.extend(self.there(node.id, wanted, present));
        }
        let own: BTreeSet<usize> = self.makes.get(node.id).copied().into_iter().collect();
        let absorbed: BTreeSet<usize> = node
            .absorbs
            .iter()
            .filter_map(|id| self.makes.get(id).copied())
            .collect();
        for id in &node.absorbs {
            before.extend(self.there(id, wanted, present));
            before.extend(self.gone(id, present));
        }
        before.retain(|index| !own.contains(index) && !absorbed.contains(index));
        before
    }

    /// After whatever it will need is there, and after whatever is in the way is gone.
    fn before_alter(&self, node: &Node<'a>, wanted: &Whole<'a>, present: &Whole<'a>) -> Vec<usize> {
        let mut before = self.there(node.id, wanted, present);
        // A value is added to an enum whatever there is.
        if section(node) == Section::Before {
            return before;
        }
        for id in &node.absorbs {
            before.extend(self.there(id, wanted, present));
        }
        let absorbed = node.absorbs.iter().filter_map(|id| self.makes.get(id));
        let absorbed: BTreeSet<usize> = absorbed.copied().collect();
        before.retain(|index| !absorbed.contains(index));
        let heirs = heirs(node.id, present, wanted);
        let later = wanted.dependents(node.id).iter();
        before.extend(later.filter_map(|other| self.drops.get(other)));
        before.extend(self.freed(node.id, wanted, present));
        let mut pending = with_heirs(node.id, present, wanted);
        let mut seen = BTreeSet::new();
        while let Some(id) = pending.pop() {
            let inside = present.children(id).iter().map(|child| &child.id);
            for other in inside.chain(present.dependents(id).iter().copied()) {
                if !seen.insert(other) {
                    continue;
                }
                match self.drops.get(other) {
                    Some(index) => before.push(*index),
                    None => {
                        before.extend(self.goes_with(other, present));
                        pending.push(other);
                    }
                }
            }
        }
        let heirs: BTreeSet<usize> = heirs
            .iter()
            .filter_map(|heir| self.drops.get(heir))
            .copied()
            .collect();
        before.retain(|index| !heirs.contains(index));
        before
    }

    /// The change that puts something else in the place of what an object is in, and leaves the object behind: a domain's,
    /// for its checks.
    fn replaced_with(
        &self,
        id: &ObjectId,
        wanted: &Whole<'a>,
        present: &Whole<'a>,
    ) -> Option<usize> {
        let is_left = wanted.get(id).is_none() || self.makes.contains_key(id);
        let parent = present.get(id)?.parent.as_ref().filter(|_| is_left)?;
        self.alters.get(parent).copied()
    }

    /// The drop that takes an object along: its table's, for a column.
    fn goes_with(&self, id: &ObjectId, present: &Whole<'a>) -> Option<usize> {
        let parent_of = |id: &ObjectId| present.get(id)?.parent.as_ref();
        let mut parent = parent_of(id)?;
        while class_of(parent)?.1.rules.takes_children {
            if let Some(index) = self.drops.get(parent) {
                return Some(*index);
            }
            parent = parent_of(parent)?;
        }
        None
    }

    /// Nodes after which the needs of an object are met.
    fn there(&self, id: &ObjectId, wanted: &Whole<'a>, present: &Whole<'a>) -> Vec<usize> {
        let parent = wanted.get(id).and_then(|object| object.parent.as_ref());
        let needs = wanted.contract.needs.get(id).into_iter().flatten();
        let mut before = Vec::new();
        for need in needs.chain(parent) {
            before.extend(self.makes.get(need));
            before.extend(self.alters.get(need));
            before.extend(self.carried(need, wanted, 3));
            before.extend(self.behind.get(need).into_iter().flatten());
        }
        for other in asked(|rules| rules.waits_for, id, wanted, present) {
            before.extend(self.makes.get(&other));
            before.extend(self.late.get(&other));
            before.extend(self.joins.get(&other));
            before.extend(self.alters.get(&other));
        }
        // Whoever gets something must be let into its container first.
        if is_facet(id)
            && let Some(container) = parent.and_then(|id| wanted.get(id)?.parent.as_ref())
        {
            before.extend(self.facets.get(container).into_iter().flatten());
        }
        before
    }

    /// What has to have gone or changed before an object does.
    fn freed(&self, id: &ObjectId, wanted: &Whole<'a>, present: &Whole<'a>) -> Vec<usize> {
        let others = asked(|rules| rules.goes_after, id, present, wanted);
        let nodes = others
            .iter()
            .flat_map(|other| [self.drops.get(other), self.alters.get(other)]);
        nodes.flatten().copied().collect()
    }

    /// What carries an object along that has no node of its own: another enum in the place of a column's type.
    fn carried(&self, id: &ObjectId, wanted: &Whole<'a>, depth: u8) -> Vec<usize> {
        if self.disturbing.is_empty() || depth == 0 {
            return Vec::new();
        }
        let mut found = Vec::new();
        for need in wanted.contract.needs.get(id).into_iter().flatten() {
            found.extend(self.disturbing.get(need));
            let has_own = self.makes.contains_key(need) || self.alters.contains_key(need);
            if !has_own && !is_part_of(id, need, wanted) {
                found.extend(self.carried(need, wanted, depth - 1));
            }
        }
        found
    }

    /// Nodes that take away what has the name in another class: tables and types share theirs, and indexes with the
    /// keys of all tables.
    fn namesakes(&self, id: &ObjectId, wanted: &Whole<'a>, present: &Whole<'a>) -> Vec<usize> {
        let object = wanted.get(id);
        let relation = object.and_then(relation);
        if is_facet(id) || relation.is_none() && crate::sql::parts(&id.path).len() != 2 {
            return Vec::new();
        }
        let name = relation.as_deref().unwrap_or(&id.path);
        let drops = self.by_path.get(name).into_iter().flatten();
        let others = self.by_relation.get(name).into_iter().flatten();
        let others = others.filter(|other| **other != id);
        drops
            .copied()
            .chain(others.filter_map(|other| self.gone(other, present)))
            .collect()
    }

    /// Nodes that take away what comes along with an object and is inside of something else as yet: the sequence of an
    /// identity.
    fn elsewhere(
        &self,
        id: &ObjectId,
        wanted: &Whole<'a>,
        present: &Whole<'a>,
        depth: u8,
    ) -> Vec<usize> {
        let mut found = Vec::new();
        for child in wanted.children(id).iter().filter(|_| depth > 0) {
            let there = present.get(&child.id);
            if there.is_some_and(|there| there.parent != child.parent) {
                found.extend(self.gone(&child.id, present));
            }
            found.extend(self.elsewhere(&child.id, wanted, present, depth - 1));
        }
        found
    }

    /// The node that takes the object of that name away: its own drop, or that of what it goes with.
    fn gone(&self, id: &ObjectId, present: &Whole<'a>) -> Option<usize> {
        let mut id = id;
        loop {
            if let Some(index) = self.drops.get(id) {
                return Some(*index);
            }
            id = present.get(id)?.parent.as_ref()?;
        }
    }
}

pub(super) fn heirs(id: &ObjectId, whole: &Whole<'_>, other: &Whole<'_>) -> Vec<ObjectId> {
    let (Some(object), Some((_, class))) = (whole.get(id), class_of(id)) else {
        return Vec::new();
    };
    (class.rules.heirs)(&Site {
        object,
        whole,
        other,
        is_inside_new: false,
        major: 0,
    })
}

fn with_heirs<'a>(id: &'a ObjectId, whole: &Whole<'a>, other: &Whole<'a>) -> Vec<&'a ObjectId> {
    let heirs = heirs(id, whole, other);
    let heirs = heirs.iter().filter_map(|heir| Some(&whole.get(heir)?.id));
    std::iter::once(id).chain(heirs).collect()
}

/// A rule that names other objects.
type Rule = fn(&Site<'_>) -> Vec<ObjectId>;

/// What the rule of its class says of an object.
fn asked(
    rule: fn(&Rules) -> Rule,
    id: &ObjectId,
    whole: &Whole<'_>,
    other: &Whole<'_>,
) -> Vec<ObjectId> {
    let rule = class_of(id).map(|(_, class)| rule(&class.rules));
    let site = moves::site(id, whole, other);
    rule.zip(site)
        .map(|(rule, site)| rule(&site))
        .unwrap_or_default()
}

fn stands_for(id: &ObjectId, whole: &Whole<'_>, other: &Whole<'_>) -> Option<ObjectId> {
    let rule = class_of(id)?.1.rules.stands_for;
    rule(&moves::site(id, whole, other)?)
}

fn relation(object: &Object) -> Option<String> {
    (class_of(&object.id)?.1.rules.relation)(object)
}

/// Whether it goes with something under a name that others may take: an index with its table.
fn is_named_apart(object: &Object) -> bool {
    let parent = object.parent.as_ref();
    let is_apart = |parent: &ObjectId| {
        class_of(parent).is_some_and(|(_, class)| class.rules.takes_children)
            && !object.id.path.starts_with(&format!("{}.", parent.path))
    };
    !is_facet(&object.id)
        && crate::sql::parts(&object.id.path).len() == 2
        && parent.is_some_and(is_apart)
}

fn is_part_of(id: &ObjectId, other: &ObjectId, whole: &Whole<'_>) -> bool {
    let parent = whole.get(id).and_then(|object| object.parent.as_ref());
    parent == Some(other)
}

fn is_facet(id: &ObjectId) -> bool {
    class_of(id).is_some_and(|(_, class)| class.naming == Naming::Facet)
}
