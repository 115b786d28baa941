//! One deterministic order, and what is withheld with whatever waits for it.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::Edges;
use super::nodes::{Node, section};
use super::{Permissions, ReconcilePlan, Step, Verb, Withheld};
use crate::classes::{Section, Statement};

/// Takes out what is withheld, puts the rest in order.
pub(super) fn settle(
    nodes: &[Node<'_>],
    edges: &Edges,
    permissions: &Permissions,
) -> ReconcilePlan {
    let mut reasons = withheld(nodes, edges, permissions);
    let turns = sorted(nodes, edges, &reasons);
    let order: Vec<usize> = turns.iter().filter_map(|turn| turn.whole()).collect();
    let placed: BTreeSet<usize> = order.iter().copied().collect();
    for index in 0..nodes.len() {
        if !placed.contains(&index) {
            reasons.entry(index).or_insert_with(|| {
                let why = "it and what it needs wait for each other".to_owned();
                (why, None)
            });
        }
    }
    let sections = sections(nodes, edges, &order);
    let turns = turns.into_iter().filter(|turn| match turn {
        Turn::Whole(_) => true,
        Turn::Outline(index) => placed.contains(index),
    });
    let mut steps: Vec<Step> = turns
        .flat_map(|turn| steps_of(turn, nodes, &sections))
        .collect();
    steps.sort_by_key(|step| step.statement.section);
    let withheld = reasons.into_iter().map(|(index, (why, allow))| Withheld {
        id: nodes[index].id.clone(),
        verb: nodes[index].verb,
        statements: nodes[index].statements.clone(),
        why,
        allow,
        stays: false,
    });
    ReconcilePlan {
        withheld: withheld.collect(),
        steps,
    }
}

/// The statements of a turn, in the section that its node came to stand in.
fn steps_of(turn: Turn, nodes: &[Node<'_>], sections: &BTreeMap<usize, Section>) -> Vec<Step> {
    let (Turn::Whole(index) | Turn::Outline(index)) = turn;
    let node = &nodes[index];
    let step = |statement| Step {
        id: node.id.clone(),
        verb: node.verb,
        statement,
    };
    if turn.whole().is_none() {
        return node.outline.clone().map(step).into_iter().collect();
    }
    let is_moved = sections[&index] < section(node);
    let statements = node.statements.iter().filter(|one| !one.sql.is_empty());
    statements
        .map(|statement| step(placed_in(statement, is_moved, sections[&index])))
        .collect()
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// All of a node.
    Whole(usize),
    /// Its outline, the rest comes later.
    Outline(usize),
}

impl Turn {
    fn whole(self) -> Option<usize> {
        match self {
            Self::Whole(index) => Some(index),
            Self::Outline(_) => None,
        }
    }
}

/// How the reason begins of what is withheld for its own sake.
pub(super) const LOSES: &str = "it loses data";

type Reasons = BTreeMap<usize, (String, Option<&'static str>)>;

/// What loses data that nobody allowed to lose, what cannot be done, and whatever waits for that.
fn withheld(nodes: &[Node<'_>], edges: &Edges, permissions: &Permissions) -> Reasons {
    let mut reasons = Reasons::new();
    for (index, node) in nodes.iter().enumerate() {
        if let Some(why) = &node.impossible {
            reasons.insert(index, (why.clone(), None));
        } else if let Some(why) = node.by_hand.as_ref().filter(|_| !permissions.is_copy) {
            reasons.insert(index, (why.clone(), None));
        } else if let Some(loss) = node.loses.filter(|loss| !permissions.allows(loss)) {
            let why = format!("{LOSES}; --allow {loss} lets it through");
            reasons.insert(index, (why, Some(loss)));
        }
    }
    let followers = followers(edges);
    let mut newest: Vec<usize> = reasons.keys().copied().collect();
    while !newest.is_empty() {
        spread(newest, nodes, edges, &followers, &mut reasons);
        // What is taken away only to be made anew stays when it cannot be made anew.
        let lost: BTreeSet<_> = reasons.keys().map(|index| nodes[*index].id).collect();
        let stays = |index: &usize| {
            let node = &nodes[*index];
            node.verb == Verb::Drop && lost.contains(node.id) && !reasons.contains_key(index)
        };
        newest = (0..nodes.len()).filter(stays).collect();
        let why = || ("it could not be made anew".to_owned(), None);
        reasons.extend(newest.iter().map(|index| (*index, why())));
    }
    reasons
}

/// Adds whatever waits for what was withheld last.
fn spread(
    mut newest: Vec<usize>,
    nodes: &[Node<'_>],
    edges: &Edges,
    followers: &[Vec<usize>],
    reasons: &mut Reasons,
) {
    while !newest.is_empty() {
        let next: BTreeSet<usize> = newest
            .iter()
            .flat_map(|index| &followers[*index])
            .copied()
            .filter(|index| !reasons.contains_key(index))
            .collect();
        let mut found = Reasons::new();
        for index in &next {
            let does_without = |other: &usize| {
                let (node, other) = (&nodes[*index], &nodes[*other]);
                node.is_gentle && other.verb == Verb::Drop && !node.awaits.contains(other.id)
            };
            let known = edges[*index]
                .iter()
                .find(|other| reasons.contains_key(other) && !does_without(other));
            if let Some(cause) = known {
                let why = format!("it waits for {}, which is withheld", nodes[*cause].id);
                found.insert(*index, (why, reasons[cause].1));
            }
        }
        reasons.extend(found);
        newest = next
            .into_iter()
            .filter(|index| reasons.contains_key(index))
            .collect();
    }
}

/// For each node, by index, the nodes that wait for it.
fn followers(edges: &Edges) -> Vec<Vec<usize>> {
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (index, before) in edges.iter().enumerate() {
        for other in before {
            followers[*other].push(index);
        }
    }
    followers
}

/// Kahn's algorithm; of what may come next, the first by [`priority`].
fn sorted(nodes: &[Node<'_>], edges: &Edges, reasons: &Reasons) -> Vec<Turn> {
    // What goes on without what is withheld does not wait for it.
    let open = |before: &BTreeSet<usize>| {
        let open = before.iter().filter(|index| !reasons.contains_key(index));
        open.copied().collect::<BTreeSet<usize>>()
    };
    let mut waiting: Vec<BTreeSet<usize>> = edges.iter().map(open).collect();
    let followers = followers(edges);
    let is_ready = |waiting: &[BTreeSet<usize>], index: usize| {
        waiting[index].is_empty() && !reasons.contains_key(&index)
    };
    let mut ready: BTreeSet<_> = (0..nodes.len())
        .filter(|index| is_ready(&waiting, *index))
        .map(|index| (priority(&nodes[index]), index))
        .collect();
    let mut order = Vec::new();
    let mut placed = vec![false; nodes.len()];
    let mut outlines = outlines(nodes, reasons).into_iter();
    loop {
        let turn = match ready.pop_first() {
            Some((_, index)) => Turn::Whole(index),
            None => match outlines.find(|index| !placed[*index]) {
                Some(index) => Turn::Outline(index),
                None => return order,
            },
        };
        let (Turn::Whole(index) | Turn::Outline(index)) = turn;
        placed[index] |= turn.whole().is_some();
        order.push(turn);
        for follower in &followers[index] {
            // What is left of the old one is still in the place of the new one.
            let is_successor = nodes[*follower].id == nodes[index].id;
            if turn.whole().is_none() && nodes[index].verb == Verb::Drop && is_successor {
                continue;
            }
            if waiting[*follower].remove(&index) && is_ready(&waiting, *follower) {
                ready.insert((priority(&nodes[*follower]), *follower));
            }
        }
    }
}

/// What can be made empty when everything that is left waits for each other, each once. Its shape may need others:
/// those of the first class come first, views before functions.
fn outlines(nodes: &[Node<'_>], reasons: &Reasons) -> Vec<usize> {
    let mut outlines: Vec<usize> = (0..nodes.len())
        .filter(|index| nodes[*index].outline.is_some() && !reasons.contains_key(index))
        .collect();
    // One that is made for what goes is gone with that: those for what comes are made then.
    outlines.sort_by_key(|index| (nodes[*index].verb != Verb::Drop, nodes[*index].rank, *index));
    outlines
}

/// Row security first, then what has to go, what is made from the outside in, and last what loses data.
fn priority(node: &Node<'_>) -> (u8, usize, usize) {
    let is_first = node.statements.iter().any(|statement| statement.is_first);
    match node.verb {
        _ if is_first => (0, node.rank, 0),
        Verb::Drop if node.loses.is_none() => (1, usize::MAX - node.rank, 0),
        Verb::Create | Verb::Alter => (2, node.rank, node.position),
        Verb::Drop => (3, usize::MAX - node.rank, 0),
    }
}

/// What stands after the transaction, unless something in the transaction waits for it; what must stand
/// before it takes what it waits for along.
fn sections(nodes: &[Node<'_>], edges: &Edges, order: &[usize]) -> BTreeMap<usize, Section> {
    let mut sections: BTreeMap<usize, Section> = order
        .iter()
        .map(|index| (*index, section(&nodes[*index])))
        .collect();
    for index in order.iter().rev() {
        let own = sections[index];
        for other in &edges[*index] {
            if let Some(section) = sections.get_mut(other)
                && *section > own
            {
                *section = own;
            }
        }
    }
    sections
}

/// A statement in the section of its node. Only the first statements of a node are moved with it: a
/// validation after the transaction stays there.
fn placed_in(statement: &Statement, is_moved: bool, section: Section) -> Statement {
    let mut statement = statement.clone();
    if is_moved
        && section < statement.section
        && let Some(inline) = statement.inline.take()
    {
        statement.sql = inline;
        statement.section = section;
    }
    if statement.section == Section::Transaction && section == Section::Before {
        statement.section = section;
    }
    statement
}
