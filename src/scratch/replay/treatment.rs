//! How a statement is run: most as they are, a few as the platform or the tool would do it.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableType, CreateExtensionStmt, DefElem, IndexStmt, Node, ObjectType,
    PublicationObjSpecType, Token, TransactionStmtKind,
};

use super::names::{has_escaped_name, names};
use crate::classes::Aspect;

/// What to do with a statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Run it.
    Run,
    /// Run it; it only writes rows, so that its failure cannot change the contract.
    Data,
    /// Run this text instead: an index is built at once where the tool would build it concurrently.
    Inline(String),
    /// Begins a transaction.
    Begin,
    /// Ends one.
    Commit,
    /// Undoes one.
    Rollback,
    /// Sets or goes back to a savepoint of its own.
    Savepoint,
    /// Makes an extension, or the stand-in of one.
    CreateExtension {
        name: String,
        schema: Option<String>,
    },
    /// The platform lets the migration role do this though it is no superuser.
    AsPlatform,
    /// Not run, with the reason.
    Skip(&'static str),
}

/// Storage parameters that a stand-in's access method does not know, to be put in the catalog later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SetAside {
    /// The statement without them.
    pub(super) text: String,
    /// Each as the catalog keeps it, e.g. `m=16`.
    pub(super) options: Vec<String>,
}

/// Decides how a statement is run.
pub(super) fn treatment(text: &str, node: Option<&NodeEnum>) -> Treatment {
    let Some(node) = node else {
        return Treatment::Run;
    };
    match node {
        NodeEnum::TransactionStmt(statement) => match statement.kind() {
            TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart => {
                Treatment::Begin
            }
            TransactionStmtKind::TransStmtCommit => Treatment::Commit,
            TransactionStmtKind::TransStmtRollback => Treatment::Rollback,
            _ => Treatment::Savepoint,
        },
        NodeEnum::InsertStmt(_)
        | NodeEnum::UpdateStmt(_)
        | NodeEnum::DeleteStmt(_)
        | NodeEnum::MergeStmt(_) => Treatment::Data,
        NodeEnum::TruncateStmt(_) => Treatment::Data,
        NodeEnum::IndexStmt(statement) if statement.concurrent => {
            Treatment::Inline(without_concurrently(text))
        }
        NodeEnum::DropStmt(statement) if statement.concurrent => {
            Treatment::Inline(without_concurrently(text))
        }
        NodeEnum::VacuumStmt(statement) if statement.is_vacuumcmd => {
            Treatment::Skip("vacuum changes no contract")
        }
        NodeEnum::ReindexStmt(_) => Treatment::Skip("reindex changes no contract"),
        NodeEnum::CopyStmt(statement) if statement.filename.is_empty() && !statement.is_program => {
            Treatment::Skip("copy from standard input has no data here")
        }
        NodeEnum::CreateExtensionStmt(statement) => create_extension(statement),
        NodeEnum::AlterEventTrigStmt(statement)
            if matches!(statement.tgenabled.as_str(), "A" | "R") =>
        {
            // It would fire for the superuser too.
            Treatment::Skip("an event trigger that always fires is not set so in the replay")
        }
        _ if is_platforms(node) && !names_ours(text) => Treatment::AsPlatform,
        _ => Treatment::Run,
    }
}

/// Which aspect of its objects a statement sets.
pub(super) fn aspect(node: Option<&NodeEnum>) -> Aspect {
    match node {
        Some(NodeEnum::AlterOwnerStmt(_)) => Aspect::Owner,
        Some(NodeEnum::CommentStmt(_)) => Aspect::Comment,
        Some(NodeEnum::GrantStmt(_)) => Aspect::Grant,
        Some(NodeEnum::AlterTableStmt(statement)) => {
            let aspects = statement.cmds.iter().map(aspect_of_command);
            let mut aspects = aspects.fold(None, |whole: Option<Aspect>, one| match whole {
                Some(whole) if whole != one => Some(Aspect::Definition),
                _ => Some(one),
            });
            aspects.take().unwrap_or(Aspect::Definition)
        }
        _ => Aspect::Definition,
    }
}

