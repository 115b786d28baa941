//! The chains of a module: each query once, with what later statements add to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::eval::{Built, Context, Key, Known, Project, asks};
use super::expr::{Called, Expr};
use crate::usage::code::{At, Call, Certainty, Chain, Client, File, Value};
use crate::usage::files::survived;

/// What a chain on `from` goes on with, where it asks Supabase.
const VERBS: &[&str] = &["select", "insert", "upsert", "update", "delete"];

/// Calls of functions whose parameters say what is asked for, by function.
type Calls<'a> = BTreeMap<(usize, usize), Vec<(usize, &'a Called)>>;

/// One query, and what is added to it.
#[derive(Default)]
struct Group {
    starts: Vec<Built>,
    goes_on: Vec<Call>,
}

/// The chains of all modules, in their order, or why nobody knows those of one.
pub(super) fn all(project: &Project<'_>) -> Vec<Result<Vec<Chain>, String>> {
    let (calls, slow) = calls(project);
    let mut all = vec![Ok(Vec::new()); project.modules.len()];
    for module in 0..project.modules.len() {
        let found = match slow.contains(&module) {
            true => Err(SLOW.to_owned()),
            false => survived(|| of_module(project, module, &calls)),
        };
        match found {
            Ok(found) => {
                for (of, chain) in found {
                    if let Ok(chains) = &mut all[of] {
                        chains.push(chain);
                    }
                }
            }
            Err(why) => all[module] = Err(why),
        }
    }
    for chains in all.iter_mut().flatten() {
        let mut told = BTreeSet::new();
        chains.retain(|chain| {
            let place = chain.calls.last().map(|call| call.place);
            let asked: Vec<&[At]> = chain.calls.iter().map(|call| &*call.arguments).collect();
            told.insert((place, format!("{asked:?}")))
        });
    }
    all
}

const SLOW: &str = "following its names takes too long";

/// Calls of functions, and modules that take too long.
fn calls<'a>(project: &'a Project<'_>) -> (Calls<'a>, BTreeSet<usize>) {
    let (mut calls, mut slow) = (Calls::new(), BTreeSet::new());
    for (module, of) in project.modules.iter().enumerate() {
        let context = Context::of(module);
        project.start_file();
        for candidate in &of.candidates {
            if project.is_slow() {
                slow.insert(module);
                break;
            }
            let mut node = &candidate.node;
            // `table("a").select()` calls `table` as well.
            while let Expr::Call(called) = &node.expr {
                let is_near = matches!(&called.callee.expr, Expr::Name(..) | Expr::Member(..));
                if is_near
                    && let Known::Function(of, index) = project.known(&called.callee, &context)
                {
                    calls.entry((of, index)).or_default().push((module, called));
                }
                match &called.callee.expr {
                    Expr::Member(object, _) => node = object,
                    _ => break,
                }
            }
        }
    }
    (calls, slow)
}

/// What a module asks for; a function's query by an argument belongs to the module that calls it.
fn of_module(
    project: &Project<'_>,
    module: usize,
    calls: &Calls<'_>,
) -> Result<Vec<(usize, Chain)>, String> {
    let context = Context::of(module);
    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    let mut chains = Vec::new();
    project.start_file();
    for candidate in &project.modules[module].candidates {
        if project.is_slow() {
            return Err(SLOW.to_owned());
        }
        let Known::Built(built) = project.known(&candidate.node, &context) else {
            continue;
        };
        let touched = project.touched.get();
        let is_told = built.calls.iter().all(|call| call.is_told);
        if !asks(&built.calls) || !is_meant(&built) || is_told {
            continue;
        }
        // A parameter of a function around it is what that is called with; of another one nobody knows when.
        let touched =
            touched.filter(|(of, index)| *of == module && candidate.inside.contains(index));
        if let Some(function) = touched.filter(|_| is_open(&built)) {
            let followed = followed(project, &candidate.node, function, calls);
            // A function that only hands a query on is told where it is called.
            if !followed.is_empty() || calls.contains_key(&function) && built.calls.len() == 1 {
                chains.extend(followed);
                continue;
            }
        }
        match (&built.continues, owner(project, module, candidate)) {
            (Some((key, from)), _) if key.0 == module => {
                let more = built.calls[*from..].iter().cloned();
                groups.entry(key.clone()).or_default().goes_on.extend(more);
            }
            (_, Some(key)) => groups.entry(key).or_default().starts.push(built),
            (_, None) => chains.push((module, chain(built))),
        }
    }
    for (_, group) in groups {
        let mut of_group = Vec::new();
        put_together(group, &mut of_group);
        chains.extend(of_group.into_iter().map(|chain| (module, chain)));
    }
    Ok(chains)
}

