//! What functions give.

use std::rc::Rc;

use super::eval::{Built, Context, Given, Known, Project, stand_at};
use super::expr::{Called, Expr};
use crate::usage::code::Value;

impl Known {
    fn is_nothing(&self) -> bool {
        match self {
            Self::Unknown | Self::Foreign => true,
            Self::Node(node, _) => matches!(node.expr, Expr::Null | Expr::Undefined),
            _ => false,
        }
    }

    /// Whether both ask for the same, or are the same text.
    fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Built(one), Self::Built(other)) => one.subject() == other.subject(),
            (Self::Node(one, _), Self::Node(other, _)) => match (&one.expr, &other.expr) {
                (Expr::Text { text, .. }, Expr::Text { text: other, .. }) => text == other,
                _ => false,
            },
            (Self::Function(..) | Self::Class(..) | Self::Module(_), _) => true,
            _ => false,
        }
    }
}

impl Built {
    /// What is asked for.
    pub(super) fn subject(&self) -> Option<Value> {
        let asked = self
            .calls
            .iter()
            .find(|call| matches!(&*call.method, "from" | "rpc" | "channel"))?;
        asked.arguments.first().map(|first| first.value.clone())
    }
}

impl Project<'_> {
    /// What a call of a function gives.
    pub(super) fn result(
        &self,
        module: usize,
        index: usize,
        called: &Called,
        context: &Context,
        far: u8,
    ) -> Known {
        self.result_for(None, (module, index), called, context, far)
    }

    /// What a call of a method gives, whose object is of a class.
    pub(super) fn result_for(
        &self,
        this: Option<(usize, usize)>,
        (module, index): (usize, usize),
        called: &Called,
        context: &Context,
        far: u8,
    ) -> Known {
        if far == 0 {
            return Known::Unknown;
        }
        let inner = Context {
            module,
            this,
            given: Some(Rc::new(Given {
                function: index,
                arguments: called.arguments.clone(),
                from: context.clone(),
            })),
        };
        let mut found = Known::Unknown;
        for given in &self.modules[module].functions[index].returns {
            let other = self.resolve(given, &inner, far - 1);
            if other.is_nothing() {
                continue;
            }
            if !found.is_nothing() && !found.is_alike(&other) {
                // Which of them comes depends on what it is called with.
                return Known::Unknown;
            }
            if found.is_nothing() {
                found = other;
            }
        }
        if let Known::Built(built) = &mut found {
            // What a query gave is no query any more.
            built.continues = None;
            if module != context.module {
                stand_at(&mut built.calls, called.name_place);
            }
        }
        found
    }
}