/// Takes the storage parameters out of `create index … using hnsw (…) with (…)`, if it has any.
pub(super) fn set_aside_options(text: &str, node: Option<&NodeEnum>) -> Option<SetAside> {
    let Some(NodeEnum::IndexStmt(index)) = node else {
        return None;
    };
    if !is_vector_index(index) || index.options.is_empty() {
        return None;
    }
    let options = index
        .options
        .iter()
        .map(option_text)
        .collect::<Option<Vec<_>>>()?;
    let scan = pg_query::scan(text).ok()?;
    let mut depth = 0_i32;
    let mut from = None;
    for token in &scan.tokens {
        match token.token() {
            Token::With if depth == 0 => from = Some(token.start),
            Token::Ascii40 => depth += 1,
            Token::Ascii41 => {
                depth -= 1;
                if let (0, Some(from)) = (depth, from) {
                    let (from, to) = (
                        usize::try_from(from).ok()?,
                        usize::try_from(token.end).ok()?,
                    );
                    let text = format!("{}{}", &text[..from], &text[to..]);
                    return Some(SetAside { text, options });
                }
            }
            _ => {}
        }
    }
    None
}

fn is_vector_index(index: &IndexStmt) -> bool {
    matches!(index.access_method.as_str(), "hnsw" | "ivfflat")
}

fn option_text(node: &Node) -> Option<String> {
    let Some(NodeEnum::DefElem(option)) = &node.node else {
        return None;
    };
    let value = match &option.arg.as_ref()?.node {
        Some(NodeEnum::Integer(number)) => number.ival.to_string(),
        Some(NodeEnum::Float(number)) => number.fval.clone(),
        Some(NodeEnum::String(text)) => text.sval.clone(),
        _ => return None,
    };
    Some(format!("{}={value}", option.defname))
}

fn create_extension(statement: &CreateExtensionStmt) -> Treatment {
    let schema = statement
        .options
        .iter()
        .find_map(|option| match &option.node {
            Some(NodeEnum::DefElem(option)) if option.defname == "schema" => text_of(option),
            _ => None,
        });
    Treatment::CreateExtension {
        name: statement.extname.clone(),
        schema,
    }
}

fn text_of(option: &DefElem) -> Option<String> {
    match &option.arg.as_ref()?.node {
        Some(NodeEnum::String(text)) => Some(text.sval.clone()),
        _ => None,
    }
}

/// What records the replay, the language it is written in included, is nobody's to touch: the migration role runs into
/// its own limits. So does who hides a name.
fn names_ours(text: &str) -> bool {
    let is_ours = |name: &String| {
        name.starts_with("_pgpact") || name.starts_with("_stub") || name == "plpgsql"
    };
    has_escaped_name(text) || names(text).iter().any(is_ours)
}

/// Supabase's platform does these for `postgres`, which is no superuser (its extension supautils).
fn is_platforms(node: &NodeEnum) -> bool {
    let in_schema = |objects: &[Node]| {
        objects.iter().any(|object| {
            matches!(&object.node, Some(NodeEnum::PublicationObjSpec(spec))
                if matches!(spec.pubobjtype(), PublicationObjSpecType::PublicationobjTablesInSchema | PublicationObjSpecType::PublicationobjTablesInCurSchema))
        })
    };
    match node {
        NodeEnum::CreateEventTrigStmt(_) | NodeEnum::AlterEventTrigStmt(_) => true,
        NodeEnum::AlterExtensionStmt(_) => true,
        NodeEnum::DropStmt(statement) => {
            matches!(
                statement.remove_type(),
                ObjectType::ObjectEventTrigger | ObjectType::ObjectExtension
            )
        }
        NodeEnum::CommentStmt(statement) => {
            matches!(
                statement.objtype(),
                ObjectType::ObjectEventTrigger | ObjectType::ObjectExtension
            )
        }
        NodeEnum::CreatePublicationStmt(statement) => {
            statement.for_all_tables || in_schema(&statement.pubobjects)
        }
        NodeEnum::AlterPublicationStmt(statement) => in_schema(&statement.pubobjects),
        _ => false,
    }
}

