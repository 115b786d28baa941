//! The longer statements: functions, constraints, indexes, views, triggers and policies.

use super::schema::Kind::{
    Check, Foreign, Giver, Judge, Materialized, Mover, Primary, Reader, Unique, View,
};
use super::schema::Schema;

fn by<'a>(dial: usize, texts: &[&'a str]) -> &'a str {
    texts[dial % texts.len()]
}

impl Schema {
    pub(super) fn signature(&self, number: usize) -> String {
        let is_judge = self.kind(number) == Judge;
        format!(
            "{}({})",
            self.path(number),
            if is_judge { "bigint" } else { "" }
        )
    }

    pub(super) fn routine(&self, number: usize) -> String {
        let element = &self.elements[&number];
        let path = self.path(number);
        let [language, body, kind, strict, definer, cost] = element.dials;
        let strict = by(strict, &["", "", " strict"]);
        let definer = by(
            definer,
            &["", "", " security definer", " set search_path = ''"],
        );
        let cost = by(cost, &["", "", " cost 7"]);
        if element.kind == Mover {
            let bodies = [
                "return new;",
                "begin return new; end;",
                "raise notice 'it''s'; return null;",
            ];
            return format!(
                "create function {path}() returns trigger language plpgsql{definer} as $$begin {} end$$;",
                by(body, &bodies)
            );
        }
        let (arguments, returns, value) = match element.kind {
            Judge => {
                let argument = by(kind, &["value", "given"]);
                let inner = self.need(number, &[Judge]);
                let value = inner.map_or_else(
                    || format!("{argument} > {}", body % 3),
                    |inner| format!("{argument} < 1000 and {}({argument})", self.path(inner)),
                );
                (format!("{argument} bigint"), "boolean", value)
            }
            Reader => {
                let source = self.path(element.needs[0]);
                (
                    String::new(),
                    "bigint",
                    format!("(select count(*) + {} from {source})", body % 2),
                )
            }
            _ => (
                String::new(),
                by(kind, &["integer", "bigint"]),
                format!("{} + 1", body % 3),
            ),
        };
        let volatility = match element.kind {
            Judge => " immutable",
            Giver => by(cost.len() + body, &["", " stable", " immutable"]),
            _ => " stable",
        };
        let head = format!("create function {path}({arguments}) returns {returns}");
        let head = |language: &str| {
            format!("{head} language {language}{volatility}{strict}{definer}{cost}")
        };
        match language % 3 {
            0 => format!("{} as $$select ({value})::{returns}$$;", head("sql")),
            1 => format!("{} as $$begin return {value}; end$$;", head("plpgsql")),
            _ => format!("{} return ({value})::{returns};", head("sql")),
        }
    }

    pub(super) fn constraint(&self, number: usize) -> String {
        let element = &self.elements[&number];
        let table = element.needs[0];
        let [kind, detail, more, ..] = element.dials;
        let mut columns = self.names(&self.named(number));
        let deferred = by(
            detail,
            &["", "", " deferrable", " deferrable initially deferred"],
        );
        let definition = match element.kind {
            Check => {
                let mut parts = vec![
                    by(
                        kind,
                        &["id > 0", "id <> 5", "id between 1 and 10 or id is null"],
                    )
                    .to_owned(),
                ];
                parts.extend(columns.iter().map(|column| format!("{column} is not null")));
                parts.extend(
                    self.need(number, &[Judge])
                        .map(|judge| format!("{}(id)", self.path(judge))),
                );
                format!(
                    "check ({}){}",
                    parts.join(" or "),
                    by(more, &["", "", " not valid"])
                )
            }
            Unique => {
                columns.insert(0, "id".to_owned());
                format!(
                    "unique{} ({}){deferred}",
                    by(more, &["", " nulls not distinct"]),
                    columns.join(", ")
                )
            }
            Primary => "primary key (id)".to_owned(),
            Foreign => {
                let target = self.elements[&self.need(number, &[Primary]).unwrap()].needs[0];
                let column = self
                    .named(number)
                    .into_iter()
                    .find(|one| self.is_number(*one) && !self.is_generated(*one));
                let column = column
                    .map_or_else(|| "id".to_owned(), |column| self.names(&[column]).remove(0));
                let act = by(
                    kind,
                    &[
                        "",
                        " on delete cascade",
                        " on update cascade on delete restrict",
                    ],
                );
                format!(
                    "foreign key ({column}) references {} (id){act}{deferred}",
                    self.path(target)
                )
            }
            _ => unreachable!("no constraint"),
        };
        format!(
            "alter table {} add constraint {} {definition};",
            self.path(table),
            self.names(&[number])[0]
        )
    }

