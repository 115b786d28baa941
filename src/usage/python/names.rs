//! What names stand for, in this module and in those it imports from.

use ruff_text_size::TextSize;

use super::eval::named;
use super::project::Binding;
use super::reader::{Frame, Reader};
use super::thing::{Handle, Owner, Thing};
use crate::usage::code::Place;

/// How far imports and functions are followed.
pub(super) const FARTHEST: usize = 8;

impl<'a> Reader<'_, 'a> {
    pub(super) fn name(&mut self, name: &'a str, place: Place) -> Thing<'a> {
        if let Some(known) = self.local(name) {
            let known = known.clone();
            return named(known, place, false);
        }
        let module = self.module;
        let thing = self.global(module, name);
        named(thing, place, false)
    }

    /// What a module binds a name to.
    pub(super) fn global(&mut self, module: usize, name: &'a str) -> Thing<'a> {
        if let Some(known) = self.globals.get(&(module, name)) {
            return known.clone();
        }
        // While it is being found out, it is unknown: names may refer to each other in a ring.
        self.globals.insert((module, name), Thing::Unknown);
        let thing = self.find_global(module, name);
        self.globals.insert((module, name), thing.clone());
        thing
    }

    fn find_global(&mut self, module: usize, name: &'a str) -> Thing<'a> {
        let project = self.project;
        let Some(bindings) = project.modules[module].names.get(name) else {
            for (from, levels) in &project.modules[module].stars {
                if let Some(at) = project.find(module, from.unwrap_or_default(), *levels)
                    && at != module
                {
                    let thing = self.global(at, name);
                    if !matches!(thing, Thing::Unknown) {
                        return thing.moved(Place { line: 1, column: 1 });
                    }
                }
            }
            return Thing::Unknown;
        };
        let mut all: Option<Thing<'a>> = None;
        for binding in bindings.iter().take(4) {
            let thing = self.bound(module, *binding);
            all = Some(match all {
                None => thing,
                Some(known) => known.or(thing, Place { line: 1, column: 1 }),
            });
        }
        if bindings.len() > 4 {
            return match all {
                Some(handle @ Thing::Handle(_)) => handle,
                _ => Thing::Unknown,
            };
        }
        all.unwrap_or(Thing::Unknown)
    }

    fn bound(&mut self, module: usize, binding: Binding<'a>) -> Thing<'a> {
        match binding {
            Binding::Expr(value) => self.apart(module, None, |reader| reader.eval(value)),
            Binding::Typed(annotation) => {
                self.apart(module, None, |reader| reader.of_type(annotation))
            }
            Binding::Function(function) => Thing::Function(module, function, None),
            Binding::Class(class) => Thing::Class(Owner { module, class }),
            Binding::From(from, levels, name) => {
                self.imported(module, from.unwrap_or_default(), levels, name)
            }
            Binding::Import(path) => match self.project.find(module, path, 0) {
                Some(at) if at != module => Thing::Module(at),
                _ => Thing::Outside(path.to_owned()),
            },
            Binding::Opaque => Thing::Unknown,
        }
    }

    fn imported(&mut self, module: usize, from: &'a str, levels: u32, name: &'a str) -> Thing<'a> {
        if let Some(at) = self
            .project
            .find(module, from, levels)
            .filter(|at| *at != module)
            && (self.project.modules[at].names.contains_key(name)
                || !self.project.modules[at].stars.is_empty())
        {
            return self.global(at, name);
        }
        let inner = if from.is_empty() {
            name.to_owned()
        } else {
            format!("{from}.{name}")
        };
        if let Some(at) = self
            .project
            .find(module, &inner, levels)
            .filter(|at| *at != module)
        {
            return Thing::Module(at);
        }
        Thing::Outside(inner)
    }

    /// Looks at something of another scope, and leaves no trace of it in this one.
    pub(super) fn apart(
        &mut self,
        module: usize,
        object: Option<Owner<'a>>,
        look: impl FnOnce(&mut Self) -> Thing<'a>,
    ) -> Thing<'a> {
        if self.following.len() >= FARTHEST {
            return Thing::Unknown;
        }
        let frames = std::mem::take(&mut self.frames);
        let drafts = std::mem::take(&mut self.drafts);
        let bases = std::mem::take(&mut self.bases);
        let site = self.site.take();
        let outer = (self.module, self.object, self.function.take());
        self.module = module;
        self.object = object;
        self.frames.push(Frame::new());
        self.following.push((module, TextSize::from(u32::MAX)));
        let thing = look(self);
        self.following.pop();
        let thing = self.settled(thing);
        (self.module, self.object, self.function) = outer;
        self.site = site;
        self.frames = frames;
        self.drafts = drafts;
        self.bases = bases;
        thing
    }

    /// A query of a scope that is left, as something to go on with in another.
    pub(super) fn settled(&self, thing: Thing<'a>) -> Thing<'a> {
        match thing {
            Thing::Query(ids, _) => {
                let Some(draft) = ids.first().and_then(|id| self.drafts.get(*id)) else {
                    return Thing::Unknown;
                };
                let chain = &draft.chain;
                Thing::Handle(Box::new(Handle {
                    calls: chain.calls.clone(),
                    client: chain.client,
                    certainty: chain.certainty,
                    is_of_storage: chain.is_of_storage,
                    base: None,
                }))
            }
            Thing::Handle(handle) => Thing::Handle(Box::new(Handle {
                base: None,
                ..*handle
            })),
            other => other,
        }
    }
}
