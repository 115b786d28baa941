//! Calls: upon clients, of functions that are followed, and of everything else.

use ruff_python_ast::{Expr, ExprAttribute, ExprCall, StmtFunctionDef};
use ruff_text_size::{Ranged, TextSize};

use super::clues;
use super::eval::{plain, set};
use super::methods::{Arguments, is_step, is_verb, translated};
use super::reader::{Base, Draft, Frame, Reader};
use super::thing::{Handle, Owner, Thing};
use crate::usage::code::{At, Call, Certainty, Chain, Client, Field, HOLE, Place, Value};

/// The most calls that one chain is made of: code in a loop adds no more.
const LONGEST: usize = 200;

/// How far functions are followed into functions.
const FARTHEST: usize = 6;

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
                    && self.is_self_client(&attribute.value)
                {
                    let handle = Handle::new(Client::Unknown, clues::of_name(&attribute.value));
                    return self.upon(handle, call, name, place);
                }
                self.called(function, call, place)
            }
        }
    }

    /// Whether an object of a package may be a client: its name says so.
    fn is_self_client(&self, object: &Expr) -> bool {
        clues::of_name(object) == Certainty::Known
    }

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
            let copy = Arguments {
                positional: given.positional.clone(),
                named: given.named.clone(),
                is_open: given.is_open,
            };
            self.add(*id, name, copy, place, negated);
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

    /// The values of the arguments of a call.
    fn arguments(&mut self, call: &'a ExprCall) -> Arguments {
        let mut given = Arguments {
            positional: Vec::new(),
            named: Vec::new(),
            is_open: false,
        };
        for argument in &call.arguments.args {
            if let Expr::Starred(all) = argument {
                match self.eval(&all.value).into_value() {
                    Value::List {
                        items,
                        is_whole: true,
                    } => given.positional.extend(items),
                    _ => given.is_open = true,
                }
                continue;
            }
            let at = self.at(argument);
            given.positional.push(at);
        }
        for keyword in &call.arguments.keywords {
            let mut at = self.at(&keyword.value);
            match &keyword.arg {
                Some(name) => {
                    if !matches!(at.value, Value::Text { .. }) {
                        at.place = self.place(name.start());
                    }
                    given.named.push((name.as_str().into(), at));
                }
                None => match at.value {
                    Value::Fields { fields, is_whole } => {
                        given.is_open |= !is_whole;
                        given.named.extend(fields.into_iter().map(|field| {
                            let at = At {
                                value: field.value,
                                place: field.place,
                            };
                            (field.name, at)
                        }));
                    }
                    _ => given.is_open = true,
                },
            }
        }
        given
    }

    fn things(&mut self, call: &'a ExprCall) -> Vec<Thing<'a>> {
        call.arguments
            .args
            .iter()
            .map(|argument| self.eval(argument))
            .collect()
    }

    /// Arguments of something that nobody knows: it may change what it is given.
    fn give_away(&mut self, call: &'a ExprCall) {
        let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
        for argument in call.arguments.args.iter().chain(keywords) {
            self.eval(argument);
            let is_harmless = matches!(&*call.func, Expr::Name(name)
                if matches!(name.id.as_str(), "print" | "len" | "str" | "repr" | "list" | "isinstance" | "bool" | "sorted"));
            if let Expr::Name(name) = argument
                && !is_harmless
            {
                self.unsettle(name.id.as_str());
            }
        }
    }

    /// A variable whose value others may have added to.
    fn unsettle(&mut self, name: &str) {
        if let Some(Thing::Data(Value::Fields { is_whole, .. } | Value::List { is_whole, .. })) =
            self.local(name)
        {
            *is_whole = false;
        }
    }

    /// Methods of texts, lists and dictionaries.
    fn method_of_value(
        &mut self,
        value: Value,
        call: &'a ExprCall,
        attribute: &'a ExprAttribute,
    ) -> Thing<'a> {
        let name = attribute.attr.as_str();
        let given = self.arguments(call);
        let variable = match &*attribute.value {
            Expr::Name(name) => Some(name.id.as_str()),
            _ => None,
        };
        match (value, name) {
            (Value::Text { text, .. }, "strip") if given.positional.is_empty() => {
                Thing::Data(plain(text.trim()))
            }
            (Value::Text { text, .. }, "format") => Thing::Data(formatted(&text)),
            (Value::Text { text, .. }, "lower") => Thing::Data(plain(text.to_lowercase())),
            (Value::Text { text, .. }, "join") => {
                match given.positional.into_iter().next().map(|at| at.value) {
                    Some(Value::List {
                        items,
                        is_whole: true,
                    }) => Thing::Data(joined(&items, &text)),
                    _ => Thing::Unknown,
                }
            }
            (Value::Fields { fields, is_whole }, "copy") => {
                Thing::Data(Value::Fields { fields, is_whole })
            }
            (Value::Fields { .. }, "update") => {
                self.update(variable, given);
                Thing::Unknown
            }
            (Value::List { .. }, "append") => {
                if let (Some(variable), Some(item)) =
                    (variable, given.positional.into_iter().next())
                    && let Some(Thing::Data(Value::List { items, is_whole })) = self.local(variable)
                {
                    *is_whole = false;
                    if items.len() < LONGEST {
                        items.push(item);
                    }
                }
                Thing::Unknown
            }
            (Value::Fields { .. }, "get" | "keys" | "items" | "values") => Thing::Unknown,
            (Value::Fields { .. }, "pop") => {
                if let Some(variable) = variable
                    && let Some(known) = self.local(variable)
                {
                    *known = without(known.clone(), given.positional.first());
                }
                Thing::Unknown
            }
            _ => {
                if let Some(variable) = variable {
                    self.unsettle(variable);
                }
                Thing::Unknown
            }
        }
    }

    fn update(&mut self, variable: Option<&str>, given: Arguments) {
        let Value::Fields {
            fields: more,
            is_whole: whole,
        } = fields_of(given)
        else {
            return;
        };
        if let Some(variable) = variable
            && let Some(Thing::Data(Value::Fields { fields, is_whole })) = self.local(variable)
        {
            for field in more {
                set(fields, field);
            }
            *is_whole &= whole;
        }
    }

    /// What a function gives back, with these arguments or with none known.
    pub(super) fn follow(
        &mut self,
        module: usize,
        function: &'a StmtFunctionDef,
        object: Option<Owner<'a>>,
        call: Option<(&'a ExprCall, Place)>,
    ) -> Thing<'a> {
        let key: (usize, TextSize) = (module, function.range.start());
        let given = call.map(|(call, _)| self.given(call)).unwrap_or_default();
        let is_given = given
            .iter()
            .any(|(_, thing)| matches!(thing, Thing::Data(_)));
        let is_ring = self.following.contains(&key);
        let deep = self
            .following
            .iter()
            .filter(|(_, at)| *at != TextSize::from(u32::MAX))
            .count();
        if is_ring || deep >= FARTHEST || function.body.len() > 60 {
            return Thing::Unknown;
        }
        self.following.push(key);
        let outer = std::mem::take(&mut self.returned);
        let is_inner = module == self.module && object.is_none() && self.function.is_some();
        let around = if is_inner {
            self.frames.clone()
        } else {
            Vec::new()
        };
        let mut left: Vec<Thing<'a>> = Vec::new();
        let thing = self.apart(module, object, |reader| {
            if is_inner {
                reader.frames = around;
                reader.frames.push(Frame::new());
            }
            reader.bind_parameters(function);
            reader.bind_given(function, object.is_some(), given);
            reader.run(&function.body);
            let place = reader.place(function.start());
            let all = std::mem::take(&mut reader.returned);
            left = all.into_iter().map(|thing| reader.settled(thing)).collect();
            let mut all = std::mem::take(&mut left).into_iter();
            let first = all.next().unwrap_or(Thing::Unknown);
            all.fold(first, |known, other| known.or(other, place))
        });
        self.returned = outer;
        self.following.pop();
        if matches!(thing, Thing::Handle(_)) {
            self.followed.insert(key);
        }
        let mut thing = match call {
            Some((_, place)) => thing.moved(place),
            None => thing,
        };
        if let Thing::Handle(handle) = &mut thing
            && is_given
        {
            // What came by an argument is known from here only.
            for call in &mut handle.calls {
                call.is_told = false;
            }
        }
        thing
    }

    /// Arguments by position and by name, as things.
    fn given(&mut self, call: &'a ExprCall) -> Vec<(Option<&'a str>, Thing<'a>)> {
        let mut given = Vec::new();
        for argument in &call.arguments.args {
            if matches!(argument, Expr::Starred(_)) {
                self.eval(argument);
                break;
            }
            let thing = self.eval(argument);
            given.push((None, thing));
        }
        for keyword in &call.arguments.keywords {
            let thing = self.eval(&keyword.value);
            if let Some(name) = &keyword.arg {
                given.push((Some(name.as_str()), thing));
            }
        }
        for argument in &call.arguments.args {
            if let Expr::Name(name) = argument {
                self.unsettle(name.id.as_str());
            }
        }
        given
    }

    fn bind_given(
        &mut self,
        function: &'a StmtFunctionDef,
        is_method: bool,
        given: Vec<(Option<&'a str>, Thing<'a>)>,
    ) {
        let names: Vec<&'a str> = function
            .parameters
            .iter_non_variadic_params()
            .map(|parameter| parameter.parameter.name.as_str())
            .skip(usize::from(is_method))
            .collect();
        let mut bound: Vec<&str> = Vec::new();
        for (at, (name, thing)) in given.into_iter().enumerate() {
            let name = name.or_else(|| names.get(at).copied());
            if let Some(name) = name.filter(|name| names.contains(name)) {
                bound.push(name);
                // A type says more than a value that nobody knows.
                if !matches!(thing, Thing::Unknown) {
                    self.bind(name, thing);
                }
            }
        }
        for parameter in function.parameters.iter_non_variadic_params() {
            let name = parameter.parameter.name.as_str();
            if let Some(default) = &parameter.default
                && !bound.contains(&name)
                && matches!(self.local(name), Some(Thing::Unknown))
            {
                let thing = self.eval(default);
                self.bind(name, thing);
            }
        }
    }
}

