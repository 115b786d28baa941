//! How the objects of a class are made, changed and taken away: the statements, and what they cost.
//!
//! A rule sees one object in its place and says which statements it takes. It orders nothing: which
//! statement comes before which is found from `pg_depend` (`plan/graph.rs`). Every statement can be run
//! twice: `if not exists`, `or replace`, a guard. Names in statements are qualified: the plan runs with
//! `search_path = pg_catalog`, which is how everything was printed.

mod site;
mod spelling;
mod statement;
mod territory;

use std::collections::BTreeSet;

use crate::contract::{Object, ObjectId};

pub(in crate::classes) use site::texts;
pub use site::{Site, Whole};
pub(in crate::classes) use spelling::{
    THIS_DATABASE, address_on, clauses, dollar_quoted, drop_while, exists_in, head_and_name,
    in_this_database, is_relation, make_once, plain_address, put_aside, split_outside_quotes,
    while_role,
};
pub use statement::{DataCheck, Lock, Risk, Section, Size, Statement};
pub use territory::Territory;

/// What a rule makes of changed facts.
#[derive(Debug)]
pub enum Alteration {
    /// These statements; what depends on the object stays as it is.
    Steps(Vec<Statement>),
    /// These statements, while nothing that depends on the object is there, see [`Disturbance`].
    Disturbing(Vec<Statement>),
    /// These statements put another object in its place under the same name: what is inside of it is made
    /// anew, what depends on it is disturbed.
    Swap(Vec<Statement>),
    /// The object goes and is made anew, and with it whatever depends on it.
    Replace,
    /// No statement can do it, for a reason.
    Impossible(&'static str),
}

/// What happens to an object when something it depends on is altered under it, such as a column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbance {
    /// It has to go before and comes again after: a view on the column.
    Recreate,
    /// Postgres carries it along: an index on the column.
    Survives,
    /// The rule of what is altered takes it along, and what depends on it is disturbed in turn: a column of
    /// the type.
    PassesOn,
}

/// How an object under another name is told from another object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// It is the same but for its name, and the same things depend on it.
    Whole,
    /// Likewise, or most of what is made along with it is: the columns of a table.
    Parts,
    /// Most of what is inside of it is: a schema.
    Content,
    /// It has the same facts, and most of what names it is named alike: a role.
    Mentions,
}

/// Something inside of a fact that has another name: a value of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartRename {
    /// What it is, for people: `value`.
    pub noun: &'static str,
    /// As live calls it.
    pub from: String,
    /// As the contract calls it.
    pub to: String,
    /// What gives it the other name.
    pub statement: Statement,
}

/// See [`Rules::remains`].
pub(super) type Remains =
    fn(&Site<'_>, &Object, &dyn Fn(&ObjectId) -> Option<usize>) -> Vec<(ObjectId, &'static str)>;