fn aspect_of_command(command: &Node) -> Aspect {
    let Some(NodeEnum::AlterTableCmd(command)) = &command.node else {
        return Aspect::Definition;
    };
    match command.subtype() {
        AlterTableType::AtEnableRowSecurity
        | AlterTableType::AtDisableRowSecurity
        | AlterTableType::AtForceRowSecurity
        | AlterTableType::AtNoForceRowSecurity => Aspect::RowSecurity,
        AlterTableType::AtChangeOwner => Aspect::Owner,
        AlterTableType::AtEnableTrig
        | AlterTableType::AtEnableAlwaysTrig
        | AlterTableType::AtEnableReplicaTrig
        | AlterTableType::AtDisableTrig
        | AlterTableType::AtEnableTrigAll
        | AlterTableType::AtDisableTrigAll
        | AlterTableType::AtEnableTrigUser
        | AlterTableType::AtDisableTrigUser => Aspect::TriggerState,
        _ => Aspect::Definition,
    }
}

fn without_concurrently(text: &str) -> String {
    let Ok(scan) = pg_query::scan(text) else {
        return text.to_owned();
    };
    let word = scan
        .tokens
        .iter()
        .find(|token| token.token() == Token::Concurrently);
    let range = word.and_then(|token| {
        usize::try_from(token.start)
            .ok()
            .zip(usize::try_from(token.end).ok())
    });
    match range {
        // Blanks keep the positions that errors name.
        Some((start, end)) => format!(
            "{}{}{}",
            &text[..start],
            " ".repeat(end - start),
            &text[end..]
        ),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> NodeEnum {
        let parsed = pg_query::parse(text, 0).unwrap();
        parsed
            .protobuf
            .stmts
            .into_iter()
            .next()
            .unwrap()
            .stmt
            .unwrap()
            .node
            .unwrap()
    }

    #[test]
    fn an_index_is_built_at_once_without_moving_positions() {
        let text = "create index concurrently a on t (b)";
        assert_eq!(
            treatment(text, Some(&parse(text))),
            Treatment::Inline("create index              a on t (b)".to_owned())
        );
    }

    #[test]
    fn parameters_of_a_vector_index_are_set_aside() {
        let text = "create index i on t using hnsw (e vector_cosine_ops) with (m = 16, ef_construction = 64) where e is not null";
        let set_aside = set_aside_options(text, Some(&parse(text))).unwrap();
        assert_eq!(set_aside.options, ["m=16", "ef_construction=64"]);
        assert_eq!(
            set_aside.text,
            "create index i on t using hnsw (e vector_cosine_ops)  where e is not null"
        );
        let plain = "create index i on t using btree (e) with (fillfactor = 70)";
        assert_eq!(set_aside_options(plain, Some(&parse(plain))), None);
    }

    #[test]
    fn a_statement_that_sets_one_aspect_alone_is_known_by_it() {
        let of = |text: &str| aspect(Some(&parse(text)));
        assert_eq!(
            of("alter table t enable row level security"),
            Aspect::RowSecurity
        );
        assert_eq!(of("alter table t owner to o"), Aspect::Owner);
        assert_eq!(
            of("alter table t enable row level security, add column c int"),
            Aspect::Definition
        );
        assert_eq!(of("create table t (id int)"), Aspect::Definition);
    }

    #[test]
    fn what_the_platform_does_for_its_users_is_known() {
        for text in [
            "create publication p for all tables",
            "create event trigger e on ddl_command_end execute function f()",
            "comment on extension vector is 'x'",
            "drop extension vector",
        ] {
            assert_eq!(
                treatment(text, Some(&parse(text))),
                Treatment::AsPlatform,
                "{text}"
            );
        }
        for text in [
            "drop event trigger _pgpact_record",
            "drop event trigger U&\"\\005fpgpact_record\"",
            "drop extension plpgsql cascade",
        ] {
            assert_eq!(
                treatment(text, Some(&parse(text))),
                Treatment::Run,
                "{text}"
            );
        }
        let plain = "create publication p for table t";
        assert_eq!(treatment(plain, Some(&parse(plain))), Treatment::Run);
    }
}
