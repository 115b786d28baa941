//! What belongs to the whole server, which event triggers do not see: roles, memberships, settings.

use pg_query::NodeEnum;
use pg_query::protobuf::ObjectType;

use super::{Runner, Statement};
use crate::error::Result;

impl Runner {
    /// Notes what the present statement made of what belongs to the server, if it is one that may.
    pub(super) async fn look_at_shared(&mut self, statement: &Statement) -> Result<()> {
        if !statement.node.as_ref().is_some_and(may_touch_shared) {
            return Ok(());
        }
        let look = format!("select _pgpact.look({})", self.number());
        if !self.state.in_transaction {
            // A location less is no reason to stop.
            self.send(&look).await.ok();
            return Ok(());
        }
        self.must("savepoint _pgpact_shared").await?;
        let end = match self.send(&look).await {
            Ok(()) => "release savepoint _pgpact_shared",
            Err(_) => "rollback to savepoint _pgpact_shared; release savepoint _pgpact_shared",
        };
        self.must(end).await
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
