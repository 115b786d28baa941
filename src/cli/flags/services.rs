//! What services want to see that sources are read through: keys and tokens, from flags and variables.

use secrecy::{ExposeSecret as _, SecretString};

use super::{Flags, from_variable};
use crate::inspect::Access;
use crate::source::{RestKeys, Sources};

impl Flags {
    fn rest_key(&self) -> Option<SecretString> {
        let usual = || from_variable("SUPABASE_SERVICE_ROLE_KEY").ok();
        let given = self.rest_key.clone();
        let key = given.filter(|key| !key.expose_secret().trim().is_empty());
        key.or_else(usual)
            .map(|key| SecretString::from(key.expose_secret().trim()))
    }

    /// The keys to a REST endpoint.
    pub(in crate::cli) fn rest_keys(&self) -> RestKeys {
        let anon = from_variable("SUPABASE_ANON_KEY").ok();
        let anon = anon.filter(|key| !key.expose_secret().trim().is_empty());
        RestKeys {
            service: self.rest_key(),
            anon,
        }
    }

    /// Whether sources are a service's that wants to see what is not given.
    pub(in crate::cli) fn is_locked_out_of(&self, sources: &Sources) -> bool {
        sources.hosted().is_some() && self.service_access().token.is_none()
            || sources.rest().is_some() && self.rest_key().is_none()
    }

    /// What services want to see that sources are read through.
    pub(in crate::cli) fn service_access(&self) -> Access {
        let token = self.supabase_access_token.as_ref();
        Access {
            token: token
                .map(|token| token.expose_secret().trim())
                .filter(|token| !token.is_empty())
                .map(SecretString::from),
            api: self
                .supabase_api
                .clone()
                .filter(|api| !api.trim().is_empty()),
        }
    }
}
