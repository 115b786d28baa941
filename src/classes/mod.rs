//! What is known about each class of object, one folder a class.
//!
//! A folder holds the query that reads the class, the typed facts, and how a difference is judged.
//! Outside this folder nothing names a class: the rest works over [`Class::ALL`].

mod access_method;
mod advice;
mod aggregate;
mod align;
mod base_type;
mod bucket;
mod cast;
mod catalogs;
mod collation;
mod column;
mod comment;
mod composite_type;
mod constraint;
mod conversion;
mod cron_job;
mod database_setting;
mod default;
mod default_privilege;
mod domain;
mod enum_type;
mod event_trigger;
mod exposed;
mod extension;
mod extension_dependency;
mod fact;
mod foreign_data_wrapper;
mod foreign_options;
mod foreign_server;
mod foreign_table;
mod function;
mod grant;
mod index;
mod kinds;
mod language;
mod large_object;
mod materialized_view;
mod operator;
mod operator_class;
mod operator_family;
mod owner;
mod policy;
mod printed;
mod procedure;
mod publication;
mod publication_schema;
mod publication_table;
mod range;
mod renaming;
mod role;
mod role_membership;
mod role_setting;
mod rule;
mod rules;
mod schema;
mod security_label;
mod sequence;
mod severity;
pub mod shape;
mod statistics;
mod subscription;
mod table;
mod text_search_configuration;
mod text_search_dictionary;
mod text_search_parser;
mod text_search_template;
mod transform;
mod trigger;
mod user_mapping;
mod vault_secret;
mod view;

pub use advice::{
    Advice, Advised, Api, Bloat, Outlook, SequenceUse, Statistics, Wish as ApiWish, advice_codes,
    advise,
};
pub use align::align;
pub use catalogs::{TELLING, UPKEEP, VIEWS, accounted_for, rowless};
pub(crate) use database_setting::search_path;
pub use default_privilege::pattern_of_role;
pub use event_trigger::pattern_of_event_trigger;
pub use exposed::{
    ExposedFunction, ExposedRelation, exposed_functions, exposed_relations, policy_roles,
};
pub use extension::pattern_of_extension;
pub(crate) use extension::reconcile::{join as join_extension, release as leave_extension};
pub use fact::{Aspect, Fact};
pub use grant::{grantee_on_system, pattern_of_grant};
pub use kinds::{
    id_of_role, is_grant_on_relation, is_membership, is_put_in_schemas, is_role, is_role_setting,
    is_table, is_trigger, opens_relations,
};
pub use printed::{Form, Printed, Sample, is_of_printed_text, samples};
pub use publication::pattern_of_publication;
pub use renaming::schema_renamed;
pub use role::{named as named_roles, role_of};
pub use rules::{
    Alteration, DataCheck, Disturbance, Likeness, Lock, PartRename, Risk, Rules, Section, Site,
    Size, Statement, Territory, Whole,
};
pub use severity::{CodeEntry, Judgement, Severities, Severity};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::contract::{Contract, Delta, Facts, Gap, Object};

/// How an object of a class gets its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// By its own name; facets of it start with the class word, as in `function public.f()`.
    Own,
    /// By its own name; facets of it are named without the class word, as `grant` does for relations.
    Bare,
    /// After the object it belongs to: owners, grants and comments.
    Facet,
}

/// Everything that is known about one class.
#[derive(Debug)]
pub struct Class {
    /// The name in ids and codes, e.g. `materialized-view`.
    pub name: &'static str,
    /// The words for a person, e.g. `materialized view`.
    pub noun: &'static str,
    /// How its objects are named.
    pub naming: Naming,
    /// Which statements set it as a whole.
    pub aspect: Aspect,
    /// Whether people own its objects in the platform's schemas too.
    pub is_always_ours: bool,
    /// Reads all objects of the class; every class returns the same columns, see `inspect::row`.
    pub query: &'static str,
    /// The compared attributes.
    pub facts: &'static [Fact],
    /// What nobody should take for compared, in sentences.
    pub not_compared: &'static [&'static str],
    /// Checks the JSON a row carries against the class' facts, and nothing else.
    pub decode: fn(&str) -> serde_json::Result<Facts>,
    /// Severity by kind of change, where `judge` has no word of its own.
    pub severities: Severities,
    /// Codes beyond `<class>-missing`, `-unexpected` and `-changed`.
    pub codes: &'static [CodeEntry],
    /// A code, severity or message of its own for a difference that means more than itself.
    pub judge: fn(&Delta<'_>) -> Option<Judgement>,
    /// How its objects are made, changed and taken away.
    pub rules: Rules,
}

