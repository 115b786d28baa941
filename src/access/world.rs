//! Two tenants with their people, and what each column of each table means in them.

use std::collections::{BTreeMap, BTreeSet};

use super::clues::{Asked, Clues};
use super::model::{Column, Model, Relation};
use super::tenants;
use crate::contract::Pattern;

/// One of the two tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum World {
    A,
    B,
    /// What belongs to neither.
    Nobody,
}

impl World {
    pub(super) const BOTH: [Self; 2] = [Self::A, Self::B];

    pub(super) fn letter(self) -> char {
        match self {
            Self::A => 'a',
            Self::B => 'b',
            Self::Nobody => 'c',
        }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
            Self::Nobody => Self::Nobody,
        }
    }

    /// How numbers of it begin, so that they are known again wherever they turn up.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::A => 7_100_000,
            Self::B => 7_200_000,
            Self::Nobody => 7_300_000,
        }
    }
}

/// Somebody with an account.
#[derive(Debug)]
pub(super) struct Person {
    pub name: &'static str,
    pub world: World,
    pub is_admin: bool,
}

/// How many of them try: the rest only have rows.
pub(super) const ACTING: usize = 4;

/// Everybody: rows are made for each.
pub(super) const PEOPLE: [Person; 5] = [
    Person {
        name: "user",
        world: World::A,
        is_admin: false,
    },
    Person {
        name: "member",
        world: World::A,
        is_admin: false,
    },
    Person {
        name: "admin",
        world: World::A,
        is_admin: true,
    },
    Person {
        name: "other-tenant",
        world: World::B,
        is_admin: false,
    },
    Person {
        name: "other-member",
        world: World::B,
        is_admin: false,
    },
];

/// Who a world's own rows name when they name one person.
pub(super) fn first_person(world: World) -> usize {
    match world {
        World::A => 2,
        World::B | World::Nobody => 3,
    }
}

impl Person {
    pub(super) fn email(&self) -> String {
        format!("{}@tenant-{}.test", self.name, self.world.letter())
    }
}

/// A person's id, spelled for a type.
pub(super) fn user_id(person: usize, column: &Column) -> String {
    let world = PEOPLE[person].world;
    let number = i64::try_from(person).unwrap_or_default() + 1;
    match column.category.as_str() {
        "N" if column.base == "int2" => (world.number() / 1000 + number).to_string(),
        "N" => (world.number() + number).to_string(),
        _ => uuid(world, 0, number),
    }
}

/// The id of a world's tenant, spelled for a type.
pub(super) fn tenant_id(world: World, column: &Column) -> String {
    match column.category.as_str() {
        "N" if column.base == "int2" => (world.number() / 1000 + 90).to_string(),
        "N" => (world.number() + 90).to_string(),
        _ if column.base == "uuid" => uuid(world, 0, 0x90),
        _ if column.length.is_some_and(|length| length < 36) => format!("t{}", world.letter()),
        _ => uuid(world, 0, 0x90),
    }
}

/// An id that says whose it is.
pub(super) fn uuid(world: World, table: usize, number: i64) -> String {
    let start: String = std::iter::repeat_n(world.letter(), 8).collect();
    format!("{start}-0000-4000-8000-{table:06x}{number:06x}")
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    User,
    Users,
    Email,
    Tenant,
    Rank,
    Plain,
}

/// To whom the rows of a table belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grain {
    /// Nobody.
    Global,
    /// A tenant.
    Tenant,
    /// A person.
    User,
}

/// What everything means.
pub(super) struct Meanings {
    pub(super) clues: Clues,
    users: BTreeMap<(i64, String), bool>,
    tenants: BTreeSet<i64>,
    members: BTreeSet<i64>,
    grains: BTreeMap<i64, Grain>,
    /// Columns that the session is compared with, and whether they hold a user.
    described: BTreeMap<(i64, String), (Column, bool)>,
}

const USER_NAMES: [&str; 12] = [
    "user_id",
    "owner_id",
    "owner",
    "created_by",
    "author_id",
    "creator_id",
    "profile_id",
    "uid",
    "account_owner",
    "auth_user_id",
    "auth_id",
    "member_id",
];
const TENANT_NAMES: [&str; 8] = [
    "tenant_id",
    "org_id",
    "organization_id",
    "organisation_id",
    "team_id",
    "workspace_id",
    "company_id",
    "account_id",
];
impl Meanings {
    pub(super) fn find(model: &Model, clues: Clues, stated_tenants: &[Pattern]) -> Self {
        let mut meanings = Self {
            clues,
            users: BTreeMap::new(),
            tenants: BTreeSet::new(),
            members: BTreeSet::new(),
            grains: BTreeMap::new(),
            described: BTreeMap::new(),
        };
        meanings.find_users(model);
        let found = tenants::find(model, &meanings.users, &meanings.clues, stated_tenants);
        (meanings.tenants, meanings.members) = (found.tables, found.members);
        meanings.find_grains(model);
        meanings.describe(model);
        meanings
    }