/// The arguments of `dict(…)` and of `update(…)`.
fn fields_of(given: Arguments) -> Value {
    let mut fields = Vec::new();
    let mut is_whole = !given.is_open;
    for at in given.positional {
        match at.value {
            Value::Fields {
                fields: more,
                is_whole: whole,
            } => {
                for field in more {
                    set(&mut fields, field);
                }
                is_whole &= whole;
            }
            _ => is_whole = false,
        }
    }
    for (name, at) in given.named {
        set(
            &mut fields,
            Field {
                name,
                place: at.place,
                value: at.value,
                is_optional: false,
            },
        );
    }
    Value::Fields { fields, is_whole }
}

fn joined(items: &[At], between: &str) -> Value {
    let texts: Option<Vec<&str>> = items
        .iter()
        .map(|item| match &item.value {
            Value::Text { text, .. } => Some(&**text),
            _ => None,
        })
        .collect();
    texts.map_or(Value::Unknown, |texts| plain(texts.join(between)))
}

/// `"{}.eq.{}".format(…)`: braces are holes.
fn formatted(text: &str) -> Value {
    let mut mold = String::new();
    let mut is_open = false;
    for letter in text.chars() {
        match letter {
            '{' => {
                is_open = true;
                mold.push(HOLE);
            }
            '}' => is_open = false,
            letter if !is_open => mold.push(letter),
            _ => {}
        }
    }
    Value::Mold(mold.into())
}

fn without<'a>(thing: Thing<'a>, key: Option<&At>) -> Thing<'a> {
    match (thing, key.map(|at| &at.value)) {
        (
            Thing::Data(Value::Fields {
                mut fields,
                is_whole,
            }),
            Some(Value::Text { text, .. }),
        ) => {
            fields.retain(|field| field.name != *text);
            Thing::Data(Value::Fields { fields, is_whole })
        }
        _ => Thing::Unknown,
    }
}