/// The rules of one class.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The statements that make an object.
    pub create: fn(&Site<'_>) -> Vec<Statement>,
    /// The statements that take it away; only asked where it does not go with its parent.
    pub drop: fn(&Site<'_>) -> Vec<Statement>,
    /// The statements that change facts: the object as it shall be, as it is, and the names of the facts.
    pub alter: fn(&Site<'_>, &Object, &BTreeSet<&str>) -> Alteration,
    /// How SQL addresses an object after `comment on` and `alter`: `table public.t`, `policy p on public.t`.
    pub address: fn(&Object) -> String,
    /// The word of `grant … on WORD name`; `None` where nothing can be granted.
    pub granted_as: Option<&'static str>,
    /// What an object goes through when something it needs is altered.
    pub disturbance: fn(&Object) -> Disturbance,
    /// Whether its children go with it without a word: a table's columns, not a schema's tables.
    pub takes_children: bool,
    /// Its place among those of its class that may come next: columns have an order.
    pub position: fn(&Site<'_>) -> usize,
    /// Whether its statements evaluate nothing that somebody else wrote, and hand nobody a superuser's
    /// rights: then a superuser may run them in a scratch when the migration role may not.
    pub is_harmless: bool,
    /// Whether it goes with its parent even where that takes no children: a grant.
    pub goes_along: bool,
    /// The qualified name it takes among relations, where that is not its own: the index behind a key.
    pub relation: fn(&Object) -> Option<String>,
    /// The name for `--allow` without which it is not dropped, where data goes with it.
    pub data: fn(&Object) -> Option<&'static str>,
    /// What a person has to do where no statement of ours can make or change the object: a secret is needed.
    /// Its statements are shown, not run.
    pub by_hand: fn(&Site<'_>) -> Option<String>,
    /// Whether an object that its rules write no statement for comes along with something else.
    pub comes_along: fn(&Site<'_>) -> bool,
    /// Whether it comes with what its parent does late: with the columns of a table that becomes its table's parent.
    pub comes_late: fn(&Site<'_>) -> bool,
    /// Whether it goes after what its parent does late, where that does nothing early.
    pub goes_late: fn(&Site<'_>) -> bool,
    /// What no statement takes away and differs only after the plan, with the reason: the object as it shall be, as it
    /// is where it is not made, and the turn of whatever is made.
    pub remains: Remains,
    /// The statement that gives an object another name, the object as it is and as it shall be; `None` where
    /// there is none.
    pub rename: fn(&Site<'_>, &Site<'_>) -> Option<Statement>,
    /// What has to be alike for that.
    pub likeness: Likeness,
    /// What is inside of its facts under another name: the object as it shall be, as it is.
    pub part_renames: fn(&Site<'_>, &Object) -> Vec<PartRename>,
    /// What the statement that makes an object makes along with it: the columns of a new table.
    pub absorbs: fn(&Site<'_>) -> Vec<ObjectId>,
    /// What has to be gone before it is changed, or it cannot be.
    pub awaits: fn(&Site<'_>, &Object) -> Vec<ObjectId>,
    /// What has to be there beyond what it needs: partitions that it says something of.
    pub waits_for: fn(&Site<'_>) -> Vec<ObjectId>,
    /// What has to have gone before it is there, if that can be: what its users' calls could mean as well.
    pub mistaken_for: fn(&Site<'_>) -> Vec<ObjectId>,
    /// What has to have gone or changed before it goes or changes, beyond what needs it: grants by its grantee.
    pub goes_after: fn(&Site<'_>) -> Vec<ObjectId>,
    /// What it is made of, where its users hold on to that and come after it all the same: the function of a cast.
    pub stands_for: fn(&Site<'_>) -> Option<ObjectId>,
    /// What changing it takes away to make it anew: the object as it shall be, as it is.
    pub remakes: fn(&Site<'_>, &Object) -> Vec<ObjectId>,
    /// What takes part in whatever is done to it: the same column of partitions. It comes after.
    pub heirs: fn(&Site<'_>) -> Vec<ObjectId>,
    /// A statement that makes an empty one of the same shape, for what needs it while it waits for that in turn.
    pub outline: fn(&Site<'_>) -> Option<Statement>,
    /// Whether it is part of the shape by which tables are attached to each other: a column.
    pub is_shape: bool,
    /// How what it is in is made anew, where it can be added to that in no other way.
    pub renews_parent: fn(&Site<'_>) -> Option<Alteration>,
    /// Whether what it is in cannot be without it: a column of a partition key.
    pub holds_up: fn(&Site<'_>) -> bool,
    /// Whether its statements may evaluate what it calls: a default for the rows there are.
    pub evaluates: bool,
    /// Whether, when it is evaluated, it finds what it names by the `search_path` of that moment.
    pub looks_up: fn(&Object) -> bool,
    /// What it takes that only one can have at a time: the values of a partition.
    pub territory: fn(&Object) -> Option<Territory>,
    /// The condition that it has come, where it was not there before, or was another one, and would be lost if it went
    /// again: the second time, what it holds on to stays with it.
    pub arrived: fn(&Site<'_>) -> Option<String>,
    /// Whether what it is said to need can go without it, the object itself in its place: a partition of the table
    /// that a foreign key refers to.
    pub lets_go: fn(&Site<'_>, &Object) -> bool,
}

impl Rules {
    /// For a class that nobody has written rules for: whatever differs is withheld, and said so.
    pub const NONE: Self = Self {
        create: |_| Vec::new(),
        drop: |_| Vec::new(),
        alter: |_, _, _| Alteration::Steps(Vec::new()),
        address: |object| format!("{} {}", object.id.class, object.id.path),
        granted_as: None,
        disturbance: |_| Disturbance::Recreate,
        takes_children: true,
        position: |_| 0,
        is_harmless: false,
        goes_along: false,
        relation: |_| None,
        data: |_| None,
        by_hand: |_| None,
        comes_along: |_| false,
        comes_late: |_| false,
        goes_late: |_| false,
        remains: |_, _, _| Vec::new(),
        rename: |_, _| None,
        likeness: Likeness::Whole,
        part_renames: |_, _| Vec::new(),
        absorbs: |_| Vec::new(),
        heirs: |_| Vec::new(),
        remakes: |_, _| Vec::new(),
        awaits: |_, _| Vec::new(),
        waits_for: |_| Vec::new(),
        mistaken_for: |_| Vec::new(),
        goes_after: |_| Vec::new(),
        stands_for: |_| None,
        is_shape: false,
        renews_parent: |_| None,
        outline: |_| None,
        holds_up: |_| false,
        evaluates: false,
        looks_up: |_| false,
        territory: |_| None,
        arrived: |_| None,
        lets_go: |_, _| false,
    };
}