    fn find_users(&mut self, model: &Model) {
        self.users = self.clues.users.clone();
        for (asked, columns) in &self.clues.asked {
            let names_user = match asked {
                Asked::Claim(keys) => keys.last().is_some_and(|key| key.contains("user")),
                Asked::Setting(name) => name.contains("user"),
            };
            let columns = columns.iter().filter(|_| names_user);
            self.users
                .extend(columns.map(|column| (column.clone(), false)));
        }
        if let Some(users) = model.named("auth", "users") {
            self.users.insert((users.oid, "id".to_owned()), false);
        }
        for relation in model
            .relations
            .iter()
            .filter(|relation| relation.is_table())
        {
            for column in &relation.columns {
                let is_text = matches!(column.base.as_str(), "uuid" | "text" | "varchar");
                let refers = relation
                    .references
                    .iter()
                    .any(|key| key.columns.contains(&column.name));
                let is_list = column.base == "_uuid"
                    && [
                        "member",
                        "user",
                        "participant",
                        "owner",
                        "people",
                        "viewer",
                        "editor",
                    ]
                    .iter()
                    .any(|word| column.name.contains(word));
                if is_list {
                    self.users.insert((relation.oid, column.name.clone()), true);
                }
                if is_text && !refers && USER_NAMES.contains(&column.name.as_str()) {
                    self.users
                        .insert((relation.oid, column.name.clone()), false);
                }
            }
        }
        self.spread_users(model);
    }

    /// What a user column refers to names users as well, and what refers to that does.
    fn spread_users(&mut self, model: &Model) {
        loop {
            let mut more = Vec::new();
            for relation in &model.relations {
                for key in &relation.references {
                    for (column, target) in key.columns.iter().zip(&key.target_columns) {
                        let (here, there) =
                            ((relation.oid, column.clone()), (key.target, target.clone()));
                        match (self.users.get(&here), self.users.get(&there)) {
                            (Some(false), None) => more.push(there),
                            (None, Some(false)) => more.push(here),
                            _ => {}
                        }
                    }
                }
            }
            if more.is_empty() {
                return;
            }
            self.users
                .extend(more.into_iter().map(|column| (column, false)));
        }
    }

    fn find_grains(&mut self, model: &Model) {
        loop {
            let mut is_done = true;
            for relation in &model.relations {
                let grain = self.work_out(model, relation);
                if self.grains.insert(relation.oid, grain) != Some(grain) {
                    is_done = false;
                }
            }
            if is_done {
                return;
            }
        }
    }

    fn work_out(&self, model: &Model, relation: &Relation) -> Grain {
        if self.tenants.contains(&relation.oid) {
            return Grain::Tenant;
        }
        let own = relation
            .columns
            .iter()
            .map(|column| match self.meaning(relation, column) {
                Meaning::User | Meaning::Users => Grain::User,
                Meaning::Tenant => Grain::Tenant,
                Meaning::Email
                    if self
                        .clues
                        .emails
                        .contains(&(relation.oid, column.name.clone())) =>
                {
                    Grain::User
                }
                Meaning::Email | Meaning::Rank | Meaning::Plain => Grain::Global,
            });
        let through = relation
            .references
            .iter()
            .filter(|key| key.target != relation.oid)
            .map(|key| {
                let is_known = model.relation(key.target).is_some();
                match is_known {
                    true => self.grain(key.target),
                    false => Grain::Global,
                }
            });
        let through = through.filter(|_| relation.schema != "storage");
        own.chain(through).max().unwrap_or(Grain::Global)
    }

    fn describe(&mut self, model: &Model) {
        for key in self.clues.asked.values().flatten() {
            let column = model
                .relation(key.0)
                .and_then(|relation| relation.column(&key.1));
            if let Some(column) = column {
                let is_user = self.users.contains_key(key);
                self.described
                    .insert(key.clone(), (column.clone(), is_user));
            }
        }
    }

    /// A column that the session is compared with, and whether it holds a user.
    pub(super) fn described(&self, oid: i64, column: &str) -> Option<(Column, bool)> {
        self.described.get(&(oid, column.to_owned())).cloned()
    }

    pub(super) fn grain(&self, oid: i64) -> Grain {
        self.grains.get(&oid).copied().unwrap_or(Grain::Global)
    }

    pub(super) fn is_tenant(&self, oid: i64) -> bool {
        self.tenants.contains(&oid)
    }

    pub(super) fn is_membership(&self, relation: &Relation) -> bool {
        self.members.contains(&relation.oid) || tenants::is_membership(relation)
    }

    pub(super) fn meaning(&self, relation: &Relation, column: &Column) -> Meaning {
        let key = (relation.oid, column.name.clone());
        let refers = relation
            .references
            .iter()
            .any(|key| key.columns.contains(&column.name));
        let is_asked = self.clues.asked.iter().any(|(asked, columns)| {
            let is_rank = matches!(asked, Asked::Claim(keys) if keys.last().is_some_and(|key| key.contains("role")));
            !is_rank && columns.contains(&key)
        });
        match self.users.get(&key) {
            Some(true) => return Meaning::Users,
            Some(false) => return Meaning::User,
            None => {}
        }
        if column.category == "S"
            && (self.clues.emails.contains(&key) || column.name.contains("email"))
        {
            return Meaning::Email;
        }
        let is_own_key =
            self.tenants.contains(&relation.oid) && relation.primary_key() == [column.name.clone()];
        if !refers && (is_own_key || is_asked || TENANT_NAMES.contains(&column.name.as_str())) {
            return Meaning::Tenant;
        }
        let is_rank = column.name.ends_with("role")
            || matches!(column.name.as_str(), "rank" | "permission" | "access_level");
        let is_height = matches!(column.name.as_str(), "level" | "access_level" | "rank")
            && column.category == "N";
        let is_office = [
            "admin",
            "owner",
            "manager",
            "staff",
            "teacher",
            "moderator",
            "leader",
        ]
        .iter()
        .any(|word| {
            column
                .name
                .strip_prefix("is_")
                .is_some_and(|rest| rest.contains(word))
        });
        let is_office = is_office && column.category == "B" && self.is_membership(relation);
        if is_office || (is_height && self.is_membership(relation)) {
            return Meaning::Rank;
        }
        match is_rank && matches!(column.category.as_str(), "S" | "E") {
            true => Meaning::Rank,
            false => Meaning::Plain,
        }
    }
}
