//! Names of columns that say what is in them.

/// Names that say it alone, or at the end after an underscore: `password`, `billing_card_number`.
const ENDINGS: &[&str] = &[
    // How somebody proves who they are.
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "password_hash",
    "password_digest",
    "secret",
    "secret_key",
    "private_key",
    "api_key",
    "apikey",
    "auth_key",
    "access_token",
    "refresh_token",
    "oauth_token",
    "session_token",
    "bearer_token",
    "auth_token",
    "reset_token",
    "api_token",
    "auth_code",
    "session_key",
    "session_secret",
    "client_secret",
    "recovery_code",
    "backup_code",
    "verification_code",
    "2fa_secret",
    "2fa_code",
    "totp_secret",
    "pgp_key",
    "gpg_key",
    "ssh_key",
    "license_key",
    "activation_key",
    // Who somebody is to an authority.
    "ssn",
    "social_security",
    "social_security_number",
    "driver_license",
    "drivers_license",
    "license_number",
    "passport_number",
    "passport_id",
    "national_id",
    "tax_id",
    // Money.
    "credit_card",
    "card_number",
    "cvv",
    "cvc",
    "cvn",
    "bank_account",
    "account_number",
    "routing_number",
    "iban",
    "swift_code",
    // Health.
    "health_record",
    "medical_record",
    "patient_id",
    "insurance_number",
    "health_insurance",
    "medical_insurance",
    "facial_recognition",
    // Devices.
    "mac_address",
    "macaddr",
    "imei",
    "device_uuid",
];

/// Names that say it alone and are part of many others that do not: `token_count`, `heat_treatment`.
const ALONE: &[&str] = &[
    "token",
    "jwt",
    "otp",
    "two_factor",
    "session_id",
    "bic",
    "treatment",
    "certificate",
];

/// Whether a column of this name, quoted where it needs that, holds what is nobody else's business.
pub(super) fn is(name: &str) -> bool {
    let name = name.trim_matches('"').to_lowercase().replace('-', "_");
    ALONE.contains(&name.as_str())
        || ENDINGS.iter().any(|ending| {
            name.strip_suffix(ending)
                .is_some_and(|before| before.is_empty() || before.ends_with('_'))
        })
}

#[cfg(test)]
mod tests {
    use super::is;

    #[test]
    fn names_say_what_is_in_a_column() {
        for name in [
            "password",
            "\"API-Key\"",
            "encrypted_password",
            "billing_card_number",
            "token",
        ] {
            assert!(is(name), "{name}");
        }
        for name in [
            "token_count",
            "password_set_at",
            "has_password_hint",
            "heat_treatment",
            "biceps",
        ] {
            assert!(!is(name), "{name}");
        }
    }
}
