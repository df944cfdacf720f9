//! What the shape of a value says. A value is compared, never kept.

use crate::secret::{SecretValue, looks_like_a_value};

/// A flag, a number, a path.
pub(super) fn is_setting(value: &SecretValue) -> bool {
    let bytes = value.expose();
    let number = bytes.len() <= 6 && bytes.iter().all(u8::is_ascii_digit);
    let path = bytes.starts_with(b"/") || bytes.starts_with(b"./");
    number || path || matches!(bytes, b"true" | b"false" | b"yes" | b"no" | b"on" | b"off")
}

/// Whether a key whose name says nothing has a value that looks like a secret.
pub(super) fn looks_random(value: &SecretValue) -> bool {
    let bytes = value.expose();
    bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(b)) && looks_like_a_value(bytes)
}

/// The pattern of values that a known issuer hands out. Its start is public; the value is compared, never kept.
pub(super) fn issued(value: &SecretValue) -> Option<&'static str> {
    const KNOWN: [(&str, &str); 20] = [
        ("sk_live_", "^sk_live_[0-9A-Za-z]+$"),
        ("sk_test_", "^sk_test_[0-9A-Za-z]+$"),
        ("rk_live_", "^rk_live_[0-9A-Za-z]+$"),
        ("whsec_", "^whsec_[0-9A-Za-z+/=]+$"),
        ("ghp_", "^ghp_[0-9A-Za-z]+$"),
        ("gho_", "^gho_[0-9A-Za-z]+$"),
        ("ghs_", "^ghs_[0-9A-Za-z]+$"),
        ("github_pat_", "^github_pat_[0-9A-Za-z_]+$"),
        ("glpat-", "^glpat-[0-9A-Za-z_.-]+$"),
        ("xoxb-", "^xoxb-[0-9A-Za-z-]+$"),
        ("xoxp-", "^xoxp-[0-9A-Za-z-]+$"),
        ("xapp-", "^xapp-[0-9A-Za-z-]+$"),
        ("AKIA", "^AKIA[0-9A-Z]{16}$"),
        ("SG.", "^SG\\.[0-9A-Za-z_.-]+$"),
        ("sk-ant-", "^sk-ant-[0-9A-Za-z_-]+$"),
        ("sk-proj-", "^sk-proj-[0-9A-Za-z_-]+$"),
        ("AIza", "^AIza[0-9A-Za-z_-]+$"),
        ("hf_", "^hf_[0-9A-Za-z]+$"),
        ("npm_", "^npm_[0-9A-Za-z]+$"),
        ("https://hooks.slack.com/", "^https://hooks\\.slack\\.com/"),
    ];
    let (_, pattern) = KNOWN.iter().find(|(start, _)| value.expose().starts_with(start.as_bytes()))?;
    let fits = regex::bytes::Regex::new(pattern).is_ok_and(|p| p.is_match(value.expose()));
    fits.then_some(*pattern)
}

/// Whether the value was made of something else, a hash of a password or a signed token, so that random characters in
/// its place are neither.
pub(super) fn made_of_another(value: &SecretValue) -> bool {
    const HASHES: [&str; 9] = ["$2a$", "$2b$", "$2y$", "$argon2", "$5$", "$6$", "$apr1$", "{SSHA", "pbkdf2"];
    let bytes = value.expose();
    let token = bytes.starts_with(b"eyJ") && bytes.iter().filter(|b| **b == b'.').count() == 2;
    token || HASHES.iter().any(|start| bytes.starts_with(start.as_bytes()))
}

/// The spec of new pairs like the one whose private half this is; text other than PEM is none.
pub(super) fn pem(value: &SecretValue) -> Option<Option<&'static str>> {
    let text = value.expose_str()?;
    if !text.starts_with("-----BEGIN ") || !text.contains("PRIVATE KEY-----") {
        return None;
    }
    Some(match (text.contains(" RSA "), text.contains(" EC "), text.len()) {
        (true, ..) | (_, _, 1600..) => Some("rsa:3072"),
        (_, true, _) | (_, _, 200..300) => Some("ec:p256"),
        (_, _, 100..150) => Some("ed25519"),
        _ => None,
    })
}

/// The spec that makes values like this one, never weaker than 128 bits.
pub(super) fn shape(value: &SecretValue) -> String {
    let bytes = value.expose();
    let all = |test: fn(&u8) -> bool| bytes.iter().all(test);
    if all(u8::is_ascii_hexdigit) && bytes.len() >= 32 && bytes.len().is_multiple_of(2) {
        format!("hex:{}", (bytes.len() / 2).min(64))
    } else if bytes.len() >= 40 && all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b)) {
        format!("base64url:{}", (bytes.len() * 3 / 4).clamp(32, 64))
    } else {
        "alnum:32".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_proposed_only_where_the_value_has_it() {
        let issued = |text: &str| issued(&SecretValue::new(text.into()));
        assert_eq!(issued("ghp_0aB"), Some("^ghp_[0-9A-Za-z]+$"));
        for other in ["ghp_", "sk_live_a b", "AKIAshort", "x"] {
            assert_eq!(issued(other), None, "{other}");
        }
    }
}
