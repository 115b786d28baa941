//! What classes keep, do, and have from those they extend.

use std::rc::Rc;

use super::clients;
use super::eval::{Context, Given, Known, Project};
use super::expr::{Called, Expr, Node};
use crate::usage::code::Client;

impl Project<'_> {
    /// A member of a class by its name; of nothing in particular where `class` is none.
    pub(super) fn of_this(
        &self,
        class: Option<usize>,
        name: &str,
        context: &Context,
        far: u8,
    ) -> Known {
        // Who made the object is not who calls the function that is looked at.
        let touched = self.touched.get();
        let found = match context.this {
            Some((module, class)) if module != context.module => {
                let this = Context {
                    this: context.this,
                    ..Context::of(module)
                };
                self.of_class(class, name, &this, far)
            }
            Some((_, class)) => self.of_class(class, name, context, far),
            None => self.of_class(class.unwrap_or(0), name, context, far),
        };
        self.touched.set(touched);
        match found {
            Known::Unknown => clients::by_name(name),
            known => known,
        }
    }

    fn of_class(&self, class: usize, name: &str, context: &Context, far: u8) -> Known {
        let module = &self.modules[context.module];
        let Some(of) = module.classes.get(class).filter(|_| far > 0) else {
            return Known::Unknown;
        };
        let typed = of.member_types.get(name);
        if typed.is_some_and(|typed| self.is_type(context.module, typed, 4)) {
            return clients::known(Client::Unknown, name);
        }
        for source in of.members.get(name).into_iter().flatten() {
            match self.resolve(source, context, far - 1) {
                Known::Unknown => {}
                Known::Built(built) => return Known::Built(clients::named(built, name)),
                known => return known,
            }
        }
        match of.methods.get(name) {
            Some(index) if module.getters.contains(index) => {
                return self.gotten(*index, context, far);
            }
            Some(index) => return Known::Function(context.module, *index),
            None => {}
        }
        self.of_base(class, name, context, far - 1)
    }

    /// What the class that it extends has, made with what the constructor hands up.
    fn of_base(&self, class: usize, name: &str, context: &Context, far: u8) -> Known {
        let of = &self.modules[context.module].classes[class];
        let Some(Known::Class(module, base)) = of
            .base
            .as_ref()
            .map(|base| self.resolve(base, context, far))
        else {
            return Known::Unknown;
        };
        let made = self.modules[module].classes[base].constructor;
        let given = made.map(|function| {
            Rc::new(Given {
                function,
                arguments: of.handed_up.clone(),
                from: context.clone(),
            })
        });
        let this = context.this.or(Some((context.module, class)));
        let inside = Context {
            module,
            given,
            this,
        };
        self.of_class(base, name, &inside, far)
    }

    /// What a getter gives.
    fn gotten(&self, index: usize, context: &Context, far: u8) -> Known {
        let returns = self.modules[context.module].functions[index].returns.iter();
        returns
            .map(|given| self.resolve(given, context, far - 1))
            .find(|known| !matches!(known, Known::Unknown | Known::Foreign))
            .unwrap_or(Known::Unknown)
    }

    /// What a method of an object, or of a class itself, gives.
    pub(super) fn of_object(
        &self,
        (module, class): (usize, usize),
        object: &Node,
        called: &Called,
        context: &Context,
        far: u8,
    ) -> Known {
        let Expr::Member(_, method) = &called.callee.expr else {
            return Known::Unknown;
        };
        let this = Some((module, class));
        let found = match self.of_this(Some(class), method, &Context::of(module), far) {
            Known::Function(module, index) => {
                self.result_for(this, (module, index), called, context, far)
            }
            _ => Known::Unknown,
        };
        let by_name = || match &object.expr {
            Expr::Name(name, _) => clients::by_name(name),
            _ => Known::Unknown,
        };
        match found {
            Known::Unknown => match by_name() {
                Known::Built(built) => {
                    Known::Built(self.add(built, object, method, called, context, far))
                }
                _ => self.likely(object, method, called, context, far),
            },
            known => known,
        }
    }
}
