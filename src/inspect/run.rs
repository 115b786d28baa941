//! Runs the class queries and builds the contract.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::redact::redact;
use super::row::Row;
use super::transport::{Fault, Transport};
use super::{Address, Ledger, census, depends, members};
use crate::classes::{Aspect, Class, Naming, opens_relations};
use crate::contract::{ClassName, Contract, Coverage, Facts, Gap, Object, ObjectId, ServerVersion};

/// A contract, and which of its objects were there before the first migration.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What was read.
    pub contract: Contract,
    /// Objects that the platform made, known for a replayed scratch only.
    pub platform: BTreeSet<ObjectId>,
    /// Whether nobody committed anything meanwhile, so that it shows no phantoms.
    pub is_still: bool,
}

/// Why reading failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Database(#[from] Fault),
    #[error("a {class} does not have the expected facts")]
    Row {
        class: &'static str,
        source: serde_json::Error,
    },
}

pub(super) async fn read(
    transport: &mut Transport,
    server: &ServerVersion,
    ledger: Option<&Ledger>,
    with_needs: bool,
) -> Result<Reading, Error> {
    let mut builder = Builder::new(ledger);
    read_classes(transport, server, &mut builder).await?;
    let mut gaps = census::take(transport).await?;
    gaps.extend(builder.homeless());
    gaps.extend(builder.unread.values().cloned());
    let classes = Class::ALL.iter().map(|class| class.name);
    let classes = classes.filter(|name| !builder.unread.contains_key(name));
    let classes = classes.map(str::to_owned).collect();
    let Builder {
        objects,
        platform,
        known,
        ..
    } = builder;
    let members = match with_needs {
        true => members::read(transport, |query| for_major(query, server.major)).await?,
        false => members::Members::default(),
    };
    let needs = if with_needs {
        let known = known
            .into_iter()
            .map(|(address, known)| (address, known.id));
        depends::read(transport, &known.collect(), &members.added).await?
    } else {
        BTreeMap::new()
    };
    Ok(Reading {
        contract: Contract {
            server: server.clone(),
            objects,
            needs,
            members: members.all,
            knows_needs: with_needs,
            migrations: BTreeSet::new(),
            coverage: Coverage {
                classes,
                not_compared: gaps,
            },
        },
        platform,
        is_still: false,
    })
}

async fn read_classes(
    transport: &mut Transport,
    server: &ServerVersion,
    builder: &mut Builder<'_>,
) -> Result<(), Error> {
    let mut order = order();
    order.retain(|at| !transport.absent().contains(at));
    let queries = order
        .iter()
        .map(|at| for_major(Class::ALL[*at].query, server.major));
    let queries: Vec<String> = queries.collect();
    let take = |place: usize, cells| {
        let at = order[place];
        let (class, row) = (Class::ALL[at], Row::read(cells)?);
        match row.gap() {
            Some(gap) => builder.unread(class, gap),
            None => builder.take(at, row),
        }
    };
    transport.spread(&queries, Row::WIDTH, take).await?;
    builder.settle()
}

/// Places of classes as they are asked for, from both ends: at the beginning those for which a session has to open relations,
/// which it does once for all of them; and from either end what contains others first, since what comes earlier waits.
fn order() -> Vec<usize> {
    let all = 0..Class::ALL.len();
    let (opening, others): (Vec<usize>, Vec<usize>) =
        all.partition(|at| opens_relations(Class::ALL[*at]));
    opening
        .into_iter()
        .chain(others.into_iter().rev())
        .collect()
}

/// Leaves out the lines that end in `-- since N` for a major before N.
pub(super) fn for_major(query: &str, major: u32) -> String {
    query
        .lines()
        .filter(|line| {
            let since = line
                .rsplit_once("-- since ")
                .map(|(_, version)| version.trim().parse());
            !matches!(since, Some(Ok(version)) if major < version)
        })
        .fold(String::with_capacity(query.len()), |text, line| {
            text + line + "\n"
        })
}

struct Known {
    id: ObjectId,
    naming: Naming,
    schema: Option<Arc<str>>,
}

struct Builder<'a> {
    ledger: Option<&'a Ledger>,
    classes: BTreeMap<&'static str, ClassName>,
    schemas: BTreeSet<Arc<str>>,
    known: BTreeMap<Address, Known>,
    objects: BTreeMap<ObjectId, Object>,
    platform: BTreeSet<ObjectId>,
    /// How many objects of a class are inside of something that is not read.
    homeless: BTreeMap<&'static str, usize>,
    /// What came before what contains it, with the place of its class.
    early: Vec<(usize, Row, Facts)>,
    /// Classes that could not be read, and why.
    unread: BTreeMap<&'static str, Gap>,
}

