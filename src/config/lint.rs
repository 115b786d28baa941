//! `[lint]` of the configuration.

use serde::Deserialize;

use super::Smoke;
use crate::classes::ApiWish;

/// What `[lint]` says.
#[derive(Debug, Clone, Default)]
pub struct Lint {
    /// Whether `verify` lints as well.
    pub with_verify: bool,
    /// What it says of the API.
    wish: ApiWish,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLint {
    #[serde(default)]
    verify: bool,
    #[serde(default, alias = "api-schemas")]
    api_schemas: Vec<String>,
    #[serde(default, alias = "api-roles")]
    api_roles: Vec<String>,
}

impl RawLint {
    pub(super) fn checked(self) -> Lint {
        Lint {
            with_verify: self.verify,
            wish: ApiWish {
                schemas: self.api_schemas,
                roles: self.api_roles,
            },
        }
    }
}

impl Lint {
    /// What is said of the API here, else for the probes of the same.
    pub fn wish(&self, smoke: &Smoke) -> ApiWish {
        let or = |here: &[String], there: Vec<String>| match here {
            [] => there,
            here => here.to_vec(),
        };
        let is_named = smoke.anon_role.is_some() || smoke.authenticated_role.is_some();
        let usual = |role: &Option<String>, usual: &str| role.clone().unwrap_or(usual.to_owned());
        let roles = match is_named {
            true => vec![
                usual(&smoke.anon_role, "anon"),
                usual(&smoke.authenticated_role, "authenticated"),
            ],
            false => Vec::new(),
        };
        ApiWish {
            schemas: or(&self.wish.schemas, smoke.api_schemas.clone()),
            roles: or(&self.wish.roles, roles),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::parse;

    #[test]
    fn what_is_said_for_probes_holds_unless_lint_says_otherwise() {
        let text = "[smoke]\napi_schemas = [\"api\"]\nanon_role = \"web\"\n[lint]\nverify = true\n";
        let config = parse(text, "pgpact.toml").unwrap();
        let wish = config.lint.wish(&config.smoke);
        assert!(config.lint.with_verify);
        assert_eq!(wish.schemas, ["api"]);
        assert_eq!(wish.roles, ["web", "authenticated"]);
        let text = text.to_owned() + "api_schemas = [\"v1\"]\napi-roles = [\"guest\"]\n";
        let config = parse(&text, "pgpact.toml").unwrap();
        let wish = config.lint.wish(&config.smoke);
        assert_eq!(
            (wish.schemas, wish.roles),
            (vec!["v1".to_owned()], vec!["guest".to_owned()])
        );
    }
}
