//! Goes through the chains of a file.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::rows::{Rows, Scope};
use super::spot::{Text, field_texts, texts};
use super::{Held, How, Open, Problem, Reference, Terms, nearest};
use crate::classes::shape::{Named, Relation, Shape};
use crate::contract::ObjectId;
use crate::usage::code::{Call, Certainty, Chain, Client, File, Place, Value};

/// What a chain is held to, and where it is told.
pub(super) struct Walk<'a, 'h> {
    pub(super) shape: &'a Shape,
    pub(super) terms: &'a Terms,
    pub(super) client: Client,
    pub(super) certainty: Certainty,
    /// Whether what is found is told where it stands, in another function.
    is_quiet: bool,
    /// Filters of the request that is looked at.
    pub(super) slow: Slow,
    file: Arc<str>,
    /// What is found while one of several tables or functions is tried.
    tried: Option<BTreeSet<Problem>>,
    held: &'h mut Held,
}

/// Filters by columns of a large table that no index begins with.
#[derive(Default)]
pub(super) struct Slow {
    /// What each is about, what is said of it, and where it stands.
    pub(super) filters: Vec<(String, String, Place)>,
    /// Whether another filter of the same request goes by an index.
    pub(super) is_narrowed: bool,
    /// Whether the filter that is looked at could.
    pub(super) narrows: bool,
}

/// Holds what a file says to a shape.
pub(super) fn file(file: &File, shape: &Shape, terms: &Terms, held: &mut Held) {
    let path: Arc<str> = file.path.to_string_lossy().into();
    let mut walk = Walk {
        shape,
        terms,
        client: Client::Unknown,
        certainty: Certainty::Known,
        is_quiet: false,
        slow: Slow::default(),
        file: path,
        tried: None,
        held,
    };
    for chain in &file.chains {
        walk.client = chain.client;
        walk.certainty = chain.certainty;
        walk.chain(chain);
    }
    walk.client = Client::Unknown;
    walk.certainty = Certainty::Known;
    walk.queries(&file.queries);
    walk.generated(&file.generated);
    for typed in &file.typed {
        let schema = typed.schema.as_deref().unwrap_or(&terms.schema);
        if let Some((_, relation)) = walk.relation(schema, &typed.name, typed.place) {
            walk.uses(&relation.id, How::Names, typed.place);
        }
    }
}

/// Calls without what is one of several.
///
/// The column is often chosen by the same condition as the table: nobody knows which of them meet.
pub(super) fn sure(calls: &[Call]) -> Vec<Call> {
    let mut calls = calls.to_vec();
    for argument in calls.iter_mut().flat_map(|call| &mut call.arguments) {
        if matches!(&argument.value, Value::OneOf(values) if values.len() > 1) {
            argument.value = Value::Unknown;
        }
    }
    calls
}

