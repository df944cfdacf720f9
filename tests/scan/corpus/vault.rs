//! The values of the corpus's own sealed file: some fifty entries as an application has them, two thirds of them secret.

use std::collections::BTreeMap;

use super::chance::Chance;
use super::{keys, tokens};

/// Name, and how its value is made. An entry with a `.` before its maker is no secret.
const ENTRIES: &[(&str, &str)] = &[
    ("APP_NAME", ".fixed billing"),
    ("APP_ENV", ".fixed production"),
    ("APP_DEBUG", ".fixed false"),
    ("LOG_LEVEL", ".fixed info"),
    ("TZ", ".fixed Europe/Vienna"),
    ("HTTP_PORT", ".fixed 8080"),
    ("DB_HOST", ".fixed db1.internal.example.com"),
    ("DB_PORT", ".fixed 5432"),
    ("DB_USER", ".fixed billing_app"),
    ("DB_NAME", ".fixed billing_production"),
    ("DB_PASSWORD", "sym 24"),
    ("DATABASE_URL", "url postgres"),
    ("REDIS_HOST", ".fixed cache1.internal.example.com"),
    ("REDIS_PASSWORD", "alnum 32"),
    ("REDIS_URL", "url redis"),
    ("AMQP_URL", "url amqp"),
    ("MONGO_URI", "url mongodb"),
    ("JWT_SECRET", "b64 48"),
    ("SESSION_SECRET", "hex 64"),
    ("SECRET_KEY_BASE", "hex 128"),
    ("ENCRYPTION_KEY", "b64 32"),
    ("COOKIE_SIGNING_KEY", "alnum 43"),
    ("ADMIN_EMAIL", ".fixed admin@billing.example.com"),
    ("ADMIN_PASSWORD", "human"),
    ("SMTP_HOST", ".fixed mail.example.com"),
    ("SMTP_USER", ".fixed postmaster@billing.example.com"),
    ("SMTP_PASSWORD", "sym 18"),
    ("S3_BUCKET", ".fixed billing-production-uploads"),
    ("S3_REGION", ".fixed eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "awsid"),
    ("AWS_SECRET_ACCESS_KEY", "awssecret"),
    ("STRIPE_SECRET_KEY", "token stripe"),
    ("STRIPE_WEBHOOK_SECRET", "token stripe-hook"),
    ("GITHUB_TOKEN", "token github"),
    ("SENTRY_DSN_HOST", ".fixed sentry.internal.example.com"),
    ("PARTNER_API_KEY", "alnum 28"),
    ("PARTNER_API_URL", ".fixed https://api.partner.example.com/v2/orders"),
    ("WEBHOOK_TOKEN", "b64url 33"),
    ("BACKUP_PASSPHRASE", "phrase"),
    ("GRAFANA_ADMIN_PASSWORD", "human"),
    ("LDAP_BIND_DN", ".fixed cn=reader,dc=example,dc=com"),
    ("LDAP_BIND_PASSWORD", "sym 20"),
    ("METRICS_INTERVAL", ".fixed 30s"),
    ("FEATURE_NEW_INVOICES", ".fixed true"),
    ("LICENSE_UUID_KEY", "uuid"),
    ("REPLICATION_PASSWORD", "alnum 20"),
    ("VPN_PRIVATE_KEY", "wg"),
];

/// What the entries are, and what they were before.
pub struct Vault {
    now: BTreeMap<&'static str, String>,
    before: BTreeMap<&'static str, String>,
}

impl Vault {
    pub fn new(chance: &mut Chance) -> Self {
        let mut make = || ENTRIES.iter().map(|(name, maker)| (*name, value(chance, maker))).collect();
        Vault { now: make(), before: make() }
    }

    pub fn now(&self, entry: &str) -> &str {
        self.now.get(entry).unwrap_or_else(|| unreachable!("the vault has no {entry}"))
    }

    pub fn before(&self, entry: &str) -> &str {
        self.before.get(entry).unwrap_or_else(|| unreachable!("the vault has no {entry}"))
    }

    /// As an env file, now or as it was.
    pub fn env(&self, before: bool) -> String {
        let values = if before { &self.before } else { &self.now };
        ENTRIES.iter().map(|(name, _)| format!("{name}={}\n", values[name])).collect()
    }
}

fn value(chance: &mut Chance, maker: &str) -> String {
    let (kind, arg) = maker.split_once(' ').unwrap_or((maker, ""));
    match kind {
        ".fixed" => arg.to_owned(),
        "url" => {
            let password = chance.mixed(super::chance::ALNUM, 22);
            format!("{arg}://billing_app:{password}@db1.internal.example.com/billing")
        }
        "token" => tokens::token(chance, arg, true),
        "awsid" => tokens::aws_id(chance),
        "awssecret" => tokens::aws_secret(chance),
        "wg" => keys::key(chance, "wg").unwrap_or_default(),
        _ => chance.value(kind, &[arg]).unwrap_or_else(|| unreachable!("no value is called {kind}")),
    }
}
