//! What providers issue: the parts of a token by provider. No token stands here, only its shape.

use super::chance::{ALNUM, Chance, DIGITS, HEX, LOWER, UPPER};
use super::encode;

const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Provider, and its token: parts between blanks, where `~` begins a random part: its alphabet, then its length.
/// `x` hex, `X` capital hex, `a` letters and digits, `w` these with `-` and `_`, `l` small, `u` capital, `b` base32, `n` digits.
const TABLE: &[(&str, &str)] = &[
    ("gitlab", "glpat - ~w20"),
    ("gitlab-trigger", "glptt - ~x40"),
    ("gitlab-deploy", "gldt - ~w20"),
    ("gitlab-runner", "glrt - ~w20"),
    ("pypi", "pypi - AgEIcHlwaS5vcmc ~w150"),
    ("google-key", "AIza Sy ~w33"),
    ("google-oauth", "GOCSPX - ~w28"),
    ("slack-bot", "xoxb - ~n12 - ~n13 - ~a24"),
    ("slack-user", "xoxp - ~n12 - ~n13 - ~n13 - ~x32"),
    ("slack-app", "xapp -1-A ~u10 - ~n13 - ~x64"),
    ("slack-hook", "https://hooks.slack .com/services/T ~u10 /B ~u10 / ~a24"),
    ("discord-hook", "https://discord .com/api/webhooks/1 ~n18 / ~w68"),
    ("telegram", "~n10 :AA ~w33"),
    ("stripe", "sk_ live_51 ~a97"),
    ("stripe-short", "sk_ live_ ~a24"),
    ("stripe-restricted", "rk_ live_ ~a24"),
    ("stripe-hook", "whsec _ ~a32"),
    ("sendgrid", "SG . ~w22 . ~w43"),
    ("mailgun", "key - ~x32"),
    ("mailchimp", "~x32 -us1 ~n1"),
    ("openai", "sk- proj- ~w74 T3Blbk FJ ~w74"),
    ("openai-old", "sk- ~a20 T3Blbk FJ ~a20"),
    ("anthropic", "sk-ant -api03- ~w93 AA"),
    ("huggingface", "hf _ ~a34"),
    ("replicate", "r8 _ ~a37"),
    ("groq", "gsk _ ~a52"),
    ("perplexity", "pplx - ~a48"),
    ("xai", "xai - ~a80"),
    ("digitalocean", "dop _v1_ ~x64"),
    ("digitalocean-oauth", "doo _v1_ ~x64"),
    ("linear", "lin_ api_ ~a40"),
    ("notion", "ntn _ ~n11 ~a35"),
    ("figma", "figd _ ~w40"),
    ("airtable", "pat ~a14 . ~x64"),
    ("databricks", "dapi ~x32"),
    ("shopify", "shpat _ ~x32"),
    ("shopify-secret", "shpss _ ~x32"),
    ("square", "sq0csp - ~w43"),
    ("newrelic", "NRAK - ~u27"),
    ("sentry-user", "sntryu _ ~x64"),
    ("vault-service", "hvs .CAESI ~w90"),
    ("vault-batch", "hvb .AAAAAQ ~w140"),
    ("terraform", "~a14 .atlas v1. ~a67"),
    ("doppler", "dp.pt . ~a43"),
    ("doppler-service", "dp.st .prd. ~a43"),
    ("postman", "PMAK - ~x24 - ~x34"),
    ("pulumi", "pul - ~x40"),
    ("planetscale", "pscale _tkn_ ~w43"),
    ("planetscale-password", "pscale _pw_ ~w43"),
    ("supabase", "sbp _ ~x40"),
    ("netlify", "nfp _ ~a36"),
    ("docker", "dckr _pat_ ~w27"),
    ("rubygems", "rubygems _ ~x48"),
    ("crates", "cio ~a32"),
    ("clojars", "CLOJARS _ ~x60"),
    ("tailscale", "tskey -auth-k ~a11 CNTRL- ~a32"),
    ("adafruit", "aio _ ~a28"),
    ("dynatrace", "dt0c01 . ~b24 . ~b64"),
    ("easypost", "EZAK ~a54"),
    ("contentful", "CFPAT - ~w43"),
    ("prefect", "pnu _ ~l36"),
    ("readme", "rdme _ ~l70"),
    ("brevo", "xkeysib - ~x64 - ~a16"),
    ("shippo", "shippo _live_ ~x40"),
    ("heroku", "HRKU -AA ~w58"),
    ("artifactory", "AKCp 8 ~a68"),
    ("buildkite", "bkua _ ~x40"),
    ("duffel", "duffel _live_ ~w43"),
    ("frameio", "fio-u - ~w64"),
    ("infracost", "ico - ~a32"),
    ("openshift", "sha256 ~~w43"),
    ("plaid", "access -production- ~x8 - ~x4 - ~x4 - ~x4 - ~x12"),
    ("scalingo", "tk-us - ~w48"),
    ("sonarqube", "squ _ ~x40"),
    ("sourcegraph", "sgp _ ~x16 _ ~x40"),
    ("azure-client", "~a3 8Q~ ~a34"),
    ("launchdarkly", "api - ~x8 - ~x4 - ~x4 - ~x4 - ~x12"),
    ("typeform", "tfp _ ~w59"),
    ("flutterwave", "FLWSECK - ~x32 -X"),
    ("gocardless", "live _ ~w40"),
    ("lob", "live _ ~x35"),
    ("maxmind", "~a6 _ ~a29 _mmk"),
    ("resend", "re _ ~a8 _ ~a24"),
    ("teleport-gitea", "gta _ ~x40"),
    ("circleci", "CCI PAT_ ~a22 _ ~x40"),
    ("postmark", "~x8 - ~x4 - ~x4 - ~x4 - ~x12"),
    ("fastly", "~w32"),
    ("travis", "~a22"),
    ("okta", "00 ~w40"),
    ("twilio", "SK ~x32"),
];