impl<'a> Walk<'a, '_> {
    fn chain(&mut self, chain: &Chain) {
        let mut schema = self.terms.schema.clone();
        for (at, call) in chain.calls.iter().enumerate() {
            let rest = &chain.calls[at + 1..];
            self.is_quiet = call.is_told;
            match &*call.method {
                "schema" => match call.arguments.first().map(texts) {
                    Some((texts, false)) if texts.len() == 1 => schema = texts[0].text.to_string(),
                    _ => {
                        return self.open(
                            call.place,
                            "which schema is meant is only known when it runs",
                        );
                    }
                },
                "from" if chain.is_of_storage => return self.bucket(call),
                "from" => return self.from(&schema, call, rest),
                "rpc" => return self.call(&schema, call, rest),
                "channel" => return self.listen(rest),
                _ => {}
            }
        }
    }

    fn from(&mut self, schema: &str, call: &Call, rest: &[Call]) {
        let (names, is_open) = call.arguments.first().map(texts).unwrap_or_default();
        if is_open || names.is_empty() {
            self.open(
                call.place,
                "which table is meant is only known when it runs",
            );
        }
        let is_one = names.len() == 1 && !is_open;
        let mut tried = Vec::new();
        for name in names {
            let place = name.place(0);
            let Some((named, relation)) = self.relation(schema, &name.text, place) else {
                continue;
            };
            self.judged();
            let scope = Scope::new(Rows::Relation(named, relation));
            match is_one {
                true => self.request(scope, rest, place),
                false => tried.push(self.tried(|walk| walk.request(scope, &sure(rest), place))),
            }
        }
        self.tell_shared(&tried, is_open, call.place);
    }

    /// What is found while one of several is tried.
    pub(super) fn tried(&mut self, look: impl FnOnce(&mut Self)) -> BTreeSet<Problem> {
        let before = self.tried.replace(BTreeSet::new());
        look(self);
        std::mem::replace(&mut self.tried, before).unwrap_or_default()
    }

    /// Tells what holds for each of several that may be meant: a later statement may add to one of them only.
    pub(super) fn tell_shared(&mut self, tried: &[BTreeSet<Problem>], is_open: bool, place: Place) {
        let is_shared = |problem: &Problem| {
            let same = |other: &Problem| other.place == problem.place && other.code == problem.code;
            !is_open && tried.iter().all(|found| found.iter().any(same))
        };
        let (shared, others): (Vec<&Problem>, Vec<&Problem>) =
            tried.iter().flatten().partition(|one| is_shared(one));
        if !others.is_empty() {
            self.open(
                place,
                "whether it fits depends on which of several is meant",
            );
        }
        for problem in shared {
            self.keep(problem.clone());
        }
    }

    fn keep(&mut self, problem: Problem) {
        let problems = self.tried.as_mut().unwrap_or(&mut self.held.problems);
        problems.insert(problem);
    }

    /// What is done with rows: first what is selected, since filters name what that embeds.
    pub(super) fn request(&mut self, mut scope: Scope<'a>, calls: &[Call], place: Place) {
        let is_written = calls
            .iter()
            .any(|call| super::writes::is_write(&call.method));
        let is_quiet = self.is_quiet;
        for call in calls.iter().filter(|call| &*call.method == "select") {
            self.is_quiet = call.is_told;
            self.select(&mut scope, call);
        }
        self.is_quiet = is_quiet;
        let selects = calls.iter().any(|call| &*call.method == "select");
        if let Rows::Relation(_, relation) = &scope.rows
            && (selects || !is_written)
        {
            self.uses(&relation.id, How::Reads, place);
            self.may_read(&scope.rows, place);
        }
        for call in calls {
            self.is_quiet = call.is_told;
            if super::writes::is_write(&call.method) {
                self.write(&scope, call, selects);
            } else {
                self.filter(&scope, call);
            }
        }
        self.note_slow();
    }

    /// Finds a relation, or says that there is none.
    pub(super) fn relation(
        &mut self,
        schema: &str,
        name: &str,
        place: Place,
    ) -> Option<(&'a Named, &'a Relation)> {
        if name.is_empty() {
            // What a class begins with, for others to set.
            self.open(place, "which table is meant is only known when it runs");
            return None;
        }
        let wanted = Named::new(schema, name);
        let shape = self.shape;
        if let Some(found) = shape.relations.get_key_value(&wanted) {
            return Some(found);
        }
        if self.terms.platform_schemas.contains(schema) {
            self.open(
                place,
                &format!("{wanted} is the platform's, which the contract does not say"),
            );
            return None;
        }
        if self.certainty == Certainty::Likely {
            self.open(
                place,
                &format!("there is no {wanted}, and nothing shows that this asks Supabase"),
            );
            return None;
        }
        let near = nearest::nearest(name, shape.relation_names(schema));
        let elsewhere = shape.relations.keys().find(|named| named.name == name);
        let message = match (elsewhere, shape.schemas.contains(schema)) {
            (_, false) => format!("there is no schema {schema}, so no {wanted}"),
            (Some(other), _) => format!("there is no {wanted}; {other} is in another schema"),
            (None, _) => format!("there is no table or view {wanted}"),
        };
        let near = near.or_else(|| elsewhere.map(|other| format!("schema(\"{}\")", other.schema)));
        self.problem(
            "usage-table-missing",
            wanted.to_string(),
            message,
            near,
            place,
        );
        None
    }

    pub(super) fn problem(
        &mut self,
        code: &'static str,
        about: String,
        message: String,
        suggestion: Option<String>,
        place: Place,
    ) {
        if self.is_quiet {
            return;
        }
        self.keep(Problem {
            file: self.file.clone(),
            place,
            code,
            about,
            message,
            suggestion,
        });
    }

    pub(super) fn open(&mut self, place: Place, why: &str) {
        if self.is_quiet {
            return;
        }
        self.held.open.insert(Open {
            file: self.file.clone(),
            place,
            why: why.to_owned(),
        });
    }

    pub(super) fn uses(&mut self, object: &ObjectId, how: How, place: Place) {
        if self.is_quiet {
            return;
        }
        self.held.references.insert(Reference {
            object: object.clone(),
            file: self.file.clone(),
            place,
            how,
        });
    }

    pub(super) fn judged(&mut self) {
        self.held.judged += usize::from(!self.is_quiet);
    }

    /// The rows that a filter's option means: those embedded under a name, else the request's own.
    pub(super) fn rows_of_option<'s>(
        &mut self,
        scope: &'s Scope<'a>,
        call: &Call,
        position: usize,
    ) -> Option<&'s Scope<'a>> {
        let options = call.arguments.get(position);
        let names: Vec<Text> = ["referencedTable", "foreignTable"]
            .iter()
            .flat_map(|name| field_texts(options, name))
            .collect();
        let Some(name) = names.first() else {
            return Some(scope);
        };
        let mut inner = scope;
        for step in name.text.split('.') {
            let Some(found) = inner.inside.get(step) else {
                self.not_embedded(inner, step, name.place(0));
                return None;
            };
            inner = found;
        }
        Some(inner)
    }
}
