//! Whether who a client speaks for may do what it asks.

use super::How;
use super::rows::Rows;
use super::walk::Walk;
use crate::classes::shape::{Column, Named, Relation, Routine};
use crate::usage::code::{Client, Place};

/// Visitors and who is signed in: with the key of browsers and apps requests have one of these roles.
const USERS: [&str; 2] = ["anon", "authenticated"];

impl<'a> Walk<'a, '_> {
    /// Whether rights are to be looked at: the client is one of users, and the contract has their roles.
    fn is_of_users(&self) -> bool {
        let reach = self.shape.reach();
        self.client == Client::User && USERS.iter().all(|role| reach.knows(role))
    }

    /// Tells once when users may read nothing of a relation; columns are told one by one only where they may some.
    pub(super) fn may_read(&mut self, rows: &Rows<'a>, place: Place) {
        if let Rows::Relation(named, relation) = rows
            && !self.may_some(relation, "SELECT")
        {
            self.may(named, relation, "SELECT", "read", place);
        }
    }

    fn may_some(&self, relation: &Relation, privilege: &str) -> bool {
        let reach = self.shape.reach();
        USERS
            .iter()
            .any(|role| reach.may_some(role, &relation.id, privilege))
    }

    pub(super) fn may_read_all(&mut self, named: &Named, relation: &Relation, place: Place) {
        if self.may_some(relation, "SELECT") {
            self.may(named, relation, "SELECT", "read", place);
        }
    }

    /// Notes the use of a column, and tells when users may not.
    pub(super) fn uses_column(
        &mut self,
        named: &'a Named,
        relation: &'a Relation,
        column: &Column,
        how: How,
        place: Place,
    ) {
        let path = crate::sql::qualified(&[&named.schema, &named.name, &column.name]);
        self.uses(&crate::classes::shape::id_of_column(&path), how, place);
        if !self.is_of_users() {
            return;
        }
        let (privilege, verb) = match how {
            How::Inserts => ("INSERT", "write"),
            How::Updates => ("UPDATE", "write"),
            _ => ("SELECT", "read"),
        };
        let reach = self.shape.reach();
        let may = |role: &&str| reach.may_column(role, &relation.id, &column.name, privilege);
        if !USERS.iter().any(may) && self.may_some(relation, privilege) {
            let message = format!(
                "neither anon nor authenticated may {verb} column {} of {named}",
                column.name
            );
            self.problem(
                "usage-grant-missing",
                named.to_string(),
                message,
                None,
                place,
            );
        }
    }

    /// Tells when users may not do something with a whole relation.
    pub(super) fn may(
        &mut self,
        named: &Named,
        relation: &Relation,
        privilege: &str,
        verb: &str,
        place: Place,
    ) {
        if !self.is_of_users() {
            return;
        }
        let reach = self.shape.reach();
        if USERS
            .iter()
            .any(|role| reach.may(role, &relation.id, privilege))
        {
            return;
        }
        let is_in_part = self.may_some(relation, privilege);
        let message = match is_in_part {
            true => {
                format!("anon and authenticated may {verb} no more than some columns of {named}")
            }
            false => format!("neither anon nor authenticated may {verb} {named}"),
        };
        self.problem(
            "usage-grant-missing",
            named.to_string(),
            message,
            None,
            place,
        );
    }

    pub(super) fn may_call(&mut self, named: &Named, routines: &[&Routine], place: Place) {
        if !self.is_of_users() {
            return;
        }
        let reach = self.shape.reach();
        let may = |routine: &&&Routine| {
            USERS
                .iter()
                .any(|role| reach.may(role, &routine.id, "EXECUTE"))
        };
        if !routines.iter().any(|routine| may(&routine)) {
            let message = format!("neither anon nor authenticated may call {named}");
            self.problem(
                "usage-grant-missing",
                named.to_string(),
                message,
                None,
                place,
            );
        }
    }
}
