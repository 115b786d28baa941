//! What event triggers do not see or do not tell apart, looked at after the statement: roles, memberships, settings,
//! which objects a GRANT reached.

use pg_query::NodeEnum;
use pg_query::protobuf::ObjectType;

use super::{Runner, Statement};
use crate::error::Result;

impl Runner {
    /// Notes what the present statement made, if it is one whose work has to be looked for.
    pub(super) async fn look_closer(&mut self, statement: &Statement) -> Result<()> {
        let Some(closer) = closer(statement) else {
            return Ok(());
        };
        let look = look(closer, self.number(), self.number());
        if !self.state.in_transaction {
            // A location less is no reason to stop.
            self.send(&look).await.ok();
            return Ok(());
        }
        self.must("savepoint _pgpact_look").await?;
        let end = match self.send(&look).await {
            Ok(()) => "release savepoint _pgpact_look",
            Err(_) => "rollback to savepoint _pgpact_look; release savepoint _pgpact_look",
        };
        self.must(end).await
    }
}

/// What has to be looked for after a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closer {
    /// Roles, memberships, settings: what belongs to the server.
    Shared,
    /// What a GRANT or REVOKE reached, columns among it or not.
    Granted { has_columns: bool },
}

/// What has to be looked for after a statement, if anything.
pub(super) fn closer(statement: &Statement) -> Option<Closer> {
    let node = statement.node.as_ref()?;
    if may_touch_shared(node) {
        return Some(Closer::Shared);
    }
    let NodeEnum::GrantStmt(statement) = node else {
        return None;
    };
    let names_columns = |privilege: &pg_query::protobuf::Node| matches!(&privilege.node, Some(NodeEnum::AccessPriv(privilege)) if !privilege.cols.is_empty());
    let has_columns = statement.privileges.iter().any(names_columns);
    Some(Closer::Granted { has_columns })
}

/// The query that looks for it, for a run of statements from the first to the last.
pub(super) fn look(closer: Closer, first: usize, last: usize) -> String {
    match closer {
        Closer::Shared => format!("select _pgpact.look({last})"),
        Closer::Granted { has_columns } => {
            format!("select _pgpact.granted({first}, {last}, {has_columns})")
        }
    }
}

/// Whether a statement makes or changes roles, memberships, settings, or says or grants something of what is the
/// server's. Blocks and procedures may do anything.
fn may_touch_shared(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::CreateRoleStmt(_)
        | NodeEnum::AlterRoleStmt(_)
        | NodeEnum::AlterRoleSetStmt(_)
        | NodeEnum::GrantRoleStmt(_)
        | NodeEnum::AlterDatabaseSetStmt(_)
        | NodeEnum::DoStmt(_)
        | NodeEnum::CallStmt(_) => true,
        NodeEnum::RenameStmt(statement) => statement.rename_type() == ObjectType::ObjectRole,
        NodeEnum::CommentStmt(statement) => is_shared(statement.objtype()),
        NodeEnum::GrantStmt(statement) => is_shared(statement.objtype()),
        _ => false,
    }
}

fn is_shared(object: ObjectType) -> bool {
    matches!(
        object,
        ObjectType::ObjectRole
            | ObjectType::ObjectDatabase
            | ObjectType::ObjectTablespace
            | ObjectType::ObjectParameterAcl
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(text: &str) -> bool {
        let parsed = pg_query::parse(text, 0).unwrap();
        let statement = parsed.protobuf.stmts.into_iter().next();
        let node = statement.and_then(|statement| statement.stmt?.node);
        may_touch_shared(&node.unwrap())
    }

    #[test]
    fn statements_about_the_server_are_known_by_how_they_parse() {
        for text in [
            "create user a",
            "alter role a nologin",
            "alter role all in database d set work_mem = '1MB'",
            "grant a to b with admin option",
            "revoke a from b",
            "alter database d set search_path = x",
            "alter role a rename to b",
            "comment on database d is 'x'",
            "grant create on database d to a",
            "do 'begin end'",
        ] {
            assert!(may(text), "{text}");
        }
        for text in [
            "grant select on t to a",
            "create table role (a int)",
            "select 'create role a'",
        ] {
            assert!(!may(text), "{text}");
        }
    }
}
