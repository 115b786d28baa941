//! Facts that are text which Postgres printed from a parsed expression, query or body.
//!
//! Printing and parsing again does not always give the same text (`x in ('a','b')` on a varchar, `between … and … and …`),
//! and two versions print the same thing in two ways. So a fact says what its text is, and from that a sample is
//! made that a server can parse and print again (`scratch/reprint`).

use pg_query::protobuf::Token;
use serde_json::Value;

use super::rules::split_outside_quotes;
use super::{Class, schema};
use crate::contract::{Change, Contract, Delta, Object};
use crate::sql;

/// What the text of a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printed {
    /// An expression; it may name columns of the relation it is in, or the value of the domain it is in.
    Expression,
    /// An expression that may name columns of the relation that another fact names.
    ExpressionOver(&'static str),
    /// The condition of a trigger: an expression over the rows `old` and `new`.
    Condition,
    /// The expression of a generated column, followed by how it is kept.
    Generation,
    /// The keys of an index: columns and expressions, each with what else is said of the key.
    Keys,
    /// A query.
    Query,
    /// The SQL-standard body of a routine.
    Body,
    /// The arguments of a routine, with defaults.
    Arguments,
    /// How an exclusion constraint is spelled.
    Exclusion,
    /// How a partitioned table is divided.
    PartitionKey,
    /// A rewrite rule as `create rule` spells it.
    Rule,
}

/// Text that can be planted on a server and read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The text.
    pub text: String,
    /// What to make of it.
    pub form: Form,
}

/// What a sample is planted as. Names and signatures are ours or as the catalog gave them, quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A view.
    Query,
    /// The body of a routine whose head is given.
    Body {
        /// The routine's name, quoted: its body may name arguments by it.
        name: String,
        /// `function` or `procedure`, arguments and what it returns.
        arguments: String,
        /// What it returns; none for a procedure.
        returns: Option<String>,
    },
    /// The arguments of a routine.
    Arguments {
        /// What it returns; none for a procedure.
        returns: Option<String>,
    },
    /// An exclusion constraint on a table that is like another one.
    Exclusion {
        /// The other table.
        table: String,
    },
    /// The key of a partitioned table that is like another one.
    PartitionKey {
        /// The other table.
        table: String,
    },
    /// A rule on a table that is like another one.
    Rule {
        /// The other table.
        table: String,
    },
}

/// Whether a difference is one of printed text, which may say the same in other words.
pub fn is_of_printed_text(delta: &Delta<'_>) -> bool {
    let Change::Changed {
        fact,
        expected,
        live,
    } = delta.change
    else {
        return false;
    };
    let class = Class::named(delta.id.class.as_str());
    let fact = class.and_then(|class| class.fact(fact));
    !expected.is_null() && !live.is_null() && fact.is_some_and(|fact| fact.printed.is_some())
}

/// Both sides' samples of a difference in nothing but printed text.
///
/// They stand in for the two values: when they print alike in the end, the values say the same.
pub fn samples(delta: &Delta<'_>, contract: &Contract) -> Option<(Sample, Sample)> {
    let Change::Changed {
        fact,
        expected,
        live,
    } = delta.change
    else {
        return None;
    };
    let class = Class::named(delta.id.class.as_str())?;
    let printed = class.fact(fact)?.printed?;
    let place = Place {
        object: delta.expected?,
        contract,
    };
    if printed == Printed::Keys {
        return keys(&place, expected, live);
    }
    let (one, other) = (expected.as_str()?, live.as_str()?);
    if printed == Printed::Generation {
        let (one, kept) = one.rsplit_once(' ')?;
        let (other, kept_too) = other.rsplit_once(' ')?;
        return (kept == kept_too)
            .then(|| Some((place.expressions(&[one])?, place.expressions(&[other])?)))?;
    }
    Some((place.sample(printed, one)?, place.sample(printed, other)?))
}

struct Place<'a> {
    object: &'a Object,
    contract: &'a Contract,
}