impl<'a> Builder<'a> {
    fn new(ledger: Option<&'a Ledger>) -> Self {
        let classes = Class::ALL
            .iter()
            .map(|class| (class.name, ClassName::new(class.name)));
        Self {
            ledger,
            classes: classes.collect(),
            schemas: BTreeSet::new(),
            known: BTreeMap::new(),
            objects: BTreeMap::new(),
            platform: BTreeSet::new(),
            homeless: BTreeMap::new(),
            early: Vec::new(),
            unread: BTreeMap::new(),
        }
    }

    fn unread(&mut self, class: &'static Class, gap: serde_json::Result<Gap>) -> Result<(), Error> {
        let gap = gap.map_err(|source| Error::Row {
            class: class.name,
            source,
        })?;
        self.unread.insert(class.name, gap);
        Ok(())
    }

    /// What is inside of something that is not read, an extension's table say, and so was not compared.
    fn homeless(&self) -> impl Iterator<Item = Gap> + use<> {
        let counts = self.homeless.clone().into_iter();
        counts.map(|(noun, count)| Gap {
            what: format!("{noun}: {count} inside of extensions or of objects without a class"),
            why: "what contains them is not compared".to_owned(),
        })
    }

    /// Takes a row of the class at that place; classes come in any order.
    fn take(&mut self, at: usize, mut row: Row) -> Result<(), Error> {
        let class = Class::ALL[at];
        let facts = facts(class, &row).map_err(|source| Error::Row {
            class: class.name,
            source,
        })?;
        match row.parent {
            Some(address) if !self.known.contains_key(&address) => {
                row.facts = String::new();
                self.early.push((at, row, facts));
                Ok(())
            }
            Some(_) | None => self.add(class, &row, facts),
        }
    }

    /// Adds what waits, now that all is there.
    fn settle(&mut self) -> Result<(), Error> {
        let mut early = std::mem::take(&mut self.early);
        early.sort_by_key(|(at, ..)| *at);
        early
            .into_iter()
            .try_for_each(|(at, row, facts)| self.add(Class::ALL[at], &row, facts))
    }

    /// Adds an object; one inside something that is not read (an extension's table) is left out with it.
    fn add(&mut self, class: &'static Class, row: &Row, facts: Facts) -> Result<(), Error> {
        let parent = match row.parent {
            Some(address) => match self.known.get(&address) {
                Some(known) => Some(known),
                None => {
                    // Facets, columns and the like go without saying.
                    if class.naming == Naming::Own {
                        *self.homeless.entry(class.noun).or_default() += 1;
                    }
                    return Ok(());
                }
            },
            None => None,
        };
        let malformed = |source| Error::Row {
            class: class.name,
            source,
        };
        let own = row
            .path()
            .ok_or_else(|| malformed(serde::de::Error::custom("its name is no list")))?;
        let path = match (class.naming, parent) {
            (Naming::Facet, Some(known)) => facet_path(known) + &own,
            _ => own,
        };
        let id = ObjectId::new(self.classes[class.name].clone(), path);
        let parent_id = parent.map(|known| known.id.clone());
        let schema = match parent {
            Some(known) if row.schema.is_none() => known.schema.clone(),
            _ => row
                .schema
                .as_deref()
                .map(|name| intern(&mut self.schemas, name)),
        };
        if class.naming != Naming::Facet {
            let known = Known {
                id: id.clone(),
                naming: class.naming,
                schema: schema.clone(),
            };
            self.known.insert(row.address, known);
        }
        let mut object = Object {
            id: id.clone(),
            parent: parent_id,
            schema,
            facts,
            location: None,
            fact_locations: BTreeMap::new(),
        };
        if let Some(ledger) = self.ledger {
            locate(&mut object, class, row, ledger);
            if class.naming != Naming::Facet && ledger.is_platform(row.address) {
                self.platform.insert(id.clone());
            }
        }
        self.objects.insert(id, object);
        Ok(())
    }
}

/// A row's facts, which most have in common with others.
fn facts(class: &Class, row: &Row) -> serde_json::Result<Facts> {
    let read = |text: &str| (class.decode)(&redact(text));
    Facts::shared(class.name, &row.facts, read)
}

fn facet_path(target: &Known) -> String {
    match target.naming {
        Naming::Bare => target.id.path.to_string(),
        Naming::Own | Naming::Facet => format!("{} {}", target.id.class, target.id.path),
    }
}

fn intern(names: &mut BTreeSet<Arc<str>>, name: &str) -> Arc<str> {
    if let Some(known) = names.get(name) {
        return known.clone();
    }
    let new: Arc<str> = name.into();
    names.insert(new.clone());
    new
}

fn locate(object: &mut Object, class: &Class, row: &Row, ledger: &Ledger) {
    let name = row.last_name().unwrap_or_default();
    object.location = ledger.locate(row.address, class.aspect, &name);
    for fact in class
        .facts
        .iter()
        .filter(|fact| fact.aspect != Aspect::Definition)
    {
        if let Some(location) = ledger.at(row.address, fact.aspect, &name) {
            object.fact_locations.insert(fact.name.to_owned(), location);
        }
    }
}