impl Class {
    /// All classes; what contains others stands before what it contains.
    pub const ALL: &'static [&'static Self] = &[
        &role::CLASS,
        &role_membership::CLASS,
        &role_setting::CLASS,
        &database_setting::CLASS,
        &schema::CLASS,
        &extension::CLASS,
        &foreign_data_wrapper::CLASS,
        &foreign_server::CLASS,
        &user_mapping::CLASS,
        &language::CLASS,
        &access_method::CLASS,
        &collation::CLASS,
        &base_type::CLASS,
        &enum_type::CLASS,
        &range::CLASS,
        &domain::CLASS,
        &composite_type::CLASS,
        &table::CLASS,
        &foreign_table::CLASS,
        &view::CLASS,
        &materialized_view::CLASS,
        &column::CLASS,
        &sequence::CLASS,
        &default::CLASS,
        &constraint::CLASS,
        &index::CLASS,
        &statistics::CLASS,
        &function::CLASS,
        &procedure::CLASS,
        &aggregate::CLASS,
        &operator::CLASS,
        &operator_family::CLASS,
        &operator_class::CLASS,
        &cast::CLASS,
        &transform::CLASS,
        &conversion::CLASS,
        &text_search_parser::CLASS,
        &text_search_template::CLASS,
        &text_search_dictionary::CLASS,
        &text_search_configuration::CLASS,
        &large_object::CLASS,
        &trigger::CLASS,
        &rule::CLASS,
        &policy::CLASS,
        &event_trigger::CLASS,
        &publication::CLASS,
        &publication_schema::CLASS,
        &publication_table::CLASS,
        &subscription::CLASS,
        &bucket::CLASS,
        &cron_job::CLASS,
        &vault_secret::CLASS,
        &default_privilege::CLASS,
        &owner::CLASS,
        &grant::CLASS,
        &extension_dependency::CLASS,
        &comment::CLASS,
        &security_label::CLASS,
    ];

    /// The class of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ranked(name).map(|(_, class)| class)
    }

    /// The class of that name with its place among all.
    pub fn ranked(name: &str) -> Option<(usize, &'static Self)> {
        // It is asked for each object, several times.
        static PLACES: LazyLock<BTreeMap<&str, usize>> = LazyLock::new(|| {
            let classes = Class::ALL.iter().enumerate();
            classes.map(|(place, class)| (class.name, place)).collect()
        });
        let place = *PLACES.get(name)?;
        Some((place, Self::ALL[place]))
    }

    /// The fact of that name.
    pub fn fact(&self, name: &str) -> Option<&'static Fact> {
        self.facts.iter().find(|fact| fact.name == name)
    }
}

/// Takes out of a contract what a server of an older major version could not have said.
pub fn reduce_to_major(contract: &mut Contract, major: u32) {
    let listing = [grant::CLASS.name, default_privilege::CLASS.name];
    contract.objects.retain(|id, object| {
        // Parameters are granted since Postgres 15.
        if major < 15 && grant::is_on_parameter(id) {
            return false;
        }
        if let Some(class) = Class::named(id.class.as_str()) {
            for fact in class.facts.iter().filter(|fact| fact.since > major) {
                object.facts.remove(fact.name);
            }
        }
        if id.class.as_str() == publication_schema::CLASS.name && major < 15 {
            return false;
        }
        if id.class.as_str() == grant::CLASS.name
            && major < grant::PARAMETERS_SINCE
            && id.path.starts_with(grant::PARAMETER)
        {
            return false;
        }
        !listing.contains(&id.class.as_str()) || grant::privileges::reduce(&mut object.facts, major)
    });
}

/// Whether a contract holds options whose values are not shown.
pub fn has_secrets(contract: &Contract) -> bool {
    contract.objects.values().any(foreign_options::hides_values)
}

/// What roles are granted on objects made later, for plans: whatever is there, the platform's included.
pub fn default_grants(contract: &Contract) -> Vec<Object> {
    let objects = contract.objects.values();
    objects
        .filter(|object| object.id.class.as_str() == default_privilege::CLASS.name)
        .cloned()
        .collect()
}

/// What is not compared between two major versions, for the older one does not know it or reads it otherwise.
pub fn unknown_to(older: u32, newer: u32) -> BTreeSet<Gap> {
    let is_between = |since: u32| older < since && since <= newer;
    let facts = Class::ALL.iter().flat_map(|class| {
        let newer = class.facts.iter().filter(|fact| is_between(fact.since));
        newer.map(|fact| (format!("{} of each {}", fact.name, class.noun), fact.since))
    });
    let privileges = grant::privileges::NEWER.iter();
    let privileges = privileges
        .filter(|(_, since)| is_between(*since))
        .map(|(privilege, since)| (format!("the privilege {privilege}"), *since));
    let gap = |(what, since)| Gap {
        what,
        why: format!("it came with Postgres {since}, one side has {older}"),
    };
    let mut gaps: BTreeSet<Gap> = facts.chain(privileges).map(gap).collect();
    if is_between(grant::PARAMETERS_SINCE) {
        gaps.insert(Gap {
            what: "grants on parameters of the server".to_owned(),
            why: format!(
                "they came with Postgres {}, one side has {older}",
                grant::PARAMETERS_SINCE
            ),
        });
    }
    if is_between(14) {
        gaps.insert(Gap {
            what: "casts to numeric and double precision in expressions with extract".to_owned(),
            why: "Postgres 14 changed the type of what extract gives".to_owned(),
        });
    }
    gaps
}

fn no_judgement(_: &Delta<'_>) -> Option<Judgement> {
    None
}
