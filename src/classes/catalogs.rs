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

/// Those of them in which queries look up whose something is.
const LOOKED_UP: &[&str] = &["pg_depend", "pg_init_privs"];

/// Columns that say nothing of a schema: maintenance writes them in place (documentation, "Routine Vacuuming"), or they are
/// those of the type or hold what old rows have (documentation, "`pg_attribute`").
pub const UPKEEP: &[(&str, &[&str])] = &[
    (
        "pg_attribute",
        &[
            "attalign",
            "attbyval",
            "attcacheoff",
            "atthasmissing",
            "attlen",
            "attmissingval",
        ],
    ),
    (
        "pg_class",
        &[
            "relallfrozen",
            "relallvisible",
            "relfilenode",
            "relfrozenxid",
            "relminmxid",
            "relpages",
            "reltuples",
        ],
    ),
    ("pg_database", &["datfrozenxid", "datminmxid"]),
];

/// Rows of catalogs that say something, where not all do: a relation's columns of the system are always the same, but for grants,
/// and of what depends on what only belonging is asked for.
pub const TELLING: &[(&str, &str)] = &[
    ("pg_attribute", "(attnum > 0 or attacl is not null)"),
    ("pg_depend", "deptype <> 'n'"),
];

/// Catalogs that no query reads the rows of.
pub fn rowless() -> impl Iterator<Item = &'static str> {
    let names = NOTHING.iter().map(|(name, _)| *name);
    names.filter(|name| !LOOKED_UP.contains(name))
}

/// Views through which queries read what is not everybody's or in no catalog, each with a query of what they read there.
pub const VIEWS: &[(&str, &str)] = &[
    (
        "pg_available_extensions",
        "select v::text from pg_available_extensions v",
    ),
    ("pg_roles", "select v::text from pg_roles v"),
    // How far its workers got changes all the time.
    (
        "pg_stat_subscription",
        "select distinct row(v.subid, v.subname)::text from pg_stat_subscription v",
    ),
    ("pg_user_mappings", "select v::text from pg_user_mappings v"),
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

    /// Functions whose answer is a matter of their arguments, of rows of catalogs, of who asks, or of tables of people that
    /// are read with the fingerprint. Whoever adds one has to know that of it.
    const ANSWERS_BY_ROWS: &[&str] = &[
        "acldefault",
        "aclexplode",
        "array_positions",
        "array_remove",
        "array_to_json",
        "array_to_string",
        "bool_or",
        "cardinality",
        "concat_ws",
        "convert_from",
        "count",
        "current_database",
        "decode",
        "encode",
        "format",
        "format_type",
        "getdatabaseencoding",
        "has_schema_privilege",
        "has_server_privilege",
        "has_table_privilege",
        "hashtext",
        "json_agg",
        "json_array_elements",
        "json_build_array",
        "json_build_object",
        "json_object_agg",
        "jsonb_build_array",
        "left",
        "length",
        "max",
        "md5",
        "min",
        "octet_length",
        "pg_catalog.substring",
        "pg_catalog.timezone",
        "pg_encoding_to_char",
        "pg_get_constraintdef",
        "pg_get_expr",
        "pg_get_function_arguments",
        "pg_get_function_identity_arguments",
        "pg_get_function_result",
        "pg_get_function_sqlbody",
        "pg_get_indexdef",
        "pg_get_partkeydef",
        "pg_get_ruledef",
        "pg_get_statisticsobjdef_expressions",
        "pg_get_triggerdef",
        "pg_get_userbyid",
        "pg_get_viewdef",
        "pg_has_role",
        "pg_identify_object",
        "pg_options_to_table",
        "pg_partition_root",
        "pg_partition_tree",
        "query_to_xml",
        "quote_ident",
        "regexp_matches",
        "regexp_replace",
        "replace",
        "row_number", // told apart by it, in no answer
        "row_security_active",
        "row_to_json",
        "split_part",
        "string_agg",
        "strpos",
        "substr",
        "to_char",
        "to_json",
        "to_jsonb",
        "to_regclass",
        "ts_token_type",
        "unnest",
    ];

    /// All that is read for a contract: a line for another major changes none of the names.
    fn texts() -> impl Iterator<Item = &'static str> {
        let census = include_str!("../inspect/census.sql");
        Class::ALL.iter().map(|class| class.query).chain([census])
    }

    #[test]
    fn whatever_a_query_reads_is_in_the_fingerprint() {
        let mut strange = BTreeSet::new();
        for text in texts() {
            let parsed = pg_query::parse(text, 0).expect("a query");
            let is_view = |name: &str| VIEWS.iter().any(|(view, _)| *view == name);
            for table in parsed.tables() {
                let name = table.trim_start_matches("pg_catalog.").to_owned();
                let is_hashed = [READ, LOOKED_UP, &["pg_tablespace"]]
                    .concat()
                    .contains(&&*name);
                if !is_hashed && !is_view(&name) {
                    strange.insert(name);
                }
            }
            let is_known = |name: &String| ANSWERS_BY_ROWS.contains(&&**name) || is_view(name);
            strange.extend(
                parsed
                    .functions()
                    .into_iter()
                    .filter(|name| !is_known(name)),
            );
        }
        assert!(strange.is_empty(), "{strange:?}");
    }

    #[test]
    fn what_maintenance_writes_stands_in_no_query() {
        for column in UPKEEP.iter().flat_map(|(_, columns)| *columns) {
            let readers = texts().filter(|text| text.contains(column)).count();
            assert_eq!(readers, 0, "{column}");
        }
    }

    #[test]
    fn no_query_asks_for_plain_dependencies() {
        for text in texts() {
            let text = format!(" {text}").replace('\n', " ");
            let kinds: Vec<&str> = text.split("deptype").skip(1).collect();
            let places = [" from pg_depend", " join pg_depend"];
            let places: usize = places.iter().map(|at| text.matches(at).count()).sum();
            assert_eq!(kinds.len(), places, "{text}");
            for kind in kinds {
                let kinds: String = kind.chars().take(16).collect();
                assert!(
                    kinds.starts_with(" = ") || kinds.starts_with(" in "),
                    "{kinds}"
                );
                assert!(!kinds.contains("'n'"), "{kinds}");
            }
        }
    }

    #[test]
    fn each_catalog_stands_there_once() {
        let names: Vec<&str> = accounted_for().collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