fn put_together(group: Group, chains: &mut Vec<Chain>) {
    let first = group.starts.first().and_then(Built::subject);
    let is_one = group.starts.iter().all(|built| built.subject() == first);
    for (at, mut built) in group.starts.into_iter().enumerate() {
        // What goes on from one of several queries is not known to be about this one.
        if is_one && at == 0 {
            built.calls.extend(group.goes_on.iter().cloned());
        }
        chains.push(chain(built));
    }
}

fn owner(project: &Project<'_>, module: usize, candidate: &super::expr::Candidate) -> Option<Key> {
    let name: &Arc<str> = candidate.owner.as_ref()?;
    let (scope, _) = project.binding(module, candidate.scope, name)?;
    Some((module, scope, name.clone()))
}

/// The same chain for each call of the function that its parameter is of.
fn followed(
    project: &Project<'_>,
    node: &super::expr::Node,
    function: (usize, usize),
    calls: &Calls<'_>,
) -> Vec<(usize, Chain)> {
    let mut chains = Vec::new();
    for (from, called) in calls.get(&function).into_iter().flatten() {
        let given = super::eval::Given {
            function: function.1,
            arguments: called.arguments.clone(),
            from: Context::of(*from),
        };
        let context = Context {
            given: Some(std::rc::Rc::new(given)),
            ..Context::of(function.0)
        };
        if let Known::Built(mut built) = project.known(node, &context)
            && !is_open(&built)
        {
            // Where the function stands nobody knows what it asks for, so all of it is told here.
            for call in &mut built.calls {
                call.is_told = false;
            }
            if *from != function.0 {
                super::eval::stand_at(&mut built.calls, called.name_place);
            }
            chains.push((*from, chain(built)));
        }
    }
    chains
}

/// Whether what is asked for is not known.
fn is_open(built: &Built) -> bool {
    let asked = built
        .calls
        .iter()
        .find(|call| matches!(&*call.method, "from" | "rpc"));
    asked.is_some_and(|call| {
        call.arguments
            .first()
            .is_none_or(|first| matches!(first.value, Value::Unknown))
    })
}

/// Whether calls are surely, or by what they go on with, upon Supabase.
fn is_meant(built: &Built) -> bool {
    if built.who.certainty == Certainty::Known {
        return true;
    }
    let Some(at) = built.calls.iter().position(|call| &*call.method == "from") else {
        return built.calls.iter().any(|call| {
            &*call.method == "rpc"
                && matches!(
                    call.arguments.first(),
                    Some(At {
                        value: Value::Text { .. },
                        ..
                    })
                )
        });
    };
    let names = built.calls[at].arguments.first();
    // Which table is meant may be open; that rows are asked for is not.
    let is_named = names.is_some_and(|first| {
        matches!(
            first.value,
            Value::Text { .. } | Value::OneOf(_) | Value::Unknown
        )
    });
    let next = built.calls.get(at + 1);
    is_named && next.is_some_and(|next| VERBS.contains(&&*next.method))
}

fn chain(built: Built) -> Chain {
    Chain {
        calls: built.calls,
        client: built.who.client,
        certainty: built.who.certainty,
        is_of_storage: built.is_of_storage,
    }
}

/// Clients of a browser's code speak for its user.
pub(super) fn of_browser(file: &mut File) {
    for chain in &mut file.chains {
        if chain.client == Client::Unknown {
            chain.client = Client::User;
        }
    }
}
