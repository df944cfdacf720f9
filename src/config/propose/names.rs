//! What the name of a key says of it, with the shape of its value. It knows neither compose files nor scripts.

use super::shape::{is_setting, issued, made_of_another, pem};
use crate::secret::{SecretName, SecretValue, looks_like_a_value};

/// What a key is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// No secret: a host, a port, a flag.
    Setting,
    /// What tokens, sessions and cookies are signed with.
    Signing,
    /// A password.
    Password,
    /// What stored data was made with: without it the data cannot be read any more.
    Encryption,
    /// A third party hands it out, so that a new one cannot be made up here.
    Foreign,
    /// The private half of a key pair.
    Pair,
    /// Any other secret.
    Other,
}

impl Kind {
    /// How many days such a value may live, where nobody says otherwise.
    pub(super) fn days(self) -> u32 {
        match self {
            Kind::Signing | Kind::Password | Kind::Pair => 90,
            Kind::Encryption => 180,
            Kind::Setting | Kind::Foreign | Kind::Other => 365,
        }
    }

    /// The kind that a policy speaks of in words.
    pub(super) fn spoken(line: &str) -> Option<Kind> {
        const WORDS: [(&str, Kind); 16] = [
            ("encryption", Kind::Encryption),
            ("chiffrement", Kind::Encryption),
            ("third-part", Kind::Foreign),
            ("third part", Kind::Foreign),
            ("api key", Kind::Foreign),
            ("clés d'api", Kind::Foreign),
            // "tiers" alone is what English policies call their periods
            ("services tiers", Kind::Foreign),
            ("fournisseurs tiers", Kind::Foreign),
            ("service tiers", Kind::Foreign),
            ("jwt", Kind::Signing),
            ("signing", Kind::Signing),
            ("session", Kind::Signing),
            ("signature", Kind::Signing),
            ("password", Kind::Password),
            ("mots de passe", Kind::Password),
            ("mot de passe", Kind::Password),
        ];
        let line = line.to_lowercase();
        WORDS.iter().find(|(word, _)| line.contains(word)).map(|(_, kind)| *kind)
    }
}

/// What the key is taken for.
pub(super) fn kind(name: &str, value: &SecretValue) -> Kind {
    // a way through maps and lists says what it leads to as words of one name would
    let upper = name.to_ascii_uppercase().replace(['.', '[', ']', '-'], "_");
    let word = |words: &[&str]| upper.split('_').any(|part| words.contains(&part));
    let part = |parts: &[&str]| parts.iter().any(|part| upper.contains(part));
    if pem(value).is_some() {
        return Kind::Pair;
    }
    if issued(value).is_some() || made_of_another(value) {
        return Kind::Foreign;
    }
    if part(&["WEBHOOK"]) && value.expose().starts_with(b"https://") {
        return Kind::Foreign;
    }
    if !looks_secret(&upper) || (!part(&["PASS"]) && is_setting(value)) {
        return Kind::Setting;
    }
    if part(&FOREIGN) || word(&["TLS", "SSL", "S3", "HASH"]) || upper.ends_with("PRIVATE_KEY") {
        return Kind::Foreign;
    }
    if word(&["ENCRYPTION", "FERNET", "CRYPTO", "AES", "KEK", "CIPHER", "SALT", "PEPPER"])
        || word(&["RESTIC", "BORG", "KOPIA", "DUPLICITY", "DUPLICATI"])
        || part(&["APP_KEY", "DATA_KEY", "FIELD_KEY", "MASTER_KEY", "ENCRYPT", "PASSPHRASE"])
    {
        return Kind::Encryption;
    }
    if word(&["JWT", "SESSION", "COOKIE", "CSRF", "SIGNING", "HMAC"])
        || part(&["SECRET_KEY", "AUTH_SECRET", "NEXTAUTH"])
    {
        return Kind::Signing;
    }
    if part(&["PASSWORD", "PASSWD"]) || word(&["PASS", "PWD"]) {
        return Kind::Password;
    }
    Kind::Other
}

/// Who hands their keys out themselves.
const FOREIGN: [&str; 30] = [
    "AWS",
    "STRIPE",
    "GITHUB",
    "GITLAB",
    "OPENAI",
    "ANTHROPIC",
    "SENDGRID",
    "MAILGUN",
    "TWILIO",
    "SLACK",
    "GOOGLE",
    "SENTRY",
    "PAYPAL",
    "CLOUDFLARE",
    "TELEGRAM",
    "DISCORD",
    "API_KEY",
    "APIKEY",
    "CLIENT_SECRET",
    "SMTP",
    "MAIL_PASS",
    "WEBHOOK",
    "ACCESS_KEY",
    "OIDC",
    "SAML",
    "CAPTCHA",
    "TURNSTILE",
    "VAULT",
    "SUPABASE",
    "AZURE",
];

