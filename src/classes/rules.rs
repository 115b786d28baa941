//! How the objects of a class are made, changed and taken away: the statements, and what they cost.
//!
//! A rule sees one object in its place and says which statements it takes. It orders nothing: which
//! statement comes before which is found from `pg_depend` (`plan/graph.rs`). Every statement can be run
//! twice: `if not exists`, `or replace`, a guard. Names in statements are qualified: the plan runs with
//! `search_path = pg_catalog`, which is how everything was printed.

use std::collections::{BTreeMap, BTreeSet};

use crate::contract::{ClassName, Contract, Object, ObjectId};
use crate::sql;

/// A contract with the ways through it that rules need.
#[derive(Debug)]
pub struct Whole<'a> {
    /// The contract.
    pub contract: &'a Contract,
    children: BTreeMap<&'a ObjectId, Vec<&'a Object>>,
    dependents: BTreeMap<&'a ObjectId, Vec<&'a ObjectId>>,
    /// What roles are granted on new objects without a word, the platform's defaults included.
    pub default_grants: Vec<&'a Object>,
    /// Whether the plan is for a database that may have a part of everything.
    pub is_bundle: bool,
}

impl<'a> Whole<'a> {
    /// Finds the ways through a contract.
    pub fn new(contract: &'a Contract) -> Self {
        let mut children: BTreeMap<&ObjectId, Vec<&Object>> = BTreeMap::new();
        for object in contract.objects.values() {
            if let Some(parent) = &object.parent {
                children.entry(parent).or_default().push(object);
            }
        }
        let mut dependents: BTreeMap<&ObjectId, Vec<&ObjectId>> = BTreeMap::new();
        for (id, needs) in &contract.needs {
            for need in needs {
                dependents.entry(need).or_default().push(id);
            }
        }
        Self {
            contract,
            children,
            dependents,
            default_grants: Vec::new(),
            is_bundle: false,
        }
    }

    /// Whether an object cannot be without another one, however many steps away.
    pub fn reaches(&self, from: &'a ObjectId, to: &ObjectId) -> bool {
        let mut pending = vec![from];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(id) = pending.pop() {
            if !seen.insert(id) {
                continue;
            }
            let parent = self.get(id).and_then(|object| object.parent.as_ref());
            for need in self
                .contract
                .needs
                .get(id)
                .into_iter()
                .flatten()
                .chain(parent)
            {
                if need == to {
                    return true;
                }
                pending.push(need);
            }
        }
        false
    }

    /// The object of that id.
    pub fn get(&self, id: &ObjectId) -> Option<&'a Object> {
        self.contract.objects.get(id)
    }

    /// What lives and dies with an object, one level down.
    pub fn children(&self, id: &ObjectId) -> &[&'a Object] {
        self.children.get(id).map_or(&[], Vec::as_slice)
    }

    /// What cannot be without an object, its children aside.
    pub fn dependents(&self, id: &ObjectId) -> &[&'a ObjectId] {
        self.dependents.get(id).map_or(&[], Vec::as_slice)
    }
}

/// An object in its place, for a rule to write statements about.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// The object: as it shall be when it is made or changed, as it is when it goes.
    pub object: &'a Object,
    /// The side that the object is taken from.
    pub whole: &'a Whole<'a>,
    /// The other side: what there is when it is made, what shall be when it goes.
    pub other: &'a Whole<'a>,
    /// Whether what contains it is made by the same plan, so that there is no data yet.
    pub is_inside_new: bool,
    /// The major version of the server that the plan is for.
    pub major: u32,
}

