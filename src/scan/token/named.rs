//! Secrets without a mark of their own, known by the name of their issuer in the name before them:
//! `DATADOG_API_KEY=…` with exactly the form of such a key.

use std::ops::Range;

use super::super::text::Text;
use super::dummy;
use super::row::{Part, Set, UUID, begins, follow, is, of, to};

pub(super) struct Named {
    pub(super) rule: &'static str,
    pub(super) what: &'static str,
    /// What the name holds; lower case.
    pub(super) word: &'static str,
    pub(super) body: &'static [Part],
}

const fn named(rule: &'static str, what: &'static str, word: &'static str, body: &'static [Part]) -> Named {
    Named { rule, what, word, body }
}

const SIGNING: &[Part] = &[of(Set::Hex, 32), is("-"), of(Set::Hex, 8), is("-"), of(Set::Hex, 8)];

pub(super) const NAMED: &[Named] = &[
    named("aws-credentials", "AWS secret access key", "secret_access_key", &[of(Set::Base64, 40)]),
    named("aws-credentials", "AWS secret access key", "secretaccesskey", &[of(Set::Base64, 40)]),
    named("aws-credentials", "AWS secret access key", "aws_secret", &[of(Set::Base64, 40)]),
    named("heroku-token", "Heroku key", "heroku", UUID),
    named("npm-token", "npm token", "_authtoken", UUID),
    named("snyk-token", "Snyk token", "snyk", UUID),
    named("scaleway-token", "Scaleway secret key", "scw_secret", UUID),
    named("datadog-key", "Datadog API key", "datadog", &[of(Set::Hex, 32)]),
    named("datadog-key", "Datadog application key", "datadog", &[of(Set::Hex, 40)]),
    named("datadog-key", "Datadog API key", "dd_api", &[of(Set::Hex, 32)]),
    named("datadog-key", "Datadog application key", "dd_app", &[of(Set::Hex, 40)]),
    named("twilio-key", "Twilio auth token", "twilio", &[of(Set::Hex, 32)]),
    named("twilio-key", "Twilio key secret", "twilio", &[of(Set::Alnum, 32)]),
    named("okta-token", "Okta token", "okta", &[is("00"), of(Set::Url, 40)]),
    named("algolia-key", "Algolia key", "algolia", &[of(Set::Hex, 32)]),
    named("mistral-key", "Mistral key", "mistral", &[of(Set::Alnum, 32)]),
    named("cohere-key", "Cohere key", "cohere", &[of(Set::Alnum, 40)]),
    named("stability-key", "Stability key", "stability", &[is("sk-"), of(Set::Alnum, 48)]),
    named("deepgram-key", "Deepgram key", "deepgram", &[of(Set::Hex, 40)]),
    named("assemblyai-key", "AssemblyAI key", "assemblyai", &[of(Set::Hex, 32)]),
    named("wandb-token", "Weights & Biases key", "wandb", &[of(Set::Hex, 40)]),
    named("cloudflare-token", "Cloudflare token", "cloudflare", &[of(Set::Url, 40)]),
    named("cloudflare-token", "Cloudflare global key", "cloudflare", &[of(Set::Hex, 37)]),
    named("cloudflare-token", "Cloudflare token", "cf_api", &[of(Set::Url, 40)]),
    named("hetzner-token", "Hetzner token", "hcloud", &[of(Set::Alnum, 64)]),
    named("hetzner-token", "Hetzner token", "hetzner", &[of(Set::Alnum, 64)]),
    named("linode-token", "Linode token", "linode", &[of(Set::Hex, 64)]),
    named("vultr-key", "Vultr key", "vultr", &[of(Set::Up, 36)]),
    named("fastly-token", "Fastly token", "fastly", &[of(Set::Url, 32)]),
    named("netlify-token", "Netlify token", "netlify", &[to(Set::Url, 40, 46)]),
    named("vercel-token", "Vercel token", "vercel", &[of(Set::Alnum, 24)]),
    named("azure-devops-token", "Azure DevOps token", "azure_devops", &[of(Set::Low, 52)]),
    named("azure-storage-key", "Azure storage key", "storage", &[of(Set::Base64, 86), is("==")]),
    named("circleci-token", "CircleCI token", "circle", &[of(Set::Hex, 40)]),
    named("travis-token", "Travis token", "travis", &[of(Set::Url, 22)]),
    named("codecov-token", "Codecov token", "codecov", UUID),
    named("jenkins-token", "Jenkins token", "jenkins", &[is("11"), of(Set::Hex, 32)]),
    named("sentry-token", "Sentry token", "sentry", &[of(Set::Hex, 64)]),
    named("sumologic-key", "Sumo Logic key", "sumo", &[of(Set::Alnum, 64)]),
    named("honeycomb-key", "Honeycomb key", "honeycomb", &[of(Set::Alnum, 22)]),
    named("pagerduty-key", "PagerDuty key", "pagerduty", &[of(Set::Url, 20)]),
    named("opsgenie-key", "Opsgenie key", "opsgenie", UUID),
    named("airtable-token", "Airtable key", "airtable", &[is("key"), of(Set::Alnum, 14)]),
    named("asana-token", "Asana client secret", "asana", &[of(Set::Hex, 32)]),
    named("atlassian-token", "Atlassian token", "jira", &[of(Set::Alnum, 24)]),
    named("atlassian-token", "Atlassian token", "atlassian", &[of(Set::Alnum, 24)]),
    named("atlassian-token", "Atlassian token", "confluence", &[of(Set::Alnum, 24)]),
    named("contentful-token", "Contentful token", "contentful", &[of(Set::Url, 43)]),
    named("postmark-token", "Postmark token", "postmark", UUID),
    named("sparkpost-key", "SparkPost key", "sparkpost", &[of(Set::Hex, 40)]),
    named("mailjet-key", "Mailjet key", "mailjet", &[of(Set::Hex, 32)]),
    named("zendesk-token", "Zendesk token", "zendesk", &[of(Set::Alnum, 40)]),
    named("intercom-token", "Intercom token", "intercom", &[to(Set::Url, 59, 60), Part::Pad]),
    named("plaid-token", "Plaid secret", "plaid", &[of(Set::Hex, 30)]),
    named("razorpay-secret", "Razorpay secret", "razorpay", &[of(Set::Alnum, 24)]),
    named("paypal-secret", "PayPal secret", "paypal", &[of(Set::Url, 80)]),
    named("braintree-key", "Braintree private key", "braintree", &[of(Set::Hex, 32)]),
    named("coinbase-key", "Coinbase secret", "coinbase", &[of(Set::Url, 64)]),
    named("twitter-token", "X secret", "twitter", &[of(Set::Alnum, 50)]),
    named("twitter-token", "X token secret", "twitter", &[of(Set::Alnum, 45)]),
    named("twitch-token", "Twitch secret", "twitch", &[of(Set::Low, 30)]),
    named("spotify-secret", "Spotify client secret", "spotify", &[of(Set::Hex, 32)]),
    named("facebook-secret", "Facebook app secret", "facebook", &[of(Set::Hex, 32)]),
    named("linkedin-token", "LinkedIn client secret", "linkedin", &[of(Set::Alnum, 16)]),
    named("dropbox-token", "Dropbox app secret", "dropbox", &[of(Set::Low, 15)]),
    named("discord-secret", "Discord client secret", "discord", &[of(Set::Url, 32)]),
    named("dropbox-token", "Dropbox token", "dropbox", &[is("sl."), to(Set::Url, 130, 1500)]),
    named("mailgun-key", "Mailgun signing key", "mailgun", SIGNING),
    named("sendbird-token", "Sendbird token", "sendbird", &[of(Set::Hex, 40)]),
    named(
        "twitter-token",
        "X access token",
        "twitter",
        &[to(Set::Digit, 15, 25), is("-"), to(Set::Alnum, 20, 40)],
    ),
    named("codecov-token", "Codecov token", "codecov", &[of(Set::Alnum, 32)]),
    named("databento-key", "Databento key", "databento", &[is("db-"), of(Set::Alnum, 29)]),
    named("adafruit-key", "Adafruit key", "adafruit", &[of(Set::Hex, 32)]),
    named("launchdarkly-key", "LaunchDarkly token", "launchdarkly", UUID),
    named("mattermost-token", "Mattermost token", "mattermost", &[of(Set::Low, 26)]),
    named("alibaba-credentials", "Alibaba Cloud key", "aliyun", &[of(Set::Alnum, 30)]),
    named("alibaba-credentials", "Alibaba Cloud key", "alibaba", &[of(Set::Alnum, 30)]),
];