fn looks_secret(upper: &str) -> bool {
    const WORDS: [&str; 10] =
        ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "APIKEY", "_KEY", "SALT", "PEPPER", "_PASS"];
    // what stands beside a secret and is none
    const ENDS: [&str; 20] = [
        "_FILE",
        "_TTL",
        "_EXPIRY",
        "_EXPIRES",
        "_EXPIRES_IN",
        "_LENGTH",
        "_ALGORITHM",
        "_ALG",
        "_ID",
        "_NAME",
        "_PATH",
        "_ENABLED",
        "_MINUTES",
        "_SECONDS",
        "_HOURS",
        "_DAYS",
        "_HOST",
        "_PORT",
        "_USER",
        "_URL",
    ];
    (WORDS.iter().any(|word| upper.contains(word)) || upper == "PASS" || upper.ends_with("_PWD"))
        && !upper.contains("PUBLIC")
        && !upper.contains("PUBLISHABLE")
        && !ENDS.iter().any(|end| upper.ends_with(end))
}

/// A name as programs ask for it. The rest of a torn value is none, and must not get into a file that is committed.
pub(super) fn is_name(name: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(name).ok().filter(|_| !looks_like_a_value(name))?;
    let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (SecretName::parse(text).is_ok()
        && text.chars().all(named)
        && !text.starts_with(|c: char| c.is_ascii_digit()))
    .then_some(text)
}

/// The same of the way to a value through maps and lists.
pub(super) fn is_way(name: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(name).ok().filter(|_| !looks_like_a_value(name))?;
    let named = |c: char| c.is_ascii_alphanumeric() || "_-.[]".contains(c);
    let leads = text.contains(['.', '[']) && text.starts_with(|c: char| c.is_ascii_alphabetic());
    (leads && SecretName::parse(text).is_ok() && text.len() <= 128 && text.chars().all(named)).then_some(text)
}

/// A text that may stand in a policy: a name of a user, a service, a file; nothing that may be a value.
pub(super) fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    !text.is_empty() && text.len() <= 64 && text.chars().all(plain) && !looks_like_a_value(text.as_bytes())
}

/// Whether the key holds the replaced value of the other.
pub(super) fn keeps_previous_of(name: &str, current: &str) -> bool {
    name != current
        && ["_PREVIOUS", "_PREV", "_OLD"].iter().any(|end| name.strip_suffix(end) == Some(current))
        || ["OLD_", "PREVIOUS_"].iter().any(|start| name.strip_prefix(start) == Some(current))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_in_words() {
        for (line, wants) in [
            ("Tiers: 90 days for passwords", Some(Kind::Password)),
            ("Rotation tiers: every 90 days", None),
            ("Clés des services tiers : 365 jours", Some(Kind::Foreign)),
        ] {
            assert_eq!(Kind::spoken(line), wants, "{line}");
        }
    }

    #[test]
    fn keys_are_told_by_name_and_shape() {
        for (name, value, wants) in [
            ("JWT_SECRET", "x", Kind::Signing),
            ("DJANGO_SECRET_KEY", "x", Kind::Signing),
            ("DB_PASSWORD", "123456", Kind::Password),
            ("SMTP_PASSWORD", "x", Kind::Foreign),
            ("FIELD_ENCRYPTION_KEY", "x", Kind::Encryption),
            ("PASSWORD_PEPPER", "x", Kind::Encryption),
            ("PAYMENT", "sk_live_abc123", Kind::Foreign),
            ("STRIPE_SECRET_KEY", "x", Kind::Foreign),
            ("ALERT_WEBHOOK_URL", "https://h.example/x", Kind::Foreign),
            ("INTERNAL_TOKEN", "x", Kind::Other),
            ("JWT_PRIVATE_KEY", "-----BEGIN PRIVATE KEY-----\nx", Kind::Pair),
            ("TOKEN_TTL", "x", Kind::Setting),
            ("USE_TOKEN", "true", Kind::Setting),
            ("POSTGRES_PASSWORD_FILE", "/run/secrets/pg", Kind::Setting),
            ("JWT_PUBLIC_KEY", "x", Kind::Setting),
            // what random characters would break, or lock away
            ("ADMIN_PASSWORD_HASH", "x", Kind::Foreign),
            ("ADMIN_PASSWORD", "$2a$10$N9qo8uLOickgx2ZMRZoMye", Kind::Foreign),
            ("SERVICE_TOKEN", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", Kind::Foreign),
            ("VAPID_PRIVATE_KEY", "x", Kind::Foreign),
            ("TLS_KEY", "x", Kind::Foreign),
            ("RESTIC_PASSWORD", "x", Kind::Encryption),
            ("BORG_PASSPHRASE", "x", Kind::Encryption),
            ("DB_HOST", "db", Kind::Setting),
        ] {
            assert_eq!(kind(name, &SecretValue::new(value.into())), wants, "{name}");
        }
    }
}