impl<'a> Site<'a> {
    /// The quoted, qualified name; for most classes it is what SQL says.
    pub fn path(&self) -> &'a str {
        &self.object.id.path
    }

    /// What it lives and dies with: the table of a column, the schema of a table.
    pub fn parent(&self) -> Option<&'a Object> {
        self.whole.get(self.object.parent.as_ref()?)
    }

    /// The parent's quoted, qualified name; empty without one.
    pub fn parent_path(&self) -> &'a str {
        self.object.parent.as_ref().map_or("", |id| &id.path)
    }

    /// The last part of the name, quoted: `c` of `public.t.c`.
    pub fn own_name(&self) -> &'a str {
        let path = self.path();
        path.strip_prefix(self.parent_path())
            .and_then(|rest| rest.strip_prefix('.'))
            .unwrap_or(path)
    }

    /// The parts of the name, without quotes.
    pub fn parts(&self) -> Vec<String> {
        sql::parts(self.path())
    }

    /// The last part of the name as a literal.
    pub fn name_literal(&self) -> String {
        sql::literal(self.parts().last().map_or("", String::as_str))
    }

    /// The children of one class, by id.
    pub fn children_of(&self, class: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        let class = class.to_owned();
        let children: Vec<&'a Object> = self.whole.children(&self.object.id).to_vec();
        children
            .into_iter()
            .filter(move |child| child.id.class.as_str() == class)
    }

    /// Whether the other side has something of the same name that is of another class: a view that became
    /// a materialized one. Then `drop … if exists` fails the second time.
    pub fn is_succeeded(&self) -> bool {
        let classes = super::Class::ALL
            .iter()
            .filter(|class| class.naming != super::Naming::Facet);
        let mut ids = classes.map(|class| {
            ObjectId::new(
                crate::contract::ClassName::new(class.name),
                self.object.id.path.clone(),
            )
        });
        ids.any(|id| id != self.object.id && self.other.get(&id).is_some())
    }

    /// Whether its table becomes a partition: then what it has becomes part of what the whole has, and
    /// cannot be dropped any more.
    pub fn joins_a_whole(&self) -> bool {
        let table = self
            .object
            .parent
            .as_ref()
            .and_then(|id| self.other.get(id));
        table.is_some_and(|table| table.text("partition_bound").is_some())
    }

    /// The same place with another object of the same side.
    pub fn at(&self, object: &'a Object) -> Self {
        Self { object, ..*self }
    }

    /// The columns, quoted, that tell the rows of a table from each other as they are now: its primary key,
    /// else where they lie.
    pub fn key_of(&self, table: &str) -> Vec<String> {
        let id = ObjectId::new(ClassName::new("table"), table);
        let mut children = self.other.children(&id).iter();
        let key = children.find(|child| child.text("kind") == Some("primary key"));
        key.map_or_else(
            || vec!["ctid".to_owned()],
            |key| {
                let columns = texts(key, "columns").into_iter();
                columns.map(sql::identifier).collect()
            },
        )
    }

    /// A text fact; empty when it is absent.
    pub fn text(&self, fact: &str) -> &'a str {
        self.object.text(fact).unwrap_or_default()
    }

    /// A list fact of texts; empty when it is absent.
    pub fn list(&self, fact: &str) -> Vec<&'a str> {
        texts(self.object, fact)
    }
}

