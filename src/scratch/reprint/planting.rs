//! The statements that plant a text and read it back.
//!
//! The text comes from catalogs that strangers filled, so each statement is parsed first and has to be what it is
//! meant to be, and one.

use pg_query::NodeEnum;
use pg_query::protobuf::{ConstrType, Token};

use crate::classes::{Form, Sample};

/// How to plant a text, and the query that gives it back.
#[derive(Debug)]
pub(super) struct Planting {
    pub(super) plant: String,
    pub(super) read: &'static str,
}

const VIEW: &str = "select pg_catalog.pg_get_viewdef('pg_temp.pgpact_text'::pg_catalog.regclass)";
const BODY: &str = "select pg_catalog.pg_get_function_sqlbody(p.oid) from pg_catalog.pg_proc p where p.pronamespace = pg_catalog.pg_my_temp_schema()";
const ARGUMENTS: &str = "select pg_catalog.pg_get_function_arguments(p.oid) from pg_catalog.pg_proc p where p.pronamespace = pg_catalog.pg_my_temp_schema()";
const EXCLUSION: &str = "select pg_catalog.pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint k where k.conrelid = 'pg_temp.pgpact_text'::pg_catalog.regclass and k.contype = 'x'";
const PARTITION_KEY: &str =
    "select pg_catalog.pg_get_partkeydef('pg_temp.pgpact_text'::pg_catalog.regclass)";
const RULE: &str = "select pg_catalog.pg_get_ruledef(r.oid) from pg_catalog.pg_rewrite r where r.ev_class = 'pg_temp.pgpact_text'::pg_catalog.regclass";

/// The planting of a sample; nothing when its text is not what it should be.
pub(super) fn planting(sample: &Sample) -> Option<Planting> {
    let text = &sample.text;
    let (plant, read) = match &sample.form {
        Form::Query => (view(text)?, VIEW),
        Form::Body {
            name,
            arguments,
            returns,
        } => {
            let head = head(name, arguments, returns.as_deref());
            let plant = only(
                format!("{head} {text}"),
                |node| matches!(node, NodeEnum::CreateFunctionStmt(routine) if routine.sql_body.is_some()),
            );
            (plant?, BODY)
        }
        Form::Arguments { returns } => {
            let head = head("pgpact_text", text, returns.as_deref());
            let plant = only(format!("{head} as ''"), |node| {
                matches!(node, NodeEnum::CreateFunctionStmt(_))
            });
            (plant?, ARGUMENTS)
        }
        Form::Exclusion { table } => {
            let add = format!("alter table pg_temp.pgpact_text add constraint pgpact_text {text}");
            let plant = format!("{}; {}", like(table)?, only(add, adds_exclusion)?);
            (plant, EXCLUSION)
        }
        Form::PartitionKey { table } => {
            let create = format!("{} partition by {text}", like(table)?);
            let plant = only(
                create,
                |node| matches!(node, NodeEnum::CreateStmt(table) if table.partspec.is_some()),
            );
            (plant?, PARTITION_KEY)
        }
        Form::Rule { table } => (format!("{}; {}", like(table)?, rule(text)?), RULE),
    };
    Some(Planting { plant, read })
}

fn view(query: &str) -> Option<String> {
    only(
        query.to_owned(),
        |node| matches!(node, NodeEnum::SelectStmt(select) if select.into_clause.is_none()),
    )
    .map(|query| format!("create temporary view pgpact_text as {query}"))
}

fn head(name: &str, arguments: &str, returns: Option<&str>) -> String {
    match returns {
        Some(returns) => {
            format!("create function pg_temp.{name}({arguments}) returns {returns} language sql")
        }
        None => format!("create procedure pg_temp.{name}({arguments}) language sql"),
    }
}

fn like(table: &str) -> Option<String> {
    only(
        format!("create temporary table pgpact_text (like {table})"),
        |node| matches!(node, NodeEnum::CreateStmt(_)),
    )
}

/// The rule with its relation replaced by ours.
fn rule(text: &str) -> Option<String> {
    let parsed = one(text)?;
    let NodeEnum::RuleStmt(rule) = parsed else {
        return None;
    };
    let start = rule.relation?.location;
    let tokens = pg_query::scan(text).ok()?.tokens;
    let mut tokens = tokens.iter().skip_while(|token| token.start < start);
    let mut end = tokens.next()?.end;
    while tokens.next()?.token == Token::Ascii46 as i32 {
        end = tokens.next()?.end;
    }
    let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
    Some(format!(
        "{}pg_temp.pgpact_text{}",
        text.get(..start)?,
        text.get(end..)?
    ))
}

fn adds_exclusion(node: &NodeEnum) -> bool {
    let NodeEnum::AlterTableStmt(statement) = node else {
        return false;
    };
    let [command] = statement.cmds.as_slice() else {
        return false;
    };
    let Some(NodeEnum::AlterTableCmd(command)) = &command.node else {
        return false;
    };
    let added = command.def.as_ref().and_then(|def| def.node.as_ref());
    matches!(added, Some(NodeEnum::Constraint(constraint)) if constraint.contype == ConstrType::ConstrExclusion as i32)
}

/// The text, when it is one statement of the right sort.
fn only(text: String, is_right: impl Fn(&NodeEnum) -> bool) -> Option<String> {
    one(&text)
        .is_some_and(|node| is_right(&node))
        .then_some(text)
}

fn one(text: &str) -> Option<NodeEnum> {
    let statements = pg_query::parse(text, 0).ok()?.protobuf.stmts;
    let [statement] = <[_; 1]>::try_from(statements).ok()?;
    statement.stmt?.node
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(text: &str, form: Form) -> Option<String> {
        let sample = Sample {
            text: text.to_owned(),
            form,
        };
        planting(&sample).map(|planting| planting.plant)
    }

    #[test]
    fn text_that_is_more_than_it_should_be_is_not_planted() {
        let table = || "public.t".to_owned();
        let wrong = [
            ("select 1; drop table t", Form::Query),
            ("delete from t", Form::Query),
            ("select 1 into t", Form::Query),
            (
                "exclude using gist (a with =), drop column b",
                Form::Exclusion { table: table() },
            ),
            ("check (true)", Form::Exclusion { table: table() }),
            (
                "range (a); drop table t",
                Form::PartitionKey { table: table() },
            ),
            (
                "create rule r as on insert to t do nothing; drop table t",
                Form::Rule { table: table() },
            ),
            (
                "as 'select 1'",
                Form::Body {
                    name: "f".to_owned(),
                    arguments: String::new(),
                    returns: None,
                },
            ),
            (
                "a int) language sql as ''; drop table t; create procedure p(",
                Form::Arguments { returns: None },
            ),
        ];
        for (text, form) in wrong {
            assert_eq!(planted(text, form), None, "{text}");
        }
    }

    #[test]
    fn a_rule_is_planted_on_a_table_like_its_own() {
        let form = Form::Rule {
            table: "public.\"t.x\"".to_owned(),
        };
        let text =
            "CREATE RULE r AS\n ON UPDATE TO public.\"t.x\"\n WHERE (new.a > 1) DO INSTEAD NOTHING";
        assert_eq!(
            planted(text, form).unwrap_or_default(),
            "create temporary table pgpact_text (like public.\"t.x\"); CREATE RULE r AS\n ON UPDATE TO pg_temp.pgpact_text\n WHERE (new.a > 1) DO INSTEAD NOTHING"
        );
    }
}
