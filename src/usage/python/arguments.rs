//! Arguments of a call, as values and as things.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use super::methods::Arguments;
use super::reader::Reader;
use super::thing::Thing;
use crate::usage::code::{At, Value};

impl<'a> Reader<'_, 'a> {
    /// The values of the arguments of a call.
    pub(super) fn arguments(&mut self, call: &'a ExprCall) -> Arguments {
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

    pub(super) fn things(&mut self, call: &'a ExprCall) -> Vec<Thing<'a>> {
        call.arguments
            .args
            .iter()
            .map(|argument| self.eval(argument))
            .collect()
    }

    /// Arguments of something that nobody knows: it may change what it is given.
    pub(super) fn give_away(&mut self, call: &'a ExprCall) {
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
    pub(super) fn unsettle(&mut self, name: &str) {
        if let Some(Thing::Data(Value::Fields { is_whole, .. } | Value::List { is_whole, .. })) =
            self.local(name)
        {
            *is_whole = false;
        }
    }
}