/// A list fact of texts; empty when it is absent.
pub(super) fn texts<'a>(object: &'a Object, fact: &str) -> Vec<&'a str> {
    let list = object.facts.get(fact).and_then(serde_json::Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .collect()
}

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
    /// The name for `--allow` without which it is not dropped, where data goes with it.
    pub data: fn(&Object) -> Option<&'static str>,
    /// What a person has to do where no statement of ours can make or change the object: a secret is needed.
    /// Its statements are shown, not run.
    pub by_hand: fn(&Site<'_>) -> Option<String>,
    /// Whether an object that its rules write no statement for comes along with something else.
    pub comes_along: fn(&Site<'_>) -> bool,
    /// The statement that gives an object another name, the object as it is and as it shall be; `None` where
    /// there is none.
    pub rename: fn(&Site<'_>, &Site<'_>) -> Option<Statement>,
    /// What the statement that makes an object makes along with it: the columns of a new table.
    pub absorbs: fn(&Site<'_>) -> Vec<ObjectId>,
    /// What takes part in whatever is done to it: the same column of partitions. It comes after.
    pub heirs: fn(&Site<'_>) -> Vec<ObjectId>,
    /// A statement that makes an empty one of the same shape, for what needs it while it waits for that in turn.
    pub outline: fn(&Site<'_>) -> Option<Statement>,
    /// Whether it is part of the shape by which tables are attached to each other: a column.
    pub is_shape: bool,
    /// Statements that put what it is in anew, where it can be added to that in no other way.
    pub renews_parent: fn(&Site<'_>) -> Option<Vec<Statement>>,
    /// Whether what it is in cannot be without it: a column of a partition key.
    pub holds_up: fn(&Site<'_>) -> bool,
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
        data: |_| None,
        by_hand: |_| None,
        comes_along: |_| false,
        rename: |_, _| None,
        absorbs: |_| Vec::new(),
        heirs: |_| Vec::new(),
        is_shape: false,
        renews_parent: |_| None,
        outline: |_| None,
        holds_up: |_| false,
    };
}

/// In which part of the file a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Before the transaction, on its own: a value of an enum can be used only once it is committed.
    Before,
    /// In the one transaction.
    Transaction,
    /// After it, each on its own: what takes long and blocks nobody, such as an index built concurrently.
    After,
}

/// Postgres' own names of the locks that DDL takes on tables (documentation, chapter "Explicit Locking").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// Blocks writers' DDL only; reads and writes go on.
    ShareUpdateExclusive,
    /// Blocks writes.
    Share,
    /// Blocks writes.
    ShareRowExclusive,
    /// Blocks reads and writes.
    AccessExclusive,
}

impl Lock {
    /// As `pg_locks` and the documentation write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }
}

/// What a statement costs and what may go wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Risk {
    /// The strongest lock on a relation that may hold data, and the relation.
    pub lock: Option<(Lock, String)>,
    /// Whether the relation is written anew.
    pub rewrites: bool,
    /// Whether every row is read.
    pub scans: bool,
    /// The name for `--allow`, where data is lost.
    pub loses: Option<&'static str>,
    /// Why it may fail on the data that is there.
    pub can_fail: Option<String>,
    /// How large the relation is, where rows are read or written and somebody has looked.
    pub size: Option<Size>,
}

/// A question about the data that is asked before anybody runs the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataCheck {
    /// What the rows would violate.
    pub question: String,
    /// A query that returns the rows that would, from `select from` on; read-only.
    pub query: String,
    /// Columns that tell one of these rows from others, quoted.
    pub key: Vec<String>,
}

impl DataCheck {
    /// A query for the key of one such row, spelled for people.
    pub fn example(&self) -> String {
        let part = |column: &String| {
            let label = sql::literal(&format!("{column} = "));
            format!("{label} || coalesce(({column})::text, 'null')")
        };
        let parts: Vec<String> = self.key.iter().map(part).collect();
        let select = format!("select concat_ws(', ', {})", parts.join(", "));
        self.query.replacen("select", &select, 1)
    }
}

/// How large a relation is, its indexes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Size {
    /// On disk.
    pub bytes: u64,
    /// What the planner believes; none before the first `analyze`.
    pub rows: Option<u64>,
}

/// One statement of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The SQL, without a semicolon at its end.
    pub sql: String,
    /// Where it stands.
    pub section: Section,
    /// What to run in the transaction instead, when something in it waits for this.
    pub inline: Option<String>,
    /// Whether it waits for all that the object needs while the rest of the object does not: `owned by`.
    pub is_late: bool,
    /// Whether it comes before whatever is inside of its object changes: a table leaves its parent.
    pub is_early: bool,
    /// Whether it comes before everything that is not needed for it: row security goes on first.
    pub is_first: bool,
    /// Whether it is left out of the proof, since a scratch must give nobody such rights.
    pub is_unrehearsed: bool,
    /// `alter table …` and the action: neighbours on one table become one statement.
    pub mergeable: Option<(String, String)>,
    /// What it costs.
    pub risk: Risk,
    /// What the data must satisfy.
    pub check: Option<DataCheck>,
}

