//! Advice on grants: what they tell to those who ask for the shape of the data.

use crate::classes::advice::{Advice, Needs, Outlook, Rule, in_words};
use crate::classes::foreign_table::advice::revoked;
use crate::classes::{
    CodeEntry, Severity, extension, foreign_table, materialized_view, table, view,
};

pub(in crate::classes) const RULES: &[Rule] = &[Rule {
    codes: &[CodeEntry {
        code: "lint-graphql-visible",
        severity: Severity::Note,
        meaning: "The extension pg_graphql is installed, and a role of requests may read a table or view: whoever has the key of that role can ask for its name, columns and relations, whatever its policies say.",
        help: "Where nobody uses GraphQL, drop the extension pg_graphql. Else take the grants away from those that are not to know of it.",
    }],
    // A platform installs it before any migration, or does not.
    needs: Needs::Statistics,
    about: "what pg_graphql tells of tables and views",
    look,
}];

const GRAPHQL: &str = "pg_graphql";

fn look(outlook: &Outlook<'_>) -> Vec<Advice> {
    if outlook.any(&extension::CLASS, GRAPHQL).is_none() {
        return Vec::new();
    }
    let classes = [
        &table::CLASS,
        &view::CLASS,
        &materialized_view::CLASS,
        &foreign_table::CLASS,
    ];
    let relations = classes.into_iter().flat_map(|class| outlook.ours(class));
    relations
        .filter_map(|relation| {
            let readers = outlook.who_reaches(relation, &["SELECT"]);
            let path = &relation.id.path;
            let message = format!(
                "pg_graphql tells {} the columns of {path}",
                in_words(&readers)
            );
            let sql = format!("revoke select on {path} from {};", revoked(&readers));
            (!readers.is_empty())
                .then(|| Advice::on(relation, "lint-graphql-visible", message).remedy(sql))
        })
        .collect()
}