    pub(super) fn index(&self, number: usize) -> String {
        let element = &self.elements[&number];
        let relation = element.needs[0];
        let [order, unique, partial, include, ..] = element.dials;
        let mut keys: Vec<String> = self.names(&self.named(number));
        for key in &mut keys {
            *key += by(order, &["", "", " desc", " nulls first"]);
        }
        keys.insert(0, "id".to_owned());
        let judge = self.need(number, &[Judge]);
        let is_unique = unique.is_multiple_of(3) && judge.is_none();
        // An index on all partitions is not unique by an expression.
        keys.extend(judge.map(|judge| format!("{}(id)", self.path(judge))));
        keys.extend((order.is_multiple_of(5) && !is_unique).then(|| "(id + 1)".to_owned()));
        format!(
            "create {}index {} on {} ({}){}{};",
            if is_unique { "unique " } else { "" },
            self.names(&[number])[0],
            self.path(relation),
            keys.join(", "),
            by(include, &["", "", " include (id)"]),
            by(partial, &["", "", " where id > 3", " where id is not null"]),
        )
    }

    pub(super) fn view(&self, number: usize) -> String {
        let element = &self.elements[&number];
        let [more, filter, option, ..] = element.dials;
        let mut shown = vec!["id".to_owned()];
        shown.extend(self.names(&self.named(number)));
        let source = self.path(element.needs[0]);
        shown.extend(
            self.need(number, &[Giver])
                .map(|giver| format!("{}() as given", self.path(giver))),
        );
        let readers = element.needs[1..]
            .iter()
            .find(|need| self.kind(**need) == Reader);
        shown.extend(readers.map(|reader| format!("{}() as counted", self.path(*reader))));
        let more = by(
            more,
            &[
                "",
                "",
                ", id::text as more",
                ", id + 1 as more",
                ", 'a'::text as \"Other\"",
            ],
        );
        let filter = by(
            filter,
            &["", " where id > 2", " where id is null or id in (1, 2)"],
        );
        let (what, option) = if element.kind == Materialized {
            ("materialized view", "")
        } else {
            (
                "view",
                by(
                    option,
                    &[
                        "",
                        "",
                        " with (security_barrier = true)",
                        " with (security_invoker = true)",
                    ],
                ),
            )
        };
        format!(
            "create {what} {}{option} as select {}{more} from {source}{filter};",
            self.path(number),
            shown.join(", ")
        )
    }

    pub(super) fn trigger(&self, number: usize) -> String {
        let element = &self.elements[&number];
        let (table, mover) = (element.needs[0], element.needs[1]);
        let [time, event, when, enabled, ..] = element.dials;
        let (name, mover, path) = (
            self.names(&[number]).remove(0),
            self.path(mover),
            self.path(table),
        );
        let event = by(event, &["insert", "update", "insert or update"]);
        if self.kind(table) == View {
            return format!(
                "create trigger {name} instead of {event} on {path} for each row execute function {mover}();"
            );
        }
        let each = by(time, &["before", "after"]);
        let when = by(when, &["", "", " when (new.id > 3)"]);
        let enabled = match by(enabled, &["", "", "", "disable", "enable always"]) {
            "" => String::new(),
            how => format!(" alter table {path} {how} trigger {name};"),
        };
        format!(
            "create trigger {name} {each} {event} on {path} for each row{when} execute function {mover}('a');{enabled}"
        )
    }

    pub(super) fn policy(&self, number: usize) -> String {
        let element = &self.elements[&number];
        let [command, kind, role, check, ..] = element.dials;
        let reader = element.needs[1..]
            .iter()
            .find(|need| self.kind(**need) == Reader);
        let test = reader.map(|reader| format!("id < {}()", self.path(*reader)));
        let judge = self
            .need(number, &[Judge])
            .map(|judge| format!("{}(id)", self.path(judge)));
        let test = test
            .or(judge)
            .unwrap_or_else(|| by(check, &["id > 0", "true", "current_user = 'alice'"]).to_owned());
        let command = by(command, &["all", "select", "insert", "update", "delete"]);
        let clauses = match command {
            "select" | "delete" => format!("using ({test})"),
            "insert" => format!("with check ({test})"),
            _ => format!("using ({test}) with check (id is not null)"),
        };
        format!(
            "create policy {} on {} as {} for {command} to {} {clauses};",
            self.names(&[number])[0],
            self.path(element.needs[0]),
            by(kind, &["permissive", "restrictive"]),
            by(role, &["public", "alice", "alice, bob"]),
        )
    }
}
