//! Whose certificates a connection trusts, as libpq spells it, and Supabase's own authority by name.

use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// `sslrootcert=supabase`, as libpq has `sslrootcert=system`.
const BY_NAME: &str = "supabase";

/// "Supabase Root 2021 CA", which signs the certificates of databases and poolers until April 2031. Its SHA-256 is
/// 807025ad50d4ed219d2c9c7d299c004f824eb00cf7f65afef607d07b72e6cafa.
const SUPABASE: &str = include_str!("supabase-root-2021.pem");

/// Reads the parameters about certificates again, in which libpq and the library differ: who names an authority wants
/// it asked, with `require` as well (libpq documentation, "SSL Mode Descriptions").
pub(super) fn trusting(options: PgConnectOptions, url: &str) -> PgConnectOptions {
    let parameters = url.split_once('?').map_or("", |(_, rest)| rest);
    let value = |names: &[&str]| {
        let pairs = parameters
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let mut named = pairs.filter(|(name, _)| names.contains(name));
        named.next_back().map(|(_, value)| value.to_owned())
    };
    let Some(authority) = value(&["sslrootcert", "ssl-root-cert", "ssl-ca"]) else {
        return options;
    };
    let has_mode = value(&["sslmode", "ssl-mode"]).is_some();
    let is_named = authority == BY_NAME;
    let options = match is_named {
        true => options.ssl_root_cert_from_pem(SUPABASE.as_bytes().to_vec()),
        false => options,
    };
    match options.get_ssl_mode() {
        PgSslMode::Require => options.ssl_mode(PgSslMode::VerifyCa),
        _ if is_named && !has_mode => options.ssl_mode(PgSslMode::VerifyFull),
        _ => options,
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use sha2::{Digest as _, Sha256};
    use x509_parser::pem::parse_x509_pem;

    use super::*;

    fn mode(parameters: &str) -> String {
        let url = format!("postgres://u@db.example.com/d?{parameters}");
        let options = PgConnectOptions::from_str(&url).unwrap();
        format!("{:?}", trusting(options, &url).get_ssl_mode())
    }

    #[test]
    fn who_names_an_authority_wants_it_asked() {
        assert_eq!(mode("sslmode=require"), "Require");
        assert_eq!(mode("sslmode=require&sslrootcert=/ca.pem"), "VerifyCa");
        assert_eq!(
            mode("sslmode=verify-full&sslrootcert=/ca.pem"),
            "VerifyFull"
        );
        assert_eq!(mode("sslrootcert=/ca.pem"), "Prefer");
        assert_eq!(mode("sslrootcert=supabase"), "VerifyFull");
        assert_eq!(mode("sslmode=verify-ca&sslrootcert=supabase"), "VerifyCa");
        assert_eq!(mode("sslmode=require&sslrootcert=supabase"), "VerifyCa");
        assert_eq!(mode("sslmode=disable&sslrootcert=supabase"), "Disable");
    }

    #[test]
    fn the_certificate_is_supabases_own_and_an_authoritys() {
        let (_, pem) = parse_x509_pem(SUPABASE.as_bytes()).unwrap();
        let certificate = pem.parse_x509().unwrap();
        let name = certificate.subject().to_string();
        assert!(
            name.contains("O=Supabase Inc, CN=Supabase Root 2021 CA"),
            "{name}"
        );
        assert_eq!(certificate.issuer(), certificate.subject());
        assert!(certificate.is_ca());
        assert_eq!(certificate.validity().not_before.to_datetime().year(), 2021);
        assert_eq!(certificate.validity().not_after.to_datetime().year(), 2031);
        let hash = Sha256::digest(&pem.contents);
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hash,
            "807025ad50d4ed219d2c9c7d299c004f824eb00cf7f65afef607d07b72e6cafa"
        );
    }
}
