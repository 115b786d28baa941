//! What a value is of which only the type is written: a client, or an object of a class here.

use ruff_python_ast::Expr;
use ruff_text_size::Ranged;

use super::clues;
use super::names::FARTHEST;
use super::project::Binding;
use super::reader::Reader;
use super::thing::{Handle, Thing};
use crate::usage::code::{Certainty, Client};

impl<'a> Reader<'_, 'a> {
    /// What a value of a type is: a client, or an object of a class here.
    pub(super) fn of_type(&mut self, annotation: &'a Expr) -> Thing<'a> {
        match annotation {
            Expr::Name(_) | Expr::Attribute(_) => match self.eval(annotation) {
                Thing::Outside(path) => of_outside(&path),
                Thing::Class(owner) => Thing::Instance(owner),
                handle @ Thing::Handle(_) => handle,
                _ => self.of_alias(annotation),
            },
            Expr::Subscript(part) => {
                if let (Expr::Name(name), Expr::Tuple(parts)) = (&*part.value, &*part.slice)
                    && name.id == "Annotated"
                {
                    let inner = parts.elts.iter().rev().map(|part| match part {
                        Expr::Call(_) => self.eval(part),
                        other => self.of_type(other),
                    });
                    return inner
                        .into_iter()
                        .find(|thing| matches!(thing, Thing::Handle(_) | Thing::Instance(_)))
                        .unwrap_or(Thing::Unknown);
                }
                if let Expr::Name(name) = &*part.value
                    && matches!(name.id.as_str(), "Optional" | "Final" | "ClassVar")
                {
                    return self.of_type(&part.slice);
                }
                Thing::Unknown
            }
            Expr::BinOp(either) => match self.of_type(&either.left) {
                Thing::Unknown => self.of_type(&either.right),
                known => known,
            },
            Expr::StringLiteral(literal) => {
                let name = match literal.value.to_str() {
                    "Client" => "Client",
                    "AsyncClient" => "AsyncClient",
                    "SyncClient" => "SyncClient",
                    _ => return Thing::Unknown,
                };
                match self.name(name, self.place(annotation.start())) {
                    Thing::Outside(path) => of_outside(&path),
                    _ => Thing::Unknown,
                }
            }
            _ => Thing::Unknown,
        }
    }

    /// What a value of a type is that has a name of its own, such as `Db = Annotated[…]`.
    fn of_alias(&mut self, annotation: &'a Expr) -> Thing<'a> {
        let (mut module, mut name) = match annotation {
            Expr::Name(name) => (self.module, name.id.as_str()),
            Expr::Attribute(attribute) => match self.eval(&attribute.value) {
                Thing::Module(at) => (at, attribute.attr.as_str()),
                _ => return Thing::Unknown,
            },
            _ => return Thing::Unknown,
        };
        let project = self.project;
        for _ in 0..FARTHEST {
            match project.modules[module].names.get(name).map(Vec::as_slice) {
                Some([Binding::From(from, levels, there)]) => {
                    let Some(at) = project.find(module, from.unwrap_or_default(), *levels) else {
                        return Thing::Unknown;
                    };
                    (module, name) = (at, there);
                }
                Some([Binding::Expr(value @ (Expr::Subscript(_) | Expr::BinOp(_)))]) => {
                    return self.apart(module, None, |reader| reader.of_type(value));
                }
                _ => return Thing::Unknown,
            }
        }
        Thing::Unknown
    }
}

/// The client types of the packages.
fn of_outside(path: &str) -> Thing<'static> {
    let last = path.rsplit('.').next().unwrap_or(path);
    if clues::is_supabase(path) && last.ends_with("Client") {
        return Thing::Handle(Box::new(Handle::new(Client::Unknown, Certainty::Known)));
    }
    if clues::is_foreign(path) {
        Thing::Foreign
    } else {
        Thing::Unknown
    }
}