impl Statement {
    /// A statement in the transaction that costs nothing.
    pub fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            section: Section::Transaction,
            inline: None,
            is_late: false,
            is_early: false,
            is_first: false,
            is_unrehearsed: false,
            mergeable: None,
            risk: Risk::default(),
            check: None,
        }
    }

    /// An action of `alter table`, which neighbours on the same table join.
    pub fn action(table: &str, action: impl Into<String>) -> Self {
        let (head, action) = (format!("alter table {table}"), action.into());
        let mut statement = Self::new(format!("{head} {action}"));
        statement.mergeable = Some((head, action));
        statement
    }

    /// A statement that only runs where a condition holds.
    pub fn guarded(condition: &str, sql: &str) -> Self {
        let body = format!("begin\n  if {condition} then\n    {sql};\n  end if;\nend");
        Self::new(format!("do {}", dollar_quoted(&body)))
    }

    /// Takes a lock, unless there is no data behind it yet.
    pub fn lock(mut self, site: &Site<'_>, lock: Lock, relation: &str) -> Self {
        if !site.is_inside_new {
            self.risk.lock = Some((lock, relation.to_owned()));
        }
        self
    }

    /// Writes the relation anew, unless there is no data yet.
    pub fn rewriting(mut self, site: &Site<'_>) -> Self {
        self.risk.rewrites = !site.is_inside_new;
        self
    }

    /// Reads every row, unless there is no data yet.
    pub fn scanning(mut self, site: &Site<'_>) -> Self {
        self.risk.scans = !site.is_inside_new;
        self
    }

    /// Loses data: withheld without `--allow NAME`.
    pub fn losing(mut self, name: &'static str) -> Self {
        self.risk.loses = Some(name);
        self
    }

    /// May fail on existing data, for a reason.
    pub fn can_fail(mut self, site: &Site<'_>, why: impl Into<String>) -> Self {
        if !site.is_inside_new {
            self.risk.can_fail = Some(why.into());
        }
        self
    }

    /// Asks the data first, unless there is none yet. The key is that of the rows the query returns.
    pub fn checked(
        mut self,
        site: &Site<'_>,
        question: &str,
        query: impl Into<String>,
        key: Vec<String>,
    ) -> Self {
        if !site.is_inside_new {
            self.check = Some(DataCheck {
                question: question.to_owned(),
                query: query.into(),
                key,
            });
        }
        self
    }

    /// Stands before the transaction.
    pub fn before(mut self) -> Self {
        self.section = Section::Before;
        self
    }

    /// Stands after the transaction; `inline` is what to run in it when something there waits for this.
    pub fn after(mut self, inline: impl Into<String>) -> Self {
        self.section = Section::After;
        self.inline = Some(inline.into());
        self
    }

    /// Waits for all that the object needs.
    pub fn late(mut self) -> Self {
        self.is_late = true;
        self
    }

    /// Comes before whatever is inside changes.
    pub fn early(mut self) -> Self {
        self.is_early = true;
        self
    }

    /// Is left out of the proof.
    pub fn unrehearsed(mut self) -> Self {
        self.is_unrehearsed = true;
        self
    }

    /// Comes before everything that is not needed for it.
    pub fn first(mut self) -> Self {
        self.is_first = true;
        self
    }
}

/// What paths call the database that is read: both sides have other names for it.
pub(super) const THIS_DATABASE: &str = "database (current)";

/// A statement about the database it runs in, whatever its name is; that stands between the two parts.
pub(super) fn in_this_database(before: &str, after: &str) -> Statement {
    let (before, after) = (sql::literal(before), sql::literal(after));
    let body = format!(
        "begin\n  execute {} || quote_ident(current_database()) || {};\nend",
        before.trim_start(),
        after.trim_start()
    );
    Statement::new(format!("do {}", dollar_quoted(&body)))
}

/// Statements that name a role which goes in the same plan: the second time it is gone, and they with it.
pub(super) fn while_role(
    site: &Site<'_>,
    role: &str,
    statements: Vec<Statement>,
) -> Vec<Statement> {
    let id = ObjectId::new(ClassName::new("role"), role);
    if site.whole.get(&id).is_none() || site.other.get(&id).is_some() {
        return statements;
    }
    let is_there = format!("to_regrole({}) is not null", sql::literal(role));
    let guarded = statements.into_iter().map(|statement| {
        let execute = format!("execute {}", sql::literal(&statement.sql).trim_start());
        Statement {
            sql: Statement::guarded(&is_there, &execute).sql,
            mergeable: None,
            ..statement
        }
    });
    guarded.collect()
}

