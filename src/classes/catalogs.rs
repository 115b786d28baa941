//! Which system catalogs hold what is compared, and which hold nothing of a schema. Any other is counted by the
//! census, whatever major brings it.

/// Catalogs whose rows are objects of a class or parts of one.
const READ: &[&str] = &[
    "pg_aggregate",
    "pg_am",
    "pg_amop",
    "pg_amproc",
    "pg_attrdef",
    "pg_attribute",
    "pg_auth_members",
    "pg_authid", // through pg_roles: it holds the passwords
    "pg_cast",
    "pg_class",
    "pg_collation",
    "pg_constraint",
    "pg_conversion",
    "pg_database", // the one that is compared
    "pg_db_role_setting",
    "pg_default_acl",
    "pg_description",
    "pg_enum",
    "pg_event_trigger",
    "pg_extension",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_foreign_table",
    "pg_index",
    "pg_inherits",
    "pg_language",
    "pg_largeobject_metadata",
    "pg_namespace",
    "pg_opclass",
    "pg_operator",
    "pg_opfamily",
    "pg_parameter_acl",
    "pg_partitioned_table", // through pg_get_partkeydef
    "pg_policy",
    "pg_proc",
    "pg_publication",
    "pg_publication_namespace",
    "pg_publication_rel",
    "pg_range",
    "pg_rewrite",
    "pg_seclabel",
    "pg_sequence",
    "pg_shdescription",
    "pg_shseclabel",
    "pg_statistic_ext",
    "pg_subscription",
    "pg_transform",
    "pg_trigger",
    "pg_ts_config",
    "pg_ts_config_map",
    "pg_ts_dict",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_type",
    "pg_user_mapping", // through pg_user_mappings: it holds passwords
];

/// Catalogs that say nothing about what a schema is, and why.
const NOTHING: &[(&str, &str)] = &[
    ("pg_depend", "what needs what follows from the objects"),
    ("pg_init_privs", "what extensions and initdb granted"),
    ("pg_largeobject", "the data of large objects"),
    (
        "pg_replication_origin",
        "how far replication got, made by subscriptions that run",
    ),
    ("pg_shdepend", "what needs what follows from the objects"),
    ("pg_statistic", "what analyze found"),
    ("pg_statistic_ext_data", "what analyze found"),
    (
        "pg_subscription_rel",
        "how far subscriptions got with each table",
    ),
];

/// The names of all catalogs that the census passes over.
pub fn accounted_for() -> impl Iterator<Item = &'static str> {
    let nothing = NOTHING.iter().map(|(name, _)| *name);
    READ.iter().copied().chain(nothing)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::classes::Class;

    /// Catalogs that functions and views of Postgres read for us.
    const THROUGH: &[(&str, &str)] = &[
        ("pg_authid", "pg_roles"),
        ("pg_partitioned_table", "pg_get_partkeydef"),
        ("pg_user_mapping", "pg_user_mappings"),
    ];

    #[test]
    fn what_is_called_read_stands_in_a_query() {
        let queries: Vec<&str> = Class::ALL.iter().map(|class| class.query).collect();
        let queries = queries.join("\n");
        let words: BTreeSet<&str> = queries
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .collect();
        let by = |name: &str| {
            let through = THROUGH.iter().find(|(catalog, _)| *catalog == name);
            through.map(|(_, by)| *by)
        };
        let is_unread = |name: &&str| !words.contains(by(name).unwrap_or(*name));
        let unread: Vec<&str> = READ.iter().copied().filter(is_unread).collect();
        assert!(unread.is_empty(), "{unread:?}");
    }

    #[test]
    fn each_catalog_stands_there_once() {
        let names: Vec<&str> = accounted_for().collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
