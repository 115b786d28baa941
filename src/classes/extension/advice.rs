//! Advice on extensions: where their functions are, and how old they are.

use super::CLASS;
use crate::classes::advice::{Advice, Needs, Outlook, Rule};
use crate::classes::{CodeEntry, Severity};

pub(in crate::classes) const RULES: &[Rule] = &[
    Rule {
        codes: &[CodeEntry {
            code: "lint-extension-in-public",
            severity: Severity::Warning,
            meaning: "An extension is in the schema public: the API serves its functions along with the project's own, and their names get in each other's way.",
            help: "Move it into a schema of its own, such as `extensions`. A few cannot be moved: those have to be dropped and made again there.",
        }],
        needs: Needs::Contract,
        about: "where extensions are",
        look: places,
    },
    Rule {
        codes: &[CodeEntry {
            code: "lint-extension-outdated",
            severity: Severity::Warning,
            meaning: "An extension has another version than the one that the server would install today: as a rule an older one, with faults that were mended since.",
            help: "Update it, after a look at what the new version changes.",
        }],
        // A scratch has versions of its own.
        needs: Needs::Statistics,
        about: "how old extensions are",
        look: versions,
    },
];

fn places(outlook: &Outlook<'_>) -> Vec<Advice> {
    outlook
        .all(&CLASS)
        .filter(|extension| extension.text("schema") == Some("public"))
        .map(|extension| {
            let name = &extension.id.path;
            let message = format!("extension {name} is in the schema public");
            let sql = format!(
                "create schema if not exists extensions;\nalter extension {name} set schema extensions;"
            );
            Advice::on(extension, "lint-extension-in-public", message)
                .about("schema")
                .remedy(sql)
        })
        .collect()
}

fn versions(outlook: &Outlook<'_>) -> Vec<Advice> {
    outlook
        .all(&CLASS)
        .filter_map(|extension| {
            let name = &extension.id.path;
            let version = extension.text("version")?;
            let message = format!(
                "extension {name} has version {version}, which is not the one that the server installs today"
            );
            let one = Advice::on(extension, "lint-extension-outdated", message);
            Some(one.about("version").remedy(format!("alter extension {name} update;")))
        })
        .collect()
}