/// Splits a qualified name before its last part: `public.t.c` into `public.t` and `c`, both quoted.
pub(super) fn head_and_name(path: &str) -> (&str, &str) {
    let mut in_quotes = false;
    let mut at = None;
    for (index, c) in path.char_indices() {
        match c {
            '"' => in_quotes = !in_quotes,
            '.' if !in_quotes => at = Some(index),
            _ => {}
        }
    }
    at.map_or(("", path), |at| (&path[..at], &path[at + 1..]))
}

/// The name of what makes room for another one, within the 63 bytes that a name may have.
pub(super) fn put_aside(name: &str, suffix: &str) -> String {
    let name = sql::parts(name).concat();
    let mut end = name.len().min(62 - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_{suffix}", &name[..end])
}

/// Splits where a text first stands outside of quotes.
pub(super) fn split_outside_quotes<'a>(text: &'a str, at: &str) -> Option<(&'a str, &'a str)> {
    let mut in_quotes = false;
    for (index, c) in text.char_indices() {
        if c == '"' {
            in_quotes = !in_quotes;
        }
        if !in_quotes && text[index..].starts_with(at) {
            return Some((&text[..index], &text[index + at.len()..]));
        }
    }
    None
}

/// A text between dollar quotes whose tag does not stand in it.
pub(super) fn dollar_quoted(body: &str) -> String {
    let mut tag = "pgpact".to_owned();
    while body.contains(&format!("${tag}$")) {
        tag.push('_');
    }
    format!("${tag}$\n{}\n${tag}$", body.trim_matches('\n'))
}

/// Drops an object; where another class has the name afterwards, only while it is still of this one.
pub(super) fn drop_while(site: &Site<'_>, word: &str, condition: &str) -> Statement {
    let drop = format!("drop {word} if exists {}", site.path());
    match site.is_succeeded() {
        true => Statement::guarded(condition, &drop),
        false => Statement::new(drop),
    }
}

/// The condition that a relation is of a kind, by `pg_class.relkind`.
pub(super) fn is_relation(site: &Site<'_>, kinds: &str) -> String {
    format!(
        "exists (select from pg_class where oid = to_regclass({}) and relkind in ({kinds}))",
        sql::literal(site.path())
    )
}

/// The address of what SQL knows as `WORD qualified.name`.
pub(super) fn plain_address(word: &str, object: &Object) -> String {
    format!("{word} {}", object.id.path)
}

/// The address of what SQL knows as `WORD name on relation`.
pub(super) fn address_on(word: &str, object: &Object) -> String {
    let relation = object.parent.as_ref().map_or("", |id| &id.path);
    let path = &object.id.path;
    let name = path
        .strip_prefix(relation)
        .and_then(|rest| rest.strip_prefix('.'))
        .unwrap_or(path);
    format!("{word} {name} on {relation}")
}

/// Makes an object of a catalog that has neither `or replace` nor `if not exists`, where there is none yet.
/// `prefix` begins the catalog's columns, as in `opfname` and `opfnamespace`.
pub(super) fn make_once(
    path: &str,
    catalog: &str,
    prefix: &str,
    and: &str,
    sql: &str,
) -> Statement {
    let condition = format!("not {}", exists_in(path, catalog, prefix, and));
    Statement::guarded(&condition, sql)
}

/// The condition that a catalog has an object of that qualified name.
pub(super) fn exists_in(path: &str, catalog: &str, prefix: &str, and: &str) -> String {
    let (schema, name) = head_and_name(path);
    let name = sql::parts(name).concat();
    format!(
        "exists (select from {catalog} where {prefix}name = {} and {prefix}namespace = to_regnamespace({}){and})",
        sql::literal(&name),
        sql::literal(schema),
    )
}

/// Adds `word = fact` for each of the facts that is there.
pub(super) fn clauses(object: &Object, facts: &[(&str, &str)]) -> Vec<String> {
    let clause = |(fact, word): &(&str, &str)| {
        let value = object.facts.get(*fact)?;
        Some(match value {
            serde_json::Value::String(text) => format!("{word} = {text}"),
            other => format!("{word} = {other}"),
        })
    };
    facts.iter().filter_map(clause).collect()
}