/// Providers whose tokens have no mark of their own: only a name beside them tells. They are no tokens here.
const WITHOUT_MARK: &[&str] = &[
    "postmark",
    "fastly",
    "travis",
    "okta",
    "launchdarkly",
    "gocardless",
    "lob",
    "teleport-gitea",
    "mailgun",
    "twilio",
];

/// Those with a checksum or an inner structure.
const BUILT: &[&str] =
    &["github", "github-fine", "github-oauth", "github-app", "npm", "grafana", "atlassian", "sentry-org"];

/// All providers whose tokens can be told by their look.
pub fn providers() -> Vec<&'static str> {
    let plain = TABLE.iter().map(|(name, _)| *name).filter(|name| !WITHOUT_MARK.contains(name));
    plain.chain(BUILT.iter().copied()).collect()
}

/// A token of a provider. `true_sum`: with the checksum that the provider gives it, where there is one.
pub fn token(chance: &mut Chance, provider: &str, true_sum: bool) -> String {
    let base62 = |n: u32| {
        let (mut n, mut text) = (n, Vec::new());
        while text.len() < 6 {
            text.push(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[n as usize % 62]);
            n /= 62;
        }
        text.iter().rev().map(|b| *b as char).collect::<String>()
    };
    let off = u32::from(!true_sum) * 77_777;
    let sealed = |chance: &mut Chance, prefix: &str, n: usize| {
        let body = chance.mixed(ALNUM, n);
        let sum = base62(crc32(body.as_bytes()).wrapping_add(off));
        format!("{prefix}_{body}{sum}")
    };
    match provider {
        "github" => sealed(chance, "ghp", 30),
        "github-fine" => {
            let prefix = format!("github_{}_{}", "pat", chance.mixed(ALNUM, 22));
            sealed(chance, &prefix, 53)
        }
        "github-oauth" => sealed(chance, "gho", 30),
        "github-app" => sealed(chance, "ghs", 30),
        "npm" => sealed(chance, "npm", 30),
        "grafana" => {
            let body = format!("glsa_{}", chance.mixed(ALNUM, 32));
            format!("{body}_{:08x}", crc32(body.as_bytes()).wrapping_add(off).swap_bytes())
        }
        "atlassian" => {
            let body = format!("ATATT3x{}{}", "FfGF0", chance.mixed(ALNUM, 171));
            format!("{body}={:08X}", crc32(body.as_bytes()).wrapping_add(off))
        }
        "sentry-org" => {
            let claims = r#"{"iat":1735689600.5,"url":"https://sentry.io","region_url":"https://us.sentry.io","org":"otter"}"#;
            format!("sntrys_{}_{}", encode::base64(claims.as_bytes()), encode::base64_url(&chance.bytes(32)))
        }
        _ => {
            let parts = TABLE.iter().find(|(name, _)| *name == provider);
            let parts = parts.unwrap_or_else(|| unreachable!("no provider is called {provider}")).1;
            parts.split(' ').map(|part| piece(chance, part)).collect()
        }
    }
}

fn piece(chance: &mut Chance, part: &str) -> String {
    // `~~w43`: a tilde, then a random part
    if let Some(rest) = part.strip_prefix("~~") {
        return format!("~{}", piece(chance, &format!("~{rest}")));
    }
    let Some(class) = part.strip_prefix('~') else { return part.to_owned() };
    let n: usize = class[1..].parse().unwrap_or(16);
    match class.as_bytes()[0] {
        b'x' => chance.text(HEX, n),
        b'u' => chance.text(UPPER, n),
        b'b' => chance.text(BASE32, n),
        b'n' => format!("{}{}", chance.text("123456789", 1), chance.text(DIGITS, n - 1)),
        b'l' => chance.text(LOWER, n),
        // inner signs only: a sign at the end could belong to what surrounds the token
        b'w' => {
            let signs = format!("{ALNUM}-_");
            format!("{}{}", chance.text(&signs, n - 1), chance.text(ALNUM, 1))
        }
        _ if n < 8 => chance.text(ALNUM, n),
        _ => chance.mixed(ALNUM, n),
    }
}

/// The id of an AWS key; what belongs to it is forty characters of base64.
pub fn aws_id(chance: &mut Chance) -> String {
    format!("AK{}{}", "IA", chance.text(BASE32, 16))
}

pub fn aws_secret(chance: &mut Chance) -> String {
    loop {
        let text = encode::base64(&chance.bytes(30));
        if text.contains('/') != text.contains('+') {
            return text;
        }
    }
}

pub fn crc32(bytes: &[u8]) -> u32 {
    let step = |c: u32, _| if c & 1 == 1 { (c >> 1) ^ 0xedb8_8320 } else { c >> 1 };
    !bytes.iter().fold(!0, |crc: u32, b| (0..8).fold(crc ^ u32::from(*b), step))
}
