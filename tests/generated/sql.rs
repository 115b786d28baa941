//! A schema as statements, each element after what it needs.

use super::schema::Kind::{
    Check, Column, Comment, Composite, Domain, Enum, Foreign, Giver, Grant, Heir, Index, Judge,
    Materialized, Mover, Partition, Partitioned, Policy, Primary, Reader, Schema as Namespace,
    Sequence, Table, Trigger, Unique, View,
};
use super::schema::{ROUTINES, Schema, TYPES};

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// One of several texts, by what a dial says.
fn by<'a>(dial: usize, texts: &[&'a str]) -> &'a str {
    texts[dial % texts.len()]
}

impl Schema {
    pub(super) fn sql(&self) -> String {
        let statements = self
            .order()
            .into_iter()
            .map(|number| self.statement(number));
        statements.collect::<Vec<_>>().join("\n")
    }

    pub(super) fn name(&self, number: usize) -> String {
        quoted(&self.elements[&number].name)
    }

    /// The name with its schema: of an index or a partition as of all others.
    pub(super) fn path(&self, number: usize) -> String {
        let home = self.elements[&number].home;
        let home = home.map_or_else(|| "public".to_owned(), |home| self.name(home));
        format!("{home}.{}", self.name(number))
    }

    pub(super) fn names(&self, numbers: &[usize]) -> Vec<String> {
        numbers.iter().map(|number| self.name(*number)).collect()
    }

    /// The columns that an element names, of those that its relation has.
    pub(super) fn named(&self, number: usize) -> Vec<usize> {
        let needs = &self.elements[&number].needs;
        let mut columns = self.columns(needs[0]);
        columns.retain(|column| needs.contains(column));
        columns
    }

    fn type_of(&self, column: usize) -> String {
        let [kind, size, ..] = self.elements[&column].dials;
        if let Some(own) = self.need(column, TYPES) {
            return self.path(own);
        }
        if self.need(column, &[Sequence]).is_some() {
            return by(kind, &["integer", "bigint"]).to_owned();
        }
        let types = [
            "integer",
            "bigint",
            by(size, &["numeric", "numeric(8,2)", "numeric(12,3)"]),
            "text",
            by(size, &["varchar(20)", "varchar(40)"]),
            "boolean",
            "date",
            "timestamptz",
            "jsonb",
            "uuid",
            "integer[]",
        ];
        by(kind, &types).to_owned()
    }

    pub(super) fn is_number(&self, column: usize) -> bool {
        ["integer", "bigint"].contains(&self.type_of(column).as_str())
    }

    pub(super) fn is_generated(&self, column: usize) -> bool {
        let is_given = self.need(column, &[Sequence]).is_some();
        self.is_number(column) && !is_given && self.elements[&column].dials[3].is_multiple_of(5)
    }

    fn column(&self, column: usize) -> String {
        let element = &self.elements[&column];
        let [_, _, collation, not_null, default, owned] = element.dials;
        let (table, kind) = (element.needs[0], self.type_of(column));
        let is_text = kind == "text" || kind.starts_with("varchar");
        let mut text = format!(
            "alter table {} add column {} {kind}",
            self.path(table),
            self.name(column)
        );
        if is_text {
            text += by(collation, &["", "", " collate \"C\""]);
        }
        let giver = self
            .need(column, &[Giver])
            .filter(|_| self.is_number(column));
        let constant = match kind.as_str() {
            "integer" | "bigint" => by(default, &["", " default 0", " default 1 + 2"]),
            "boolean" => by(default, &["", " default false", " default true"]),
            "date" | "timestamptz" => by(default, &["", " default now()"]),
            "jsonb" => by(default, &["", " default '{}'", " default '[1]'"]),
            "uuid" => by(default, &["", " default gen_random_uuid()"]),
            "integer[]" => by(default, &["", " default '{}'"]),
            _ if is_text => by(
                default,
                &[
                    "",
                    " default ''",
                    " default 'it''s'",
                    " default lower('A' || 'b')",
                ],
            ),
            _ if self.need(column, &[Enum]).is_some() => by(default, &["", " default 'first'"]),
            _ => "",
        };
        let sequence = self
            .need(column, &[Sequence])
            .filter(|_| self.is_number(column));
        text += &match (sequence, giver) {
            _ if self.is_generated(column) => {
                format!(" generated always as (id * {}) stored", 2 + default % 3)
            }
            (Some(sequence), _) => {
                let path = self
                    .path(sequence)
                    .replace('\'', "''")
                    .replace('\\', "\\\\");
                format!(" default nextval(E'{path}'::regclass)")
            }
            (None, Some(giver)) => format!(" default {}()", self.path(giver)),
            (None, None) => constant.to_owned(),
        };
        text += by(not_null / 5, &["", "", " not null"]);
        text += ";";
        // A sequence goes with a column in the schema of its table alone.
        let is_near = |sequence: &usize| self.elements[sequence].home == self.elements[&table].home;
        if let Some(sequence) = sequence.filter(is_near).filter(|_| owned.is_multiple_of(2)) {
            let (sequence, table, column) =
                (self.path(sequence), self.path(table), self.name(column));
            text += &format!(" alter sequence {sequence} owned by {table}.{column};");
        }
        text
    }