/// A name that holds one of these promises a secret.
const PROMISES: [&[u8]; 8] =
    [b"secret", b"token", b"key", b"auth", b"pass", b"pat", b"credential", b"sid_secret"];
/// And one that holds one of these does not.
const PUBLIC: [&[u8]; 8] =
    [b"public", b"publish", b"search_only", b"_id", b"anon", b"site_key", b"sitekey", b"keyid"];

impl Named {
    /// The value behind the name in which this word stands.
    pub(super) fn look(&self, text: &Text<'_>, at: &Range<usize>) -> Option<Range<usize>> {
        let bytes = text.bytes;
        let inside = |b: &u8| Set::Dotted.has(*b);
        let start = at.start - bytes[..at.start].iter().rev().take(60).take_while(|b| inside(b)).count();
        let end = at.end + bytes[at.end..].iter().take(60).take_while(|b| inside(b)).count();
        let value = value(bytes, end)?;
        let name = bytes[start..end].to_ascii_lowercase();
        let holds = |words: &[&[u8]]| words.iter().any(|word| memchr::memmem::find(&name, word).is_some());
        if !holds(&PROMISES) || holds(&PUBLIC) || name.ends_with(b"id") || !begins(bytes, value, false) {
            return None;
        }
        let end = follow(bytes, value, self.body)?;
        if matches!(bytes.get(end), Some(b'-' | b'_' | b'/' | b'+' | b'.' | b'(' | b'[')) {
            return None;
        }
        let secret = value..end;
        (!is_word(&bytes[secret.clone()]) && !dummy::is_dummy(&[&bytes[secret.clone()]], 60, false))
            .then_some(secret)
    }
}

/// Where the value begins that is assigned to a name that ends here.
fn value(bytes: &[u8], at: usize) -> Option<usize> {
    let skip =
        |from: usize, set: &[u8]| from + bytes[from..].iter().take(6).take_while(|b| set.contains(b)).count();
    // `"NAME": "`, `NAME = '`, `[NAME] =>`, `NAME', '`, `\"NAME\":\"`
    let at = skip(at, b"\"'`\\])> \t");
    let behind = skip(at, b":=,|>");
    if behind == at {
        return None;
    }
    Some(skip(behind, b" \t\"'`\\("))
}

/// A value without a digit, or of one case with an underscore, is a name.
fn is_word(value: &[u8]) -> bool {
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    digits < 2 || (digits * 12 < value.len() && value.iter().any(|b| matches!(b, b'_' | b'-' | b'/')))
}
