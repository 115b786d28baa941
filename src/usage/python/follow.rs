//! What functions of the project give back, with the arguments they are called with.

use ruff_python_ast::{Expr, ExprCall, StmtFunctionDef};
use ruff_text_size::{Ranged, TextSize};

use super::reader::{Frame, Reader};
use super::thing::{Owner, Thing};
use crate::usage::code::{Place, Value};

/// How far functions are followed into functions.
const FARTHEST: usize = 6;

/// A function of more statements is no wrapper.
const LONGEST: usize = 60;

impl<'a> Reader<'_, 'a> {
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
        if !self.may_follow(key) || function.body.len() > LONGEST {
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
        let thing = self.apart(module, object, |reader| {
            if is_inner {
                reader.frames = around;
                reader.frames.push(Frame::new());
            }
            reader.bind_parameters(function);
            reader.bind_given(function, object.is_some(), given);
            reader.run(&function.body);
            let place = reader.place(function.start());
            let returned = std::mem::take(&mut reader.returned);
            let all = returned.into_iter().map(|thing| reader.settled(thing));
            all.reduce(|known, other| known.or(other, place))
                .unwrap_or(Thing::Unknown)
        });
        self.returned = outer;
        self.following.pop();
        if matches!(thing, Thing::Handle(_)) {
            self.followed.insert(key);
        }
        let thing = unchosen(function, thing);
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

    /// Whether a function is not in the middle of being followed, and not too far from where that began.
    fn may_follow(&self, key: (usize, TextSize)) -> bool {
        // What stands apart for another reason has no place of its own.
        let functions = self.following.iter();
        let deep = functions.filter(|(_, at)| *at != TextSize::from(u32::MAX));
        !self.following.contains(&key) && deep.count() < FARTHEST
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

/// Which of several a function gives goes by what it is called with, which is not followed so far.
fn unchosen<'a>(function: &StmtFunctionDef, thing: Thing<'a>) -> Thing<'a> {
    let mut parameters = function.parameters.iter_non_variadic_params();
    match &thing {
        Thing::Data(Value::OneOf(_)) if parameters.next().is_some() => Thing::Unknown,
        _ => thing,
    }
}