    fn statement(&self, number: usize) -> String {
        let element = &self.elements[&number];
        let (name, path) = (self.name(number), self.path(number));
        let [a, b, c, ..] = element.dials;
        match element.kind {
            Namespace => format!("create schema {name};"),
            Enum => {
                let labels = ["'it''s'", "'first'", "'B'", "'größe'", "'b c'"];
                let is_in = |at: &usize| *at == 1 || a >> at & 1 == 1;
                let labels: Vec<&str> = (0..5).filter(is_in).map(|at| labels[at]).collect();
                format!("create type {path} as enum ({});", labels.join(", "))
            }
            Domain => {
                let base = by(a, &["integer", "bigint", "text", "numeric(6,1)"]);
                let judge = self.need(number, &[Judge]).filter(|_| a % 4 < 2);
                let check = judge
                    .map(|judge| format!(" constraint fits check ({}(value))", self.path(judge)));
                let check = check.unwrap_or_else(|| {
                    by(b, &["", " constraint fits check (value <> '7')"]).to_owned()
                });
                let default = by(c, &["", " default '1'"]);
                format!("create domain {path} as {base}{default}{check};")
            }
            Composite => {
                let inner = self
                    .need(number, TYPES)
                    .map_or_else(|| by(b, &["text", "date"]).to_owned(), |one| self.path(one));
                let more = by(c, &["", ", more jsonb", ", \"More\" integer"]);
                format!(
                    "create type {path} as (one {}, two {inner}{more});",
                    by(a, &["integer", "bigint"])
                )
            }
            Giver | Judge | Reader | Mover => self.routine(number),
            Sequence => {
                let start = 1 + b % 3;
                format!(
                    "create sequence {path} as {} start {start} increment {}{};",
                    by(a, &["bigint", "integer"]),
                    1 + a % 2,
                    by(c, &["", " cycle"])
                )
            }
            Table | Partitioned | Partition | Heir => self.table(number),
            Column => self.column(number),
            Check | Unique | Primary | Foreign => self.constraint(number),
            Index => self.index(number),
            View | Materialized => self.view(number),
            Trigger => self.trigger(number),
            Policy => self.policy(number),
            Grant => self.grant(number),
            Comment => {
                let text = by(a, &["one", "it's", "two\nlines", "größe \\ %"]).replace('\'', "''");
                format!("comment on {} is '{text}';", self.told(element.needs[0]))
            }
        }
    }

    fn table(&self, number: usize) -> String {
        let element = &self.elements[&number];
        let path = self.path(number);
        let [kind, given, security, filled, size, _] = element.dials;
        let id = format!("id {}", by(kind, &["bigint", "integer"]));
        let given = by(
            given,
            &[
                "",
                " not null",
                " generated always as identity",
                " generated by default as identity (start 5)",
            ],
        );
        let filled = by(filled, &["", "", " with (fillfactor = 70)"]);
        let mut text = match element.kind {
            Partitioned => format!("create table {path} ({id} not null) partition by range (id);"),
            Partition => {
                let from = number * 1000;
                let parent = self.path(element.needs[0]);
                format!(
                    "create table {path} partition of {parent} for values from ({from}) to ({}){filled};",
                    from + 10 + size % 3
                )
            }
            Heir => format!(
                "create table {path} () inherits ({}){filled};",
                self.path(element.needs[0])
            ),
            _ => format!("create table {path} ({id}{given}){filled};"),
        };
        let statements = [
            "",
            "",
            " alter table T enable row level security;",
            " alter table T enable row level security; alter table T force row level security;",
        ];
        text += &by(security, &statements).replace(" T ", &format!(" {path} "));
        text
    }

    /// What an element is called where it is commented on.
    fn told(&self, number: usize) -> String {
        let element = &self.elements[&number];
        let (name, path) = (self.name(number), self.path(number));
        let on = |word: &str| format!("{word} {name} on {}", self.path(element.needs[0]));
        match element.kind {
            Namespace => format!("schema {name}"),
            Enum | Composite => format!("type {path}"),
            Domain => format!("domain {path}"),
            kind if ROUTINES.contains(&kind) => format!("function {}", self.signature(number)),
            Sequence => format!("sequence {path}"),
            Column => format!("column {}.{name}", self.path(element.needs[0])),
            Check | Unique | Primary | Foreign => on("constraint"),
            // An index is where its relation is.
            Index => format!("index {}", self.beside(number)),
            View => format!("view {path}"),
            Materialized => format!("materialized view {path}"),
            Trigger => on("trigger"),
            Policy => on("policy"),
            _ => format!("table {path}"),
        }
    }

    fn beside(&self, index: usize) -> String {
        let relation = &self.elements[&self.elements[&index].needs[0]];
        let home = relation
            .home
            .map_or_else(|| "public".to_owned(), |home| self.name(home));
        format!("{home}.{}", self.name(index))
    }

    fn grant(&self, number: usize) -> String {
        let element = &self.elements[&number];
        let owner = element.needs[0];
        let path = self.path(owner);
        let (privileges, on): (&[&str], String) = match self.kind(owner) {
            Column => {
                let (column, table) = (self.name(owner), self.path(self.elements[&owner].needs[0]));
                let privilege = by(element.dials[0], &["select", "update", "references"]);
                return format!(
                    "grant {privilege} ({column}) on {table} to {};",
                    by(element.dials[1], &["alice", "bob"])
                );
            }
            Namespace => (
                &["usage", "create", "all"],
                format!("schema {}", self.name(owner)),
            ),
            Sequence => (&["usage", "select, update"], format!("sequence {path}")),
            kind if TYPES.contains(&kind) => (&["usage"], format!("type {path}")),
            kind if ROUTINES.contains(&kind) => {
                (&["execute"], format!("function {}", self.signature(owner)))
            }
            _ => (
                &["select", "insert, update", "all", "delete, truncate"],
                path,
            ),
        };
        let option = by(element.dials[2], &["", "", " with grant option"]);
        format!(
            "grant {} on {on} to {}{option};",
            by(element.dials[0], privileges),
            by(element.dials[1], &["alice", "bob", "alice, bob"])
        )
    }
}
