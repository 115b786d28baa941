//! Calls: upon clients, of functions that are followed, and of everything else.

use ruff_python_ast::{Expr, ExprAttribute, ExprCall};
use ruff_text_size::Ranged;

use super::clues;
use super::collections::fields_of;
use super::methods::{Arguments, is_step, is_verb, translated};
use super::reader::Reader;
use super::said::{Base, Draft};
use super::thing::{Handle, Thing};
use crate::usage::code::{Call, Certainty, Chain, Client, Place, Value};

/// The most calls that one chain is made of: code in a loop adds no more.
pub(super) const LONGEST: usize = 200;

impl<'a> Reader<'_, 'a> {
    pub(super) fn call(&mut self, call: &'a ExprCall) -> Thing<'a> {
        let place = self.place(call.start());
        match &*call.func {
            Expr::Attribute(attribute) => self.method(call, attribute),
            Expr::Name(name) if matches!(name.id.as_str(), "dict") => {
                let given = self.arguments(call);
                Thing::Data(fields_of(given))
            }
            other => {
                let function = self.eval(other);
                self.called(function, call, place)
            }
        }
    }

    /// What a call of something gives.
    fn called(&mut self, function: Thing<'a>, call: &'a ExprCall, place: Place) -> Thing<'a> {
        match function {
            Thing::Function(module, function, object) => {
                self.follow(module, function, object, Some((call, place)))
            }
            Thing::Lambda(module, lambda) => {
                let given = self.things(call);
                let object = self.object;
                let thing = self.apart(module, object, |reader| {
                    let names = lambda
                        .parameters
                        .iter()
                        .flat_map(|all| all.iter_non_variadic_params());
                    for (name, thing) in names.zip(given) {
                        reader.bind(name.parameter.name.as_str(), thing);
                    }
                    reader.eval(&lambda.body)
                });
                thing.moved(place)
            }
            Thing::Class(owner) => {
                self.give_away(call);
                Thing::Instance(owner)
            }
            Thing::Outside(path) => self.outside(&path, call),
            Thing::Foreign => {
                self.give_away(call);
                Thing::Foreign
            }
            _ => {
                self.give_away(call);
                Thing::Unknown
            }
        }
    }

    /// A function of a package: one that makes a client, or marks what a framework hands over.
    fn outside(&mut self, path: &str, call: &'a ExprCall) -> Thing<'a> {
        let last = path.rsplit('.').next().unwrap_or(path);
        let makes = matches!(
            last,
            "create_client"
                | "create_async_client"
                | "acreate_client"
                | "Client"
                | "AsyncClient"
                | "SyncClient"
        ) || last.ends_with("PostgrestClient");
        if makes && clues::is_supabase(path) {
            let keys = call.arguments.args.iter().skip(1).take(1);
            let named = call.arguments.keywords.iter().filter(|keyword| {
                keyword
                    .arg
                    .as_ref()
                    .is_none_or(|name| !matches!(name.as_str(), "supabase_url" | "options"))
            });
            let words: Vec<String> = keys
                .chain(named.map(|keyword| &keyword.value))
                .map(|key| self.key_words(key))
                .collect();
            self.give_away(call);
            let client = clues::of_key(&words.join(" "));
            return Thing::Handle(Box::new(Handle::new(client, Certainty::Known)));
        }
        if matches!(
            last,
            "Depends" | "Security" | "Provide" | "cast" | "lru_cache" | "cache"
        ) {
            let first = call.arguments.args.last();
            let thing = first.map_or(Thing::Unknown, |first| self.eval(first));
            return match thing {
                Thing::Function(module, function, object) => {
                    self.follow(module, function, object, None)
                }
                thing @ (Thing::Handle(_) | Thing::Instance(_)) => thing,
                Thing::Class(owner) => Thing::Instance(owner),
                _ => Thing::Unknown,
            };
        }
        if last == "text" && (path.starts_with("sqlalchemy") || path.starts_with("sqlmodel")) {
            self.statement_of(call, "execute");
        }
        self.give_away(call);
        if clues::is_foreign(path) {
            Thing::Foreign
        } else {
            Thing::Unknown
        }
    }

    /// The words of a key; a local name is looked up in the function it is bound in.
    fn key_words(&mut self, key: &'a Expr) -> String {
        let mut words = clues::words(key, self.here());
        if let Thing::Data(Value::Text { text, .. }) = self.eval(key)
            && text.len() < 200
        {
            words.push(' ');
            words.push_str(&text);
        }
        words
    }

    /// `object.method(…)`.
    fn method(&mut self, call: &'a ExprCall, attribute: &'a ExprAttribute) -> Thing<'a> {
        let name = attribute.attr.as_str();
        let place = self.place(attribute.attr.start());
        let object = self.eval(&attribute.value);
        if !matches!(object, Thing::Handle(_) | Thing::Query(..)) {
            self.statement_of(call, name);
        }
        match object {
            Thing::Handle(handle) => self.upon(*handle, call, name, place),
            Thing::Query(ids, negated) => self.further(ids, negated, call, name, place),
            Thing::Unknown if is_step(name) || name == "rpc" => {
                let certainty = clues::of_name(&attribute.value);
                let handle = Handle::new(Client::Unknown, certainty);
                self.upon(handle, call, name, place)
            }
            Thing::Data(value) => self.method_of_value(value, call, attribute),
            Thing::Foreign => {
                self.give_away(call);
                Thing::Foreign
            }
            Thing::Unknown => {
                self.give_away(call);
                Thing::Unknown
            }
            object => {
                let function = self.member(object, attribute);
                let is_unknown = matches!(function, Thing::Unknown);
                if is_unknown
                    && matches!(name, "table" | "from_" | "rpc")
                    && clues::of_name(&attribute.value) == Certainty::Known
                {
                    // An object of a package may be a client: its name says so.
                    let handle = Handle::new(Client::Unknown, Certainty::Known);
                    return self.upon(handle, call, name, place);
                }
                self.called(function, call, place)
            }
        }
    }

    /// What `object.name` is when it is called.
    fn member(&mut self, object: Thing<'a>, attribute: &'a ExprAttribute) -> Thing<'a> {
        let name = attribute.attr.as_str();
        match object {
            Thing::Module(at) => self.global(at, name),
            Thing::Outside(path) if clues::is_foreign(&path) => Thing::Foreign,
            Thing::Outside(path) => Thing::Outside(format!("{path}.{name}")),
            Thing::Class(owner) | Thing::Instance(owner) => match self.class_attribute(owner, name)
            {
                Thing::Function(module, function, _) => {
                    Thing::Function(module, function, Some(owner))
                }
                other => other,
            },
            _ => Thing::Unknown,
        }
    }

    /// A call upon a client or the start of a query.
    fn upon(
        &mut self,
        mut handle: Handle,
        call: &'a ExprCall,
        name: &str,
        place: Place,
    ) -> Thing<'a> {
        let given = self.arguments(call);
        let has_begun = handle.calls.iter().any(|call| {
            is_verb(&call.method)
                || (call.method.as_ref() == "on")
                || (handle.is_of_storage && call.method.as_ref() == "from")
        });
        if is_step(name) && !has_begun {
            handle.calls.push(translated(name, given, place, false));
            if name == "schema" {
                return Thing::Handle(Box::new(handle));
            }
            self.use_base(handle.base);
            handle.base = Some(self.bases.len());
            self.bases.push(Base {
                handle: handle.clone(),
                is_used: self.site.is_some() || name == "channel",
                function: self.function,
            });
            return Thing::Handle(Box::new(handle));
        }
        if matches!(
            name,
            "auth" | "set_auth" | "remove_channel" | "subscribe" | "aclose"
        ) {
            return Thing::Handle(Box::new(handle));
        }
        let is_bucket_call = handle.is_of_storage;
        if !(is_verb(name) || has_begun || is_bucket_call) {
            return Thing::Unknown;
        }
        self.use_base(handle.base);
        let id = self.drafts.len();
        self.drafts.push(Draft {
            chain: Chain {
                calls: handle.calls,
                client: handle.client,
                certainty: handle.certainty,
                is_of_storage: handle.is_of_storage,
            },
            is_executed: is_bucket_call,
            function: self.function,
        });
        self.add(id, name, given, place, false);
        Thing::Query(vec![id], false)
    }

    fn use_base(&mut self, base: Option<usize>) {
        if let Some(base) = base.and_then(|base| self.bases.get_mut(base)) {
            base.is_used = true;
        }
    }

    /// A call upon queries that have begun: all that the object may be.
    fn further(
        &mut self,
        ids: Vec<usize>,
        negated: bool,
        call: &'a ExprCall,
        name: &str,
        place: Place,
    ) -> Thing<'a> {
        let given = self.arguments(call);
        if name == "execute" || name == "subscribe" {
            for id in ids {
                if let Some(draft) = self.drafts.get_mut(id) {
                    draft.is_executed = true;
                }
            }
            return Thing::Unknown;
        }
        for id in &ids {
            self.add(*id, name, given.clone(), place, negated);
        }
        Thing::Query(ids, false)
    }

    fn add(&mut self, id: usize, name: &str, given: Arguments, place: Place, negated: bool) {
        let Some(draft) = self.drafts.get_mut(id) else {
            return;
        };
        let call: Call = translated(name, given, place, negated);
        let calls = &mut draft.chain.calls;
        // The same call again is one in a loop or of a branch that was looked at before.
        if calls.len() < LONGEST && !calls.contains(&call) {
            calls.push(call);
        }
    }
}
