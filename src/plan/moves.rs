//! Tables that change their parents: what comes before they leave, and after they take others.

use std::collections::BTreeMap;

use super::Verb;
use super::graph::{Edges, Places};
use super::nodes::{Node, class_of};
use crate::classes::{Site, Territory, Whole};
use crate::contract::ObjectId;

/// A table leaves its parent before columns of either change, and takes one after; one that takes a part
/// of what another one has comes after that has left.
pub(super) fn moves<'a>(
    nodes: &[Node<'a>],
    places: &Places<'a>,
    wanted: &Whole<'a>,
    present: &Whole<'a>,
    edges: &mut Edges,
) {
    let leaving = leaving(nodes, present);
    let scene = Scene {
        nodes,
        places,
        wanted,
        present,
    };
    for (index, node) in nodes.iter().enumerate() {
        if node.verb == Verb::Create || node.is_late {
            edges[index].extend(leaving.in_the_way(node.id, wanted));
        }
        if node.verb != Verb::Alter {
            continue;
        }
        if node.is_early {
            scene.leave(index, edges);
        } else if node.is_late {
            let early = leaving.own.get(node.id).copied();
            scene.take(index, early, edges);
        }
    }
}

/// All that moves, and where it is.
struct Scene<'a, 'w> {
    nodes: &'w [Node<'a>],
    places: &'w Places<'a>,
    wanted: &'w Whole<'a>,
    present: &'w Whole<'a>,
}

impl<'a> Scene<'a, '_> {
    /// A table and all that it needs, parents among it.
    fn around(&self, id: &ObjectId, whole: &Whole<'a>) -> Vec<ObjectId> {
        let needs = whole.contract.needs.get(id).into_iter().flatten();
        needs.chain([id]).cloned().collect()
    }

    fn shapes(&self, ids: &[ObjectId]) -> Vec<usize> {
        self.places.of_shapes(ids, self.wanted, self.present)
    }

    /// What comes early.
    fn leave(&self, index: usize, edges: &mut Edges) {
        let node = &self.nodes[index];
        let parents = self.around(node.id, self.present);
        let wanted = self.around(node.id, self.wanted);
        let is_table = |id: &&ObjectId| class_of(id).is_some_and(|(rank, _)| rank == node.rank);
        if parents
            .iter()
            .filter(is_table)
            .all(|id| wanted.contains(id))
        {
            // Only its bounds change: meanwhile it would miss what columns of the parent go through.
            edges[index].extend(self.shapes(&parents));
            return;
        }
        for other in self.shapes(&parents) {
            edges[other].insert(index);
        }
    }

    /// What comes late, after what the same table does early.
    fn take(&self, index: usize, early: Option<usize>, edges: &mut Edges) {
        let node = &self.nodes[index];
        let parents = self.around(node.id, self.wanted);
        let (along, before): (Vec<usize>, Vec<usize>) = self
            .shapes(&parents)
            .into_iter()
            .partition(|other| self.comes_late(*other, node.id));
        let (left, before): (Vec<usize>, Vec<usize>) = before
            .into_iter()
            .partition(|other| early.is_none() && self.goes_late(*other, node.id));
        for other in left {
            edges[other].insert(index);
        }
        // What comes with it comes after it, and what that waits for before.
        for other in &along {
            let needs: Vec<usize> = edges[*other].iter().copied().collect();
            let needs = needs.into_iter().filter(|need| !along.contains(need));
            edges[index].extend(needs);
            edges[*other].insert(index);
        }
        edges[index].remove(&index);
        edges[index].extend(before);
        edges[index].extend(parents.iter().filter_map(|id| self.places.makes.get(id)));
        edges[index].extend(parents.iter().filter_map(|id| self.places.alters.get(id)));
        edges[index].extend(early);
        // A parent that it leaves only then cannot go before.
        let left = self.around(node.id, self.present).into_iter();
        let left = left.filter(|_| early.is_none());
        let drops = left.filter_map(|id| {
            let is_gone = self.wanted.get(&id).is_none() && class_of(&id)?.0 == node.rank;
            self.places.drops.get(&id).filter(|_| is_gone)
        });
        for drop in drops {
            edges[*drop].insert(index);
        }
    }

    /// Whether a node makes something that comes with what its container does late.
    fn comes_late(&self, other: usize, container: &ObjectId) -> bool {
        let node = &self.nodes[other];
        let rule = class_of(node.id).map(|(_, class)| class.rules.comes_late);
        let site = site(node.id, self.wanted, self.present);
        node.verb == Verb::Create && is_so(rule, site, container)
    }

    /// Whether a node takes something away that can go only after that.
    fn goes_late(&self, other: usize, container: &ObjectId) -> bool {
        let node = &self.nodes[other];
        let rule = class_of(node.id).map(|(_, class)| class.rules.goes_late);
        let site = site(node.id, self.present, self.wanted);
        node.verb == Verb::Drop && is_so(rule, site, container)
    }
}

fn is_so(
    rule: Option<fn(&Site<'_>) -> bool>,
    site: Option<Site<'_>>,
    container: &ObjectId,
) -> bool {
    let (Some(rule), Some(site)) = (rule, site) else {
        return false;
    };
    site.object.parent.as_ref() == Some(container) && rule(&site)
}

pub(super) fn site<'w, 'a: 'w>(
    id: &ObjectId,
    whole: &'w Whole<'a>,
    other: &'w Whole<'a>,
) -> Option<Site<'w>> {
    Some(Site {
        object: whole.get(id)?,
        whole,
        other,
        is_inside_new: false,
        major: 0,
    })
}

/// What leaves a parent.
#[derive(Default)]
struct Leaving<'a> {
    /// By what it is a part of, with the part.
    parts: BTreeMap<String, Vec<(Territory, usize)>>,
    /// By its own id.
    own: BTreeMap<&'a ObjectId, usize>,
}

fn leaving<'a>(nodes: &[Node<'a>], present: &Whole<'a>) -> Leaving<'a> {
    let mut leaving = Leaving::default();
    for (index, node) in nodes.iter().enumerate() {
        if node.is_early {
            leaving.own.insert(node.id, index);
        }
        if (node.is_early || node.verb == Verb::Drop && !node.is_late)
            && let Some(part) = territory(node.id, present)
        {
            let parts = leaving.parts.entry(part.of.clone()).or_default();
            parts.push((part, index));
        }
    }
    leaving
}

impl Leaving<'_> {
    /// What has a part of what an object takes.
    fn in_the_way(&self, id: &ObjectId, wanted: &Whole<'_>) -> Vec<usize> {
        let Some(own) = territory(id, wanted) else {
            return Vec::new();
        };
        let others = self.parts.get(&own.of).into_iter().flatten();
        let others = others.filter(|(part, _)| part.is_in_the_way_of(&own));
        others.map(|(_, index)| *index).collect()
    }
}

fn territory(id: &ObjectId, whole: &Whole<'_>) -> Option<Territory> {
    (class_of(id)?.1.rules.territory)(whole.get(id)?)
}