impl Place<'_> {
    fn sample(&self, printed: Printed, text: &str) -> Option<Sample> {
        let form = match printed {
            Printed::Expression => return self.expressions(&[text]),
            Printed::ExpressionOver(fact) => {
                return expressions(&[text], self.object.text(fact)?);
            }
            Printed::Condition => {
                let (table, _) = self.enclosing();
                return expressions(&[text], &format!("{table} old, {table} new"));
            }
            Printed::Generation | Printed::Keys => return None,
            Printed::Query => Form::Query,
            Printed::Body => Form::Body {
                name: self.routine_name()?,
                arguments: self.object.text("arguments")?.to_owned(),
                returns: self.object.text("returns").map(str::to_owned),
            },
            Printed::Arguments => Form::Arguments {
                returns: self.object.text("returns").map(str::to_owned),
            },
            Printed::Exclusion => Form::Exclusion {
                table: self.enclosing().0.to_owned(),
            },
            Printed::PartitionKey => Form::PartitionKey {
                table: self.object.id.path.to_string(),
            },
            Printed::Rule => Form::Rule {
                table: self.enclosing().0.to_owned(),
            },
        };
        let text = text.trim().trim_end_matches(';').to_owned();
        Some(Sample { text, form })
    }

    /// Expressions over what the object is in: a row of a relation, the value of a domain.
    fn expressions(&self, texts: &[&str]) -> Option<Sample> {
        match self.enclosing() {
            (_, Some(base)) => {
                expressions(texts, &format!("(select null::{base} as value) domain"))
            }
            (relation, None) => expressions(texts, relation),
        }
    }

    /// The name of the outermost object around this one that is in a schema, itself when nothing is, and the
    /// type that only a domain has.
    fn enclosing(&self) -> (&str, Option<&str>) {
        let mut object = self.object;
        while let Some(parent) = object
            .parent
            .as_ref()
            .filter(|id| id.class.as_str() != schema::CLASS.name)
        {
            match self.contract.objects.get(parent) {
                Some(around) => object = around,
                // A platform's table is not compared itself.
                None => return (&parent.path, None),
            }
        }
        (&object.id.path, object.text("type"))
    }

    /// The name of a routine without schema and arguments, quoted.
    fn routine_name(&self) -> Option<String> {
        let path = split_outside_quotes(&self.object.id.path, "(")?.0;
        sql::parts(path).last().map(|name| sql::identifier(name))
    }
}

/// A query that selects expressions: whatever is printed of it then tells of them alone.
fn expressions(texts: &[&str], from: &str) -> Option<Sample> {
    texts
        .iter()
        .all(|text| is_expression(text))
        .then(|| Sample {
            text: format!("select ({}) from {from}", texts.join("), (")),
            form: Form::Query,
        })
}

/// Text from a catalog is somebody else's: one that closes our parenthesis would be more than an expression.
fn is_expression(text: &str) -> bool {
    use pg_query::NodeEnum::{ResTarget, SelectStmt};

    let Ok(parsed) = pg_query::parse(&format!("select ({text})"), 0) else {
        return false;
    };
    let [statement] = parsed.protobuf.stmts.as_slice() else {
        return false;
    };
    let node = statement.stmt.as_ref().and_then(|node| node.node.as_ref());
    let Some(SelectStmt(select)) = node else {
        return false;
    };
    let is_lone = matches!(select.target_list.as_slice(), [target]
        if matches!(&target.node, Some(ResTarget(target)) if target.name.is_empty()));
    let bare = pg_query::protobuf::SelectStmt {
        target_list: select.target_list.clone(),
        limit_option: select.limit_option,
        op: select.op,
        ..Default::default()
    };
    is_lone && **select == bare
}

/// Keys of an index: what is said beside an expression has to be the same, word by word.
fn keys(place: &Place<'_>, expected: &Value, live: &Value) -> Option<(Sample, Sample)> {
    let (ones, others) = (expected.as_array()?, live.as_array()?);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    if ones.len() != others.len() {
        return None;
    }
    for (one, other) in ones.iter().zip(others).filter(|(one, other)| one != other) {
        let (one, rest) = split_key(one.as_str()?)?;
        let (other, rest_too) = split_key(other.as_str()?)?;
        if rest != rest_too {
            return None;
        }
        left.push(one);
        right.push(other);
    }
    Some((place.expressions(&left)?, place.expressions(&right)?))
}

/// The expression of a key, which is a call or in parentheses, and what is said beside it.
fn split_key(key: &str) -> Option<(&str, &str)> {
    let mut depth = 0;
    for token in pg_query::scan(key).ok()?.tokens {
        match Token::try_from(token.token).ok()? {
            Token::Ascii40 => depth += 1,
            Token::Ascii41 => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return key.split_at_checked(usize::try_from(token.end).ok()?);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_expression_passes_for_one() {
        for text in [
            "a > 1",
            "(a OR b)",
            "\"a)b\"(')')",
            "old.* IS DISTINCT FROM new.*",
        ] {
            assert!(is_expression(text), "{text}");
        }
        for text in [
            "1), (2",
            "1) from t where (true",
            "1) as x from t order by (1",
            "1); drop table t; select (1",
            "1) union select (2",
            "1) limit (1",
            "1 --",
            "1) as (y",
            "",
        ] {
            assert!(!is_expression(text), "{text}");
        }
    }

    #[test]
    fn a_key_ends_where_its_expression_does() {
        let split = |key| split_key(key);
        assert_eq!(split("lower(a) desc"), Some(("lower(a)", " desc")));
        assert_eq!(
            split("((a + b)) collate s.\"x(\" nulls first"),
            Some(("((a + b))", " collate s.\"x(\" nulls first"))
        );
        assert_eq!(
            split("s.\"f(\"(')') op (x='1')"),
            Some(("s.\"f(\"(')')", " op (x='1')"))
        );
        assert_eq!(split("a desc"), None);
    }
}
